"""Options of the single-object data sets that are read from their official layouts."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = ["Got10kConfig", "LasotConfig", "OtbConfig", "TrackingNetConfig", "Uav123Config", "VotConfig"]

_SEQUENCES = "Names of the sequences to take, also as patterns (car-*); empty for all."
_PARTIAL = (
    "Take what there is: fewer sequences than the split has, and sequences with fewer images than annotated frames, as "
    "far as they go."
)


@attrs.frozen(kw_only=True)
class LasotConfig:
    """Where LaSOT lies, and which part of it to take."""

    metrics = ("ope",)

    root: str = option(help="Folder that holds the classes' folders, or sequences.")
    split: str = option(
        "",
        "Official split: train, test, or extension; empty for every sequence below root.",
        choices=("", "train", "test", "extension"),
    )
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    attributes: str = option(
        "",
        "Folder of the official toolkit's attribute files (annos/att); empty looks for annos/att and att below root.",
    )
    partial: bool = option(False, _PARTIAL)


@attrs.frozen(kw_only=True)
class Got10kConfig:
    """Where GOT-10k lies, and which part of it to take."""

    metrics = ("got10k",)

    root: str = option(help="Folder that holds train, val and test, or sequences.")
    split: str = option(
        "",
        "Official split, a folder below root with its list.txt; empty where root holds the sequences itself.",
        choices=("", "train", "val", "test"),
    )
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    partial: bool = option(False, _PARTIAL)


@attrs.frozen(kw_only=True)
class TrackingNetConfig:
    """Where TrackingNet lies, and which part of it to take."""

    metrics = ("ope",)

    root: str = option(help="Folder that holds TRAIN_0 to TRAIN_11 and TEST.")
    split: str = option("test", "Official split: train, which has twelve chunks, or test.", choices=("train", "test"))
    chunks: tuple[int, ...] = option(
        (), "Only these chunks of the training split, 0 to 11; papers often take 0 to 3; empty for all.", ge=0, le=11
    )
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    partial: bool = option(False, _PARTIAL)


@attrs.frozen(kw_only=True)
class OtbConfig:
    """Where the Object Tracking Benchmark lies, and which part of it to take."""

    metrics = ("ope",)

    root: str = option(help="Folder that holds the sequences' folders.")
    subset: str = option(
        "",
        "Official subset: tb100 (OTB-100, OTB-2015), tb50, or otb2013; empty for every sequence below root.",
        choices=("", "tb100", "tb50", "otb2013"),
    )
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    omit: bool = option(
        True,
        "Leave out the first five frames of Tiger1, in which the benchmark lets no tracker start; PyTracking and "
        "MMTracking do so, the toolkit of GOT-10k does not.",
    )
    one_based: bool = option(
        False,
        "Take 1 from left and top, since the benchmark counts pixels from 1; published toolkits take the numbers as "
        "they stand, so that result files of others fit.",
    )
    partial: bool = option(False, _PARTIAL)


@attrs.frozen(kw_only=True)
class Uav123Config:
    """Where UAV123 lies, and which of its benchmarks to take."""

    metrics = ("ope",)

    root: str = option(help="Folder that holds anno and data_seq.")
    subset: str = option("UAV123", "Benchmark: UAV123, or UAV20L.", choices=("UAV123", "UAV20L"))
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    partial: bool = option(False, _PARTIAL)


@attrs.frozen(kw_only=True)
class VotConfig:
    """Where a data set of the VOT challenge lies."""

    metrics = ("vot",)

    root: str = option(
        help="Folder that holds the sequences and their list.txt, or has them in a folder sequences or data."
    )
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    channel: str = option(
        "color", "Folder of the images, where a sequence has several: color, depth, ir; older ones have none."
    )
    partial: bool = option(False, _PARTIAL)
