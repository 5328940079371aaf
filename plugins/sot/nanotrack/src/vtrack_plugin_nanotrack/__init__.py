"""NanoTrack: ``from vtrack_plugin_nanotrack import NanoTrack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_nanotrack.tracker import NanoTrack

__all__ = ["NanoTrack"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: onnxruntime comes on first use.
    if name in __all__:
        from vtrack_plugin_nanotrack import tracker

        return getattr(tracker, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
