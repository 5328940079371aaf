"""Faster R-CNN: objects in pictures, found in two stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_faster_rcnn.detector import Extracted, FasterRcnnDetector

__all__ = ["Extracted", "FasterRcnnDetector"]


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.detector"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
