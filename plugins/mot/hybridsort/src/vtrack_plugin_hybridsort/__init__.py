"""Hybrid-SORT for vtcore: ``from vtrack_plugin_hybridsort import HybridSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_hybridsort.tracker import HybridSort as HybridSort

__all__ = ["HybridSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "HybridSort":
        raise AttributeError(f"module 'vtrack_plugin_hybridsort' has no attribute {name!r}")
    from vtrack_plugin_hybridsort.tracker import HybridSort

    return HybridSort
