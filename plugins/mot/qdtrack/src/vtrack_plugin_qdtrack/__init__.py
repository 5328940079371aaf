"""QDTrack for vtcore: ``from vtrack_plugin_qdtrack import QDTrack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_qdtrack.detector import QDTrackDetector
    from vtrack_plugin_qdtrack.embed_head import EmbedHead, EmbedRules, Similarities
    from vtrack_plugin_qdtrack.quasi_dense import DUPLICATE, SUPPRESSED, UNMATCHED
    from vtrack_plugin_qdtrack.tao import QDTrackTao
    from vtrack_plugin_qdtrack.track_head import TrackHead, load_track_head
    from vtrack_plugin_qdtrack.tracker import QDTrack

_MODULES = {
    "DUPLICATE": "quasi_dense",
    "EmbedHead": "embed_head",
    "EmbedRules": "embed_head",
    "QDTrack": "tracker",
    "QDTrackDetector": "detector",
    "QDTrackTao": "tao",
    "SUPPRESSED": "quasi_dense",
    "Similarities": "embed_head",
    "TrackHead": "track_head",
    "UNMATCHED": "quasi_dense",
    "load_track_head": "track_head",
}

__all__ = [
    "DUPLICATE",
    "SUPPRESSED",
    "UNMATCHED",
    "EmbedHead",
    "EmbedRules",
    "QDTrack",
    "QDTrackDetector",
    "QDTrackTao",
    "Similarities",
    "TrackHead",
    "load_track_head",
]


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: numpy and torch come on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
