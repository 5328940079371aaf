"""SORT for vtcore: ``from vtrack_plugin_sort import Sort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_sort.tracker import Sort as Sort

__all__ = ["Sort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "Sort":
        raise AttributeError(f"module 'vtrack_plugin_sort' has no attribute {name!r}")
    from vtrack_plugin_sort.tracker import Sort

    return Sort
