"""BoostTrack for vtcore: ``from vtrack_plugin_boosttrack import BoostTrack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_boosttrack.tracker import BoostTrack as BoostTrack

__all__ = ["BoostTrack"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "BoostTrack":
        raise AttributeError(f"module 'vtrack_plugin_boosttrack' has no attribute {name!r}")
    from vtrack_plugin_boosttrack.tracker import BoostTrack

    return BoostTrack
