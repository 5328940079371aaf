"""Options of the refiners."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = [
    "GaussianSmoothingConfig",
    "LinearInterpolationConfig",
    "MergeConfig",
    "MinimumLengthConfig",
    "ScoreFloorConfig",
]

_COMPAT = "Repeat {}: filled rows score 1, tracks of one or two rows are dropped."


@attrs.frozen(kw_only=True)
class LinearInterpolationConfig:
    """Options of the filling of gaps."""

    max_gap: int = option(
        18,
        "Most frames missing in a gap that is filled; raising it fills longer ones, and more of them wrongly.",
        unit="frames",
        ge=0,
    )
    min_length: int = option(
        6, "Least rows of a track whose gaps are filled; raising it spares doubtful tracks.", unit="rows", ge=1
    )
    compat: str = option("", _COMPAT.format("MMTracking's interpolate_tracks"), choices=("", "mmtracking"))


@attrs.frozen(kw_only=True)
class GaussianSmoothingConfig:
    """Options of Gaussian-smoothed interpolation."""

    tau: float = option(10.0, "Smoothness; raising it smooths more, and longer tracks.", ge=1, le=50)
    max_gap: int = option(
        18, "Most frames missing in a gap that is filled first; 0 smooths without filling.", unit="frames", ge=0
    )
    min_length: int = option(6, "Least rows of a track whose gaps are filled.", unit="rows", ge=1)
    compat: str = option("", _COMPAT.format("MMDetection's InterpolateTracklets"), choices=("", "mmdetection"))


@attrs.frozen(kw_only=True)
class MinimumLengthConfig:
    """Options of the dropping of short tracks."""

    min_length: int = option(5, "Least rows of a track that is kept; raising it drops more.", unit="rows", ge=1)


@attrs.frozen(kw_only=True)
class ScoreFloorConfig:
    """Options of the dropping of doubtful tracks."""

    min_score: float = option(0.5, "Least mean score of a track that is kept; raising it drops more.", ge=0, le=1)


@attrs.frozen(kw_only=True)
class MergeConfig:
    """Options of the joining of tracks."""

    max_gap: int = option(
        60, "Most frames missing between two tracks that are joined; raising it joins more.", unit="frames", ge=0
    )
    max_distance: float = option(
        0.5,
        "Farthest that extrapolated and real centre may lie apart, in box sizes (the root of the area); raising it "
        "joins more.",
        gt=0,
    )
    min_size_ratio: float = option(
        0.5,
        "Least ratio of the smaller to the larger width, and height, of two tracks that are joined; raising it joins "
        "fewer.",
        ge=0,
        le=1,
    )
    history: int = option(
        10,
        "Rows at a track's end, or beginning, that tell its velocity and size; raising it is steadier.",
        unit="rows",
        ge=1,
    )
