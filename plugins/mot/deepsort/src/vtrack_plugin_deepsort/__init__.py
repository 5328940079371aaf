"""DeepSORT for vtcore: ``from vtrack_plugin_deepsort import DeepSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_deepsort.tracker import DeepSort as DeepSort

__all__ = ["DeepSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "DeepSort":
        raise AttributeError(f"module 'vtrack_plugin_deepsort' has no attribute {name!r}")
    from vtrack_plugin_deepsort.tracker import DeepSort

    return DeepSort
