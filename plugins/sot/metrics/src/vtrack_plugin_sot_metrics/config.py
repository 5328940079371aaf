"""Configs of metrics, protocol and writers."""

from __future__ import annotations

import attrs

from vtcore.options import METADATA_KEY, OptionInfo, option

__all__ = [
    "INTERVALS",
    "BoxTextConfig",
    "Got10kConfig",
    "OpeConfig",
    "TrackTimesConfig",
    "VotConfig",
    "VotLtConfig",
    "VotResetConfig",
    "VotTextConfig",
]

INTERVALS = {2015: (108, 371), 2016: (108, 371), 2017: (100, 356), 2018: (100, 356), 2019: (46, 291)}
"""Lengths, in frames, over which each year's VOT challenge averages the expected overlap."""


@attrs.frozen(kw_only=True)
class OpeConfig:
    """Options of one-pass evaluation."""

    convention: str = option(
        "pytracking",
        "Whose arithmetic: 'pytracking' (PyTracking's and OSTrack's, what papers quote) or 'mmtracking'.",
        choices=("pytracking", "mmtracking"),
    )
    exclude_invisible: bool = option(
        False,
        "Leave out frames without a visible annotation: 'pytracking' divides by the frames that are left, "
        "'mmtracking' by all.",
    )
    hidden: str = option(
        "lasot",
        "With 'pytracking', what becomes of frames without a visible annotation, as it has that for a data set: "
        "'lasot' (missed in precision; hits in normalised precision unless labelled as hidden), 'lasot-extension' "
        "(missed in precision, hits in normalised precision), 'uav' (hits in both), 'unlabelled' (as "
        "'lasot-extension', labels are not looked at).",
        choices=("lasot", "lasot-extension", "uav", "unlabelled"),
    )


@attrs.frozen(kw_only=True)
class Got10kConfig:
    """Options of the GOT-10k scores."""

    clip: bool = option(True, "Clip boxes to the picture before they are compared, as the official toolkit does.")


def _interval(instance: object, attribute: attrs.Attribute[tuple[int, ...]], value: tuple[int, ...]) -> None:
    if value and (len(value) != 2 or not 0 <= value[0] <= value[1]):
        raise ValueError(f"{attribute.name}: must be two numbers of frames, low to high, got {list(value)}")


@attrs.frozen(kw_only=True)
class VotConfig:
    """Options of the VOT scores."""

    year: int = option(
        2018, "Challenge whose interval of lengths the expected overlap is averaged over.", choices=tuple(INTERVALS)
    )
    interval: tuple[int, ...] = attrs.field(
        default=(),
        metadata={
            METADATA_KEY: OptionInfo(
                "Lengths to average the expected overlap over, first and last, in place of those of the year.",
                unit="frames",
            )
        },
        validator=_interval,
    )
    burn_in: int = option(
        10, "Frames from each start on that do not count for the accuracy; 0 counts all.", unit="frames", ge=0
    )


@attrs.frozen(kw_only=True)
class VotLtConfig:
    """Options of the scores for long-term tracking."""

    resolution: int = option(
        100, "How many thresholds of the score are tried, those that let everything and nothing pass included.", ge=3
    )


@attrs.frozen(kw_only=True)
class VotResetConfig:
    """VOT's supervised protocol: a tracker that lost its target is started again."""

    skip: int = option(5, "Frames from a failure to the new start; raising it forgives more.", unit="frames", ge=1)
    polygon_box: str = option(
        "enclosing",
        "Box that a tracker is started from where the annotation is rotated: the enclosing one, one of equal area "
        "(as mmtracking has it), or that one pixel larger (as pysot has it).",
        choices=("enclosing", "equal-area", "pysot"),
    )

    needs = frozenset({"annotations"})


@attrs.frozen(kw_only=True)
class TrackTimesConfig:
    """Seconds per frame, one number a line, as the GOT-10k server takes them."""


@attrs.frozen(kw_only=True)
class BoxTextConfig:
    """One box a line: left, top, width, height, as most toolkits of single-object tracking read it."""

    decimals: int = option(2, "Decimals of a pixel.", ge=0, le=9)
    separator: str = option("comma", "What stands between the numbers.", choices=("comma", "tab"))


@attrs.frozen(kw_only=True)
class VotTextConfig:
    """Text of the VOT toolkit: boxes, and 1, 2 and 0 for frames of start, failure and pause."""
