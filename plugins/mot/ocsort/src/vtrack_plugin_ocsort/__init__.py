"""OC-SORT for vtcore: ``from vtrack_plugin_ocsort import OcSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_ocsort.tracker import OcSort as OcSort

__all__ = ["OcSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "OcSort":
        raise AttributeError(f"module 'vtrack_plugin_ocsort' has no attribute {name!r}")
    from vtrack_plugin_ocsort.tracker import OcSort

    return OcSort
