"""Checks of MOT text rows that only a sequence can make, each naming the line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtcore.errors import DataError
from vtcore.mot_text import MotRows

__all__ = ["line_of_row", "refuse_frames_beyond", "refuse_twin_ids"]


def line_of_row(path: Path, row: int) -> int:
    """Return the 1-based line in which the 0-based row of a MOT text file stands."""
    with path.open("rb") as file:
        filled = (number for number, line in enumerate(file, start=1) if line.strip())
        return next(number for place, number in enumerate(filled) if place == row)


def refuse_frames_beyond(rows: MotRows, length: int, path: Path) -> None:
    """Refuse rows of frames that the sequence does not have.

    Raises:
        DataError: Naming the first of them.
    """
    beyond = np.flatnonzero(rows.frames >= length)
    if len(beyond):
        raise DataError(
            f"frame {rows.frames[beyond[0]] + 1} is beyond the sequence's {length}; correct the row, or seqLength in "
            "seqinfo.ini",
            file=path,
            line=line_of_row(path, int(beyond[0])),
        )


def refuse_twin_ids(rows: MotRows, path: Path) -> None:
    """Refuse an id that stands twice in one frame.

    Raises:
        DataError: Naming the second row and where the first stands.
    """
    order = np.lexsort((np.arange(len(rows)), rows.ids, rows.frames))
    same = (np.diff(rows.frames[order]) == 0) & (np.diff(rows.ids[order]) == 0)
    if same.any():
        second = int(order[1:][same].min())
        twins = np.flatnonzero((rows.frames == rows.frames[second]) & (rows.ids == rows.ids[second]))
        raise DataError(
            f"id {rows.ids[second]} stands twice in frame {rows.frames[second] + 1}, first in line "
            f"{line_of_row(path, int(twins[0]))}; an id names one object, remove one row or number it anew",
            file=path,
            line=line_of_row(path, second),
        )
