"""Deep OC-SORT for vtcore: ``from vtrack_plugin_deepocsort import DeepOcSort``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_deepocsort.tracker import DeepOcSort as DeepOcSort

__all__ = ["DeepOcSort"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "DeepOcSort":
        raise AttributeError(f"module 'vtrack_plugin_deepocsort' has no attribute {name!r}")
    from vtrack_plugin_deepocsort.tracker import DeepOcSort

    return DeepOcSort
