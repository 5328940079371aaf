"""Detectors in ONNX files: ``from vtrack_plugin_onnx import OnnxDetector``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_onnx.detector import OnnxDetector

__all__ = ["OnnxDetector"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: onnxruntime comes on first use.
    if name in __all__:
        from vtrack_plugin_onnx import detector

        return getattr(detector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
