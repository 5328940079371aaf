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
            "torchvision",
            "vtrack_plugin_torchvision.config:TorchvisionConfig",
            "vtrack_plugin_torchvision.detector:TorchvisionDetector",
            "torchvision's Faster R-CNN, Mask R-CNN (with masks), RetinaNet, FCOS, SSD and SSDlite.",
        ),
    )
