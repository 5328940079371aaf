"""Refiners of tracks: gaps filled, boxes smoothed, tracks joined, short or doubtful ones dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_mot_refine.interpolation import LinearInterpolation
    from vtrack_plugin_mot_refine.merging import Merge
    from vtrack_plugin_mot_refine.selection import MinimumLength, ScoreFloor
    from vtrack_plugin_mot_refine.smoothing import GaussianSmoothing

__all__ = ["GaussianSmoothing", "LinearInterpolation", "Merge", "MinimumLength", "ScoreFloor"]

_MODULES = {
    "GaussianSmoothing": "smoothing",
    "LinearInterpolation": "interpolation",
    "Merge": "merging",
    "MinimumLength": "selection",
    "ScoreFloor": "selection",
}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: the refiners load on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
