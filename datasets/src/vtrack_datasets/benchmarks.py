"""Whose evaluation rules a sequence follows, and the roles that they give its annotations.

The rules are those of the official evaluator, TrackEval (``MotChallenge2DBox``; Luiten and Hoffhues, 2020,
https://github.com/JonathonLuiten/TrackEval, MIT):

- MOT15 has no classes: rows whose seventh column is 0 are ignored, the others counted.
- MOT16, MOT17, MOT20 (and DanceTrack, scored as MOT17): rows of class 1 whose seventh column is not 0 are counted;
  rows of the distractor classes are distractors, whatever their seventh column; all others are ignored.
- custom, for own data: every class is counted, rows whose seventh column is 0 are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtcore.mot_text import MotRows
from vtcore.tables import COUNTED, DISTRACTOR, IGNORED
from vtrack_datasets.mot_lines import line_of_row

__all__ = ["PEDESTRIAN", "benchmark_by_columns", "benchmark_by_name", "labels_and_roles", "labels_of_classes"]

PEDESTRIAN = ("pedestrian",)
"""The one class of every MOT Challenge benchmark."""

CLASS_NAMES = (
    "pedestrian",
    "person_on_vehicle",
    "car",
    "bicycle",
    "motorbike",
    "non_mot_vehicle",
    "static_person",
    "distractor",
    "occluder",
    "occluder_on_ground",
    "occluder_full",
    "reflection",
    "crowd",
)
"""Names of the class column of MOT16, MOT17 and MOT20, which counts from 1."""

_DISTRACTORS = {"person_on_vehicle", "static_person", "distractor", "reflection"}
_MOT15_SEQUENCES = frozenset(
    f"{place}-{part}"
    for place, parts in {
        "ADL-Rundle": (1, 3, 6, 8),
        "AVG": ("TownCentre",),
        "ETH": ("Bahnhof", "Crossing", "Jelmoli", "Linthescher", "Pedcross2", "Sunnyday"),
        "KITTI": (13, 16, 17, 19),
        "PETS09": ("S2L1", "S2L2"),
        "TUD": ("Campus", "Crossing", "Stadtmitte"),
        "Venice": (1, 2),
    }.items()
    for part in parts
)
_YEAR = re.compile(r"mot[-_ ]?(?:20)?(15|16|17|20)(?![0-9])", re.IGNORECASE)


def benchmark_by_name(names: Iterable[str]) -> str:
    """Return the benchmark that the first telling name belongs to, empty where none tells.

    Args:
        names: Of the sequence first, then of its folders.
    """
    for name in names:
        if name in _MOT15_SEQUENCES:
            return "MOT15"
        year = _YEAR.search(name)
        if year is not None:
            return f"MOT{year.group(1)}"
        if "dancetrack" in name.lower():
            return "DanceTrack"
    return ""


def benchmark_by_columns(rows: MotRows, path: Path) -> str:
    """Return the benchmark whose columns the annotations have, for a sequence whose name does not tell.

    Ten columns end in world coordinates, as MOT15 has them; seven and fewer have no class. Eight and nine have a
    class, and as long as it is always 1 the rules of MOT17 are everybody's.

    Raises:
        DataError: There are other classes: they could be MOT17's, MOT20's or own ones.
    """
    if rows.extra.shape[1] not in (1, 2):
        return "MOT15"
    others = np.flatnonzero(rows.extra[:, 0] != 1)
    if len(others):
        raise DataError(
            f"class {rows.extra[others[0], 0]:g} in column 8, and no name tells the benchmark; set dataset.benchmark "
            "to MOT16, MOT17, MOT20 or DanceTrack, or to 'custom' with dataset.classes for classes of your own",
            file=path,
            line=line_of_row(path, int(others[0])),
        )
    return "MOT17"


def labels_and_roles(
    rows: MotRows, benchmark: str, classes: tuple[str, ...], path: Path, *, told: bool
) -> tuple[Int64Array, npt.NDArray[np.uint8]]:
    """Return label and role of every annotation.

    Args:
        rows: The rows of ``gt.txt``.
        benchmark: Whose rules to follow.
        classes: Class names of a custom benchmark.
        path: The file, for messages.
        told: The benchmark was set by the user, not guessed by a name.

    Returns:
        int64 ``(M,)`` labels, -1 for classes that are never scored; uint8 ``(M,)`` roles.

    Raises:
        DataError: The class column cannot be this benchmark's.
    """
    if benchmark == "custom":
        labels = labels_of_classes(rows, classes, path)
        return labels, np.where(rows.scores == 0, IGNORED, COUNTED).astype(np.uint8)
    # As TrackEval: the column is read as an integer, so 0.5 is 0.
    marked = np.trunc(rows.scores) != 0
    if benchmark == "MOT15":
        if not told:
            _refuse_classes_in_mot15(rows, path)
        return np.zeros(len(rows), np.int64), np.where(marked, COUNTED, IGNORED).astype(np.uint8)
    numbers = _class_numbers(rows, benchmark, path)
    distractors = _DISTRACTORS | ({"non_mot_vehicle"} if benchmark == "MOT20" else set())
    role_of_class = np.array([DISTRACTOR if name in distractors else IGNORED for name in ("", *CLASS_NAMES)], np.uint8)
    roles = role_of_class[numbers]
    roles[(numbers == 1) & marked] = COUNTED
    return np.where(numbers == 1, 0, -1), roles


def labels_of_classes(rows: MotRows, classes: tuple[str, ...], path: Path) -> Int64Array:
    """Return the labels of own classes, int64 ``(M,)``: one less than the class column; 0 where there is none.

    Raises:
        DataError: A class has no name.
    """
    if rows.extra.shape[1] == 0 and len(classes) > 1:
        raise DataError(
            f"has no class column (the eighth), but dataset.classes names {len(classes)}; add the column, counting "
            "classes from 1",
            file=path,
        )
    if rows.extra.shape[1] == 0 or (len(classes) <= 1 and bool((rows.extra[:, 0] == -1).all())):
        return np.zeros(len(rows), np.int64)
    written = rows.extra[:, 0]
    wrong = np.flatnonzero((written != np.rint(written)) | (written < 1) | (written > max(1, len(classes))))
    if len(wrong):
        names = f"dataset.classes names {len(classes)}" if classes else "dataset.classes is empty"
        raise DataError(
            f"class {written[wrong[0]]:g} in column 8, but {names}; classes count from 1, name every one of them",
            file=path,
            line=line_of_row(path, int(wrong[0])),
        )
    return written.astype(np.int64) - 1


def _class_numbers(rows: MotRows, benchmark: str, path: Path) -> Int64Array:
    if rows.extra.shape[1] == 0:
        raise DataError(
            f"has no class column (the eighth), which {benchmark} needs; set dataset.benchmark to 'MOT15' or 'custom'",
            file=path,
        )
    written = np.trunc(rows.extra[:, 0])
    wrong = np.flatnonzero((written < 1) | (written > len(CLASS_NAMES)))
    if len(wrong):
        raise DataError(
            f"class {rows.extra[wrong[0], 0]:g} in column 8, but those of {benchmark} run from 1 to {len(CLASS_NAMES)}"
            "; set dataset.benchmark to what it is, 'custom' for own classes",
            file=path,
            line=line_of_row(path, int(wrong[0])),
        )
    return written.astype(np.int64)


def _refuse_classes_in_mot15(rows: MotRows, path: Path) -> None:
    """Refuse to guess MOT15 for a file whose classes MOT15's rules would throw together."""
    if rows.extra.shape[1] not in (1, 2):
        return
    others = np.flatnonzero((rows.extra[:, 0] != 1) & (rows.extra[:, 0] != -1))
    if len(others):
        raise DataError(
            f"the name is of MOT15, but column 8 holds class {rows.extra[others[0], 0]:g}, which MOT15 has not; "
            "set dataset.benchmark to what it is",
            file=path,
            line=line_of_row(path, int(others[0])),
        )
