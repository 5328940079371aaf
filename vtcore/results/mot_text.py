"""MOT Challenge result text.

Ten columns, ``frame, id, left, top, width, height, score, class, -1, -1``: frames count from 1, pixels are written as
they are (no offset of one). The eighth column is -1 for data of one class, as the official server has it, and the
1-based number of the class for data of several.

Source: the file format of Milan et al., MOT16: A Benchmark for Multi-Object Tracking, arXiv:1603.00831.
"""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import numpy as np

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.results.rounding import BOX_DECIMALS, SCORE_DIGITS
from vtcore.tables import TrackTable

__all__ = ["MotTextWriter", "table_text"]

_ROW = f"%d,%d,{','.join([f'%.{BOX_DECIMALS}f'] * 4)},%.{SCORE_DIGITS}g,%d,-1,-1\n"


class MotTextWriter:
    """Writes tracks as MOT Challenge text; instances without ids get -1."""

    folder = "results"
    suffix = ".txt"

    def __init__(self) -> None:
        self._file: TextIO | None = None
        self._several_classes = False
        self._live = False

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence."""
        self._file = path.open("w", encoding="ascii", newline="\n")
        self._several_classes = len(sequence.classes) > 1
        self._live = sequence.live

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Append the rows of one frame."""
        count = len(tracks)
        if not count or self._file is None:
            return
        rows = np.empty((count, 8))
        rows[:, 0] = frame.index + 1
        rows[:, 1] = -1 if tracks.ids is None else tracks.ids
        rows[:, 2:6] = tracks.boxes
        rows[:, 4:6] -= rows[:, 2:4]
        rows[:, 6] = tracks.scores
        rows[:, 7] = tracks.labels + 1 if self._several_classes else -1
        # One formatting call for the frame is several times faster than one a row.
        self._file.write((_ROW * count) % tuple(rows.ravel().tolist()))
        if self._live:
            self._file.flush()

    def close(self, *, complete: bool) -> None:
        """Close the file, which is valid after every frame."""
        if self._file is not None:
            self._file.close()
            self._file = None


def table_text(table: TrackTable, *, number_classes: bool) -> str:
    """Return a whole table as MOT text; rows that a writer has written come out as they were.

    Args:
        table: Results of a sequence.
        number_classes: Write the number of the class, counted from 1, in the eighth column; -1 otherwise.
    """
    classes = table.labels + 1 if number_classes else np.full(len(table), -1)
    columns = (table.frames + 1, table.ids, *table.ltwh.T, table.scores, classes)
    return "".join(map(_ROW.__mod__, zip(*(column.tolist() for column in columns), strict=True)))
