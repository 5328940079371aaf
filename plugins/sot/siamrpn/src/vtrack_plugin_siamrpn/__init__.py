"""SiamRPN++: a Siamese single-object tracker.

``from vtrack_plugin_siamrpn import AnchorTargets, SiamRpn, SiamRpnLayout, SiamRpnLoss, SiamRpnTracker, load_network``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_siamrpn.layout import SiamRpnLayout
    from vtrack_plugin_siamrpn.loading import load_network
    from vtrack_plugin_siamrpn.losses import SiamRpnLoss
    from vtrack_plugin_siamrpn.network import SiamRpn
    from vtrack_plugin_siamrpn.targets import AnchorTargets
    from vtrack_plugin_siamrpn.tracker import SiamRpnTracker

__all__ = ["AnchorTargets", "SiamRpn", "SiamRpnLayout", "SiamRpnLoss", "SiamRpnTracker", "load_network"]

__version__ = "0.1.0"

_HOMES = {
    "AnchorTargets": "targets",
    "SiamRpn": "network",
    "SiamRpnLayout": "layout",
    "SiamRpnLoss": "losses",
    "SiamRpnTracker": "tracker",
    "load_network": "loading",
}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
