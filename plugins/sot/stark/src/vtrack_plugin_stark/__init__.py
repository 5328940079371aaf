"""STARK: single-object tracking by a transformer.

``from vtrack_plugin_stark import StarkTracker, Stark, StarkLayout, load_network, localisation_loss, score_loss``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_stark.layout import LightningLayout, StarkLayout
    from vtrack_plugin_stark.lightning import StarkLightning
    from vtrack_plugin_stark.loading import load_network
    from vtrack_plugin_stark.losses import localisation_loss, score_loss
    from vtrack_plugin_stark.network import Stark
    from vtrack_plugin_stark.tracker import StarkTracker

__all__ = [
    "LightningLayout",
    "Stark",
    "StarkLayout",
    "StarkLightning",
    "StarkTracker",
    "load_network",
    "localisation_loss",
    "score_loss",
]

__version__ = "0.1.0"

_HOMES = {
    "LightningLayout": "layout",
    "Stark": "network",
    "StarkLayout": "layout",
    "StarkLightning": "lightning",
    "StarkTracker": "tracker",
    "load_network": "loading",
    "localisation_loss": "losses",
    "score_loss": "losses",
}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
