"""ByteTrack for vtcore: ``from vtrack_plugin_bytetrack import ByteTrack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_bytetrack.tracker import ByteTrack as ByteTrack

__all__ = ["ByteTrack"]


def __getattr__(name: str) -> Any:
    """Import the tracker, and numpy with it, on first use."""
    if name != "ByteTrack":
        raise AttributeError(f"module 'vtrack_plugin_bytetrack' has no attribute {name!r}")
    from vtrack_plugin_bytetrack.tracker import ByteTrack

    return ByteTrack
