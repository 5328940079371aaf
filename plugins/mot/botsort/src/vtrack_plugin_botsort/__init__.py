"""BoT-SORT for vtcore: ``from vtrack_plugin_botsort import BotSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_botsort.tracker import BotSort as BotSort

__all__ = ["BotSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "BotSort":
        raise AttributeError(f"module 'vtrack_plugin_botsort' has no attribute {name!r}")
    from vtrack_plugin_botsort.tracker import BotSort

    return BotSort
