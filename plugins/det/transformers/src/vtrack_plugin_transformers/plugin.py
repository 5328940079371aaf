"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_detectors"]


@hookimpl
def vtcore_detectors() -> Iterable[Component]:
    """Return the detector."""
    return (
        Component(
            "detector",
            "transformers",
            "vtrack_plugin_transformers.config:TransformersConfig",
            "vtrack_plugin_transformers.detector:TransformersDetector",
            "Any object detection model of the package transformers: RT-DETR, D-FINE, DETR and others.",
        ),
    )
