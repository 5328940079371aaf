"""Reading of MOT Challenge text: one strict, fast parser for detections, annotations and results.

A line is ``frame, id, left, top, width, height[, score[, ...]]``, frames counted from 1
(https://motchallenge.net/instructions). The further columns mean different things in different files (class and
visibility in annotations, world coordinates in results), so they are handed over as they are.
"""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import attrs
import numpy as np

from vtcore.errors import DataError, Problem
from vtcore.instances import Float64Array, Int64Array

__all__ = ["COLUMN_NAMES", "MotRows", "read_mot_text"]

COLUMN_NAMES = ("frame", "id", "left", "top", "width", "height", "score")
"""Names of the first columns; the others go by their number."""

PROBLEM_LIMIT = 20
"""How many problems of one file are looked for."""

_FIXED = len(COLUMN_NAMES)
# Beyond this a float64 no longer holds every integer, so an id would change silently.
_LARGEST_INTEGER = 2.0**53


@attrs.frozen(eq=False)
class MotRows:
    """The rows of a MOT text file in file order.

    Attributes:
        frames: int64 ``(M,)``, 0-based: less than the file says by the number of its first frame, 1.
        ids: int64 ``(M,)``, as written (-1 in detections).
        ltwh: float64 ``(M, 4)``, left, top, width, height in pixels, as written.
        scores: float64 ``(M,)``, column 7 as written; 1 where the file has six columns.
        extra: float64 ``(M, K)``, columns 8 and later as written.
    """

    frames: Int64Array
    ids: Int64Array
    ltwh: Float64Array
    scores: Float64Array
    extra: Float64Array

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frames)


def read_mot_text(
    path: str | Path,
    *,
    min_columns: int = 6,
    first_frame: int = 1,
    problems: list[Problem] | None = None,
) -> MotRows:
    """Read a MOT text file, separated by commas or by blanks.

    Blank lines, a comma at the end of a line, and Windows line ends are fine; every row must have as many columns as
    the first. Frames come back 0-based.

    Args:
        path: The file.
        min_columns: Least number of columns, 6 or more.
        first_frame: Number of the first frame, for files that do not count from 1.
        problems: Collects what is wrong (at most `PROBLEM_LIMIT` problems) instead of raising; the rows that are
            wrong are left out.

    Raises:
        DataError: The file cannot be read, or a row is short, holds something other than finite numbers, a frame or
            id that is no integer, a frame before the first, or a negative size; the first such row is named.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        if problems is None:
            raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
        problems.append(Problem(f"cannot be read: {error.strerror or error}", file=str(path)))
        return _rows(np.zeros((0, max(min_columns, _FIXED))), first_frame)
    data = data.removeprefix(b"\xef\xbb\xbf")
    table = _parse_at_once(data, min_columns, first_frame)
    if table is None:
        table, found = _parse_by_line(data, min_columns, first_frame, str(path))
        if found and problems is None:
            raise DataError(found[0].message, file=path, line=found[0].line)
        if problems is not None:
            problems.extend(found)
    return _rows(table, first_frame)


def _rows(table: Float64Array, first_frame: int) -> MotRows:
    scores = table[:, 6] if table.shape[1] > 6 else np.ones(len(table))
    return MotRows(
        frames=table[:, 0].astype(np.int64) - first_frame,
        ids=table[:, 1].astype(np.int64),
        ltwh=np.ascontiguousarray(table[:, 2:6]),
        scores=scores,
        extra=table[:, _FIXED:],
    )


def _parse_at_once(data: bytes, min_columns: int, first_frame: int) -> Float64Array | None:
    """Return the whole table, or None where a closer look is needed."""
    if not data.strip():
        return np.zeros((0, max(min_columns, _FIXED)))
    delimiter = "," if b"," in data else None
    try:
        table: Float64Array = np.loadtxt(
            io.BytesIO(data), np.float64, comments=None, delimiter=delimiter, ndmin=2, encoding="latin-1"
        )
    except ValueError:
        return None
    if table.shape[1] < max(min_columns, 6) or not np.isfinite(table).all():
        return None
    whole = table[:, :2]
    if (whole != np.rint(whole)).any() or np.abs(whole).max() > _LARGEST_INTEGER:
        return None
    if table[:, 0].min() < first_frame or table[:, 4:6].min() < 0:
        return None
    return table


def _parse_by_line(data: bytes, min_columns: int, first_frame: int, file: str) -> tuple[Float64Array, list[Problem]]:
    """Parse row by row, to find which rows are wrong and why."""
    lines = data.decode("utf-8", errors="replace").splitlines()
    rows: list[list[float]] = []
    problems: list[Problem] = []
    width, width_line = 0, 0
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if not cells:
            continue
        if not width and len(cells) >= max(min_columns, 6):
            width, width_line = len(cells), number
        complaint = _width_complaint(len(cells), min_columns, width, width_line)
        row: list[float] = []
        if complaint is None:
            row, complaint = _numbers(cells, first_frame)
        if complaint is None:
            rows.append(row)
            continue
        problems.append(Problem(complaint, file=file, line=number))
        if len(problems) >= PROBLEM_LIMIT:
            break
    table = np.array(rows, np.float64) if rows else np.zeros((0, max(min_columns, _FIXED)))
    return table, problems


def _cells(line: str) -> list[str]:
    line = line.strip()
    if not line:
        return []
    if "," not in line:
        return line.split()
    return [cell.strip() for cell in re.sub(r"\s*,$", "", line).split(",")]


def _width_complaint(count: int, min_columns: int, width: int, width_line: int) -> str | None:
    least = max(min_columns, 6)
    if count < least:
        return f"expected at least {least} columns, got {count}"
    if count != width:
        return f"expected {width} columns as in line {width_line}, got {count}"
    return None


def _numbers(cells: list[str], first_frame: int) -> tuple[list[float], str | None]:
    """Return a row's numbers and what is wrong with them, if anything."""
    row: list[float] = []
    for number, cell in enumerate(cells, start=1):
        try:
            # float() takes digits grouped by underscores, which no such file means.
            value = float("" if "_" in cell else cell)
        except ValueError:
            return row, f"{cell!r} in {_column(number)} is not a number"
        if not math.isfinite(value):
            return row, f"{cell!r} in {_column(number)} is not finite"
        row.append(value)
    for number in (1, 2):
        value = row[number - 1]
        if value != round(value) or abs(value) > _LARGEST_INTEGER:
            return row, f"{cells[number - 1]!r} in {_column(number)} is not an integer"
    if row[0] < first_frame:
        return row, f"frame is {cells[0]}, but frames count from {first_frame}"
    for number in (5, 6):
        if row[number - 1] < 0:
            return row, f"{COLUMN_NAMES[number - 1]} is negative ({cells[number - 1]})"
    return row, None


def _column(number: int) -> str:
    name = f" ({COLUMN_NAMES[number - 1]})" if number <= _FIXED else ""
    return f"column {number}{name}"
