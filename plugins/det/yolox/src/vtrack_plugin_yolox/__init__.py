"""YOLOX: a detector without anchors, nano to x.

``from vtrack_plugin_yolox import YoloxDetector, Yolox, YoloxLayout, YoloxLoss``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_yolox.detector import YoloxDetector
    from vtrack_plugin_yolox.layout import YoloxLayout
    from vtrack_plugin_yolox.loading import load_network
    from vtrack_plugin_yolox.loss import YoloxLoss
    from vtrack_plugin_yolox.network import Yolox

__all__ = ["Yolox", "YoloxDetector", "YoloxLayout", "YoloxLoss", "load_network"]

__version__ = "0.1.0"

_HOMES = {
    "Yolox": "network",
    "YoloxDetector": "detector",
    "YoloxLayout": "layout",
    "YoloxLoss": "loss",
    "load_network": "loading",
}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
