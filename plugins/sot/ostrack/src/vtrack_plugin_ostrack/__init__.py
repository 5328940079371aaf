"""OSTrack: single-object tracking by one transformer over template and search region.

``from vtrack_plugin_ostrack import OstrackTracker, Ostrack, OstrackLayout, OstrackLoss, load_network``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_ostrack.elimination import keep_rate
    from vtrack_plugin_ostrack.layout import OstrackLayout
    from vtrack_plugin_ostrack.loading import load_network, load_pretrained
    from vtrack_plugin_ostrack.losses import OstrackLoss
    from vtrack_plugin_ostrack.network import Ostrack
    from vtrack_plugin_ostrack.tracker import OstrackTracker

__all__ = [
    "Ostrack",
    "OstrackLayout",
    "OstrackLoss",
    "OstrackTracker",
    "keep_rate",
    "load_network",
    "load_pretrained",
]

__version__ = "0.1.0"

_HOMES = {
    "Ostrack": "network",
    "OstrackLayout": "layout",
    "OstrackLoss": "losses",
    "OstrackTracker": "tracker",
    "keep_rate": "elimination",
    "load_network": "loading",
    "load_pretrained": "loading",
}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
