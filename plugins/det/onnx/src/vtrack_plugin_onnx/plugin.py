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
            "onnx",
            "vtrack_plugin_onnx.config:OnnxConfig",
            "vtrack_plugin_onnx.detector:OnnxDetector",
            "A network in an ONNX file, run by onnxruntime; what its outputs mean is declared.",
        ),
    )
