"""Text files of numbers, one row per frame: boxes and labels of single-object data sets.

Data sets separate numbers by commas, tabs or blanks, even within one file; ``NaN`` stands for what is not annotated.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float64Array

__all__ = ["read_labels", "read_lines", "read_numbers"]


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, without blank ones at its end.

    Raises:
        DataError: It cannot be read, or is no text.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None
    except UnicodeDecodeError:
        raise DataError("not a text file", file=path) from None
    return text.rstrip().splitlines()


def read_numbers(path: Path, columns: int) -> Float64Array:
    """Read a table with one row per frame.

    Args:
        path: The file.
        columns: How many numbers each row has.

    Returns:
        float64 ``(N, columns)``; NaN where the file says so.

    Raises:
        DataError: The file cannot be read or holds no row, or a row is blank, has another number of columns, or holds
            something other than finite numbers and NaN; file and line are named.
    """
    lines = read_lines(path)
    if not lines:
        raise DataError("holds no rows", file=path)
    rows = [_cells(line) for line in lines]
    # What goes wrong here, or what numpy forgives, is looked at line by line.
    if all(len(row) == columns for row in rows) and not any("_" in line for line in lines):
        try:
            table = np.array(rows, np.float64)
        except ValueError:
            pass
        else:
            if not np.isinf(table).any():
                return table
    return _by_line(rows, columns, path)


def read_labels(path: Path) -> Float64Array:
    """Read one number per frame, one in a line or all in one line.

    Returns:
        float64 ``(N,)``; empty for an empty file.

    Raises:
        DataError: The file cannot be read, or holds something other than finite numbers; file and line are named.
    """
    rows = [_cells(line) for line in read_lines(path)]
    values = [_number(cell, path, line) for line, row in enumerate(rows, start=1) for cell in row]
    missing = next((index for index, value in enumerate(values) if math.isnan(value)), None)
    if missing is not None:
        raise DataError(f"label {missing + 1} is no number", file=path)
    return np.array(values, np.float64)


def _cells(line: str) -> list[str]:
    return line.replace(",", " ").split()


def _by_line(rows: list[list[str]], columns: int, path: Path) -> Float64Array:
    """Parse row by row, to find which is wrong and why."""
    table = np.empty((len(rows), columns))
    for index, row in enumerate(rows):
        if len(row) != columns:
            raise DataError(f"expected {columns} numbers, got {len(row)}", file=path, line=index + 1)
        table[index] = [_number(cell, path, index + 1) for cell in row]
    return table


def _number(cell: str, path: Path, line: int) -> float:
    try:
        # float() takes digits grouped by underscores, which no such file means.
        value = float("" if "_" in cell else cell)
    except ValueError:
        raise DataError(f"{cell!r} is not a number", file=path, line=line) from None
    if math.isinf(value):
        raise DataError(f"{cell!r} is not finite", file=path, line=line)
    return value
