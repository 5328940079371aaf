"""What this plugin offers: refiners of tracks."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components"]

_PACKAGE = "vtrack_plugin_mot_refine"


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the refiners."""
    return (
        Component(
            "refiner",
            "linear-interpolation",
            f"{_PACKAGE}.config:LinearInterpolationConfig",
            f"{_PACKAGE}.interpolation:LinearInterpolation",
            "Fills short gaps in tracks along a straight line.",
            "Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022, "
            "https://arxiv.org/abs/2110.06864",
        ),
        Component(
            "refiner",
            "gaussian-smoothing",
            f"{_PACKAGE}.config:GaussianSmoothingConfig",
            f"{_PACKAGE}.smoothing:GaussianSmoothing",
            "Fills short gaps, then smooths every track by Gaussian process regression (GSI).",
            "Du et al., StrongSORT: Make DeepSORT Great Again, IEEE TMM 2023, https://arxiv.org/abs/2202.13514",
        ),
        Component(
            "refiner",
            "minimum-length",
            f"{_PACKAGE}.config:MinimumLengthConfig",
            f"{_PACKAGE}.selection:MinimumLength",
            "Drops tracks of few rows.",
        ),
        Component(
            "refiner",
            "score-floor",
            f"{_PACKAGE}.config:ScoreFloorConfig",
            f"{_PACKAGE}.selection:ScoreFloor",
            "Drops tracks whose mean score is low.",
        ),
        Component(
            "refiner",
            "merge",
            f"{_PACKAGE}.config:MergeConfig",
            f"{_PACKAGE}.merging:Merge",
            "Joins tracks of a class where one goes on as another, by place and time.",
        ),
    )
