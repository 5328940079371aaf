"""StrongSORT for vtcore: ``from vtrack_plugin_strongsort import StrongSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_strongsort.tracker import StrongSort as StrongSort

__all__ = ["StrongSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "StrongSort":
        raise AttributeError(f"module 'vtrack_plugin_strongsort' has no attribute {name!r}")
    from vtrack_plugin_strongsort.tracker import StrongSort

    return StrongSort
