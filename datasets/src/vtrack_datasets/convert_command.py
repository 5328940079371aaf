"""``vtcore convert``: data sets in their official layouts to CocoVID JSON, and what is missing of them. Light."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vtcore.errors import VtcoreError

if TYPE_CHECKING:
    from vtrack_datasets.completeness import SplitReport
    from vtrack_datasets.conversion_splits import Split

__all__ = ["add_arguments", "execute"]

_NAMES = ("coco", "got10k", "imagenet-det", "imagenet-vid", "lasot", "otb100", "trackingnet", "uav123", "vot")
_GAPS_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("dataset", choices=_NAMES, metavar="DATASET", help=", ".join(_NAMES))
    parser.add_argument("source", type=Path, metavar="SRC", help="folder of the data set, in its official layout")
    parser.add_argument("target", type=Path, nargs="?", metavar="DST", help="folder for the JSON files; it is made")
    parser.add_argument(
        "--split", action="append", default=[], metavar="NAME", help="only this split; repeatable; default: all there"
    )
    parser.add_argument(
        "--sequences", nargs="+", default=[], metavar="PATTERN", help="only the sequences that fit a pattern: 'car-*'"
    )
    parser.add_argument("--partial", action="store_true", help="take what there is, where something is missing")
    parser.add_argument(
        "--outlines",
        action="store_true",
        help="write rotated boxes as enclosing boxes with an outline, as COCO's tools take them; default: four corners "
        "in bbox, as MMTracking has them",
    )
    parser.add_argument(
        "--every-size", action="store_true", help="look at the size of every image; default: the first of each video"
    )
    there = parser.add_mutually_exclusive_group()
    there.add_argument("--overwrite", action="store_true", help="replace files that are there")
    there.add_argument("--resume", action="store_true", help="keep files that are there, and make the others")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what is missing (exit status 1 where anything is)"
    )
    parser.add_argument("--json", action="store_true", help="with --check: as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Convert or check, and return the exit status.

    Raises:
        VtcoreError: The data set is not as it must be, or a file cannot be written.
    """
    from vtrack_datasets.conversion_splits import splits_of

    if arguments.json and not arguments.check:
        raise VtcoreError("--json is of --check; say --check, too")
    if arguments.target is None and not arguments.check:
        raise VtcoreError("the folder for the JSON files (DST) is missing; or say --check")
    splits = splits_of(arguments.dataset, arguments.source, arguments.split)
    if arguments.check:
        return _check(arguments, splits)
    _convert(arguments, splits)
    return 0


def _convert(arguments: argparse.Namespace, splits: list[Split]) -> None:
    from vtrack_datasets.conversion import ConversionOptions
    from vtrack_datasets.conversion_run import convert_split

    paths = [arguments.target / split.file for split in splits]
    there = [path for path in paths if path.exists()]
    if there and not (arguments.overwrite or arguments.resume):
        raise VtcoreError(f"{there[0]}: is there already; --overwrite replaces it, --resume keeps it")
    options = ConversionOptions(outlines=arguments.outlines, every_size=arguments.every_size, partial=arguments.partial)
    for split, path in zip(splits, paths, strict=True):
        if path in there and arguments.resume:
            print(f"{path}: kept")
            continue
        counts = convert_split(arguments.dataset, split, arguments.source, path, arguments.sequences, options)
        print(f"{path}: {counts['videos']} videos, {counts['images']} images, {counts['annotations']} annotations")


def _check(arguments: argparse.Namespace, splits: list[Split]) -> int:
    from vtcore.cli.console import output_console, print_json
    from vtrack_datasets.completeness import look_through

    reports = [look_through(split, arguments.sequences) for split in splits]
    if arguments.json:
        print_json([report.entry() for report in reports])
    else:
        output_console().print(_table(reports))
        for report in reports:
            for line in _lines(report):
                print(f"{report.split}: {line}")
    return 0 if all(report.complete for report in reports) else 1


def _lines(report: SplitReport) -> Iterator[str]:
    """Yield what is missing, the sequences that are not there at all in one line."""
    from vtrack_datasets.choosing import listed
    from vtrack_datasets.completeness import MISSING

    missing = [gap.sequence for gap in report.gaps if gap.problem == MISSING]
    if missing:
        yield f"{len(missing)} of {report.expected} sequences are missing: {listed(missing)}"
    others = [gap for gap in report.gaps if gap.problem != MISSING]
    for gap in others[:_GAPS_SHOWN]:
        yield (f"{gap.sequence}: " if gap.sequence else "") + gap.problem
    if len(others) > _GAPS_SHOWN:
        yield f"and {len(others) - _GAPS_SHOWN} more problems; --json tells them all"


def _table(reports: list[SplitReport]) -> object:
    from rich.table import Table

    table = Table("split", "sequences", "expected", "frames", "with a box", "problems")
    for report in reports:
        table.add_row(
            report.split,
            str(report.found),
            "?" if report.expected is None else str(report.expected),
            str(report.frames),
            str(report.annotated),
            str(len(report.gaps)) if report.gaps else "none",
        )
    return table
