"""Detectors that need no download, and a transform, on what OpenCV brings.

``from vtrack_plugin_classic import HogDetector, BackgroundSubtractionDetector, Clahe``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_classic.background_subtraction import (
        BackgroundSubtractionDetector as BackgroundSubtractionDetector,
    )
    from vtrack_plugin_classic.clahe import Clahe as Clahe
    from vtrack_plugin_classic.hog import HogDetector as HogDetector

__version__ = "0.1.0"

_HOMES = {"BackgroundSubtractionDetector": "background_subtraction", "Clahe": "clahe", "HogDetector": "hog"}

__all__ = ["BackgroundSubtractionDetector", "Clahe", "HogDetector"]


def __getattr__(name: str) -> Any:
    """Import a class, and numpy with it, on first use: the plugin and config modules of this package stay light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
