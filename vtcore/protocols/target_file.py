"""Files that name targets: a box a line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from vtcore.errors import DataError

__all__ = ["FileTarget", "check_box", "read_targets"]

_MOT_COLUMNS = 6
_POLYGON = 8
_LARGEST = 1e9
"""Larger than any picture, and small enough that sums and areas are finite numbers of 32 bits."""
_LIKELY_ANNOTATIONS = 32
"""More lines without ids than this are no targets of one frame, but the annotations of many."""


@attrs.frozen
class FileTarget:
    """One target of a file.

    Attributes:
        frame: Index of the frame that it is started in, 0-based.
        id: Its identity.
        ltwh: Left, top, width, height in pixels.
    """

    frame: int
    id: int
    ltwh: tuple[float, float, float, float]


def read_targets(path: str | Path) -> list[FileTarget]:
    """Read a file of targets.

    A line is ``left, top, width, height`` (ids count from 0), ``id, left, top, width, height``, or MOT text,
    ``frame, id, left, top, width, height[, ...]`` with frames counted from 1, where the first line of each id counts.
    Numbers are separated by commas or blanks; empty lines and such as begin with ``#`` are passed over.

    Returns:
        The targets in the order of the file.

    Raises:
        DataError: The file cannot be read, or a line is wrong; it is named.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 text: {error.reason} at byte {error.start}", file=path) from error
    rows = [
        (number, _numbers(line, path, number))
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not rows:
        raise DataError("names no target: a line is left,top,width,height", file=path)
    columns = len(rows[0][1])
    for number, row in rows:
        if len(row) != columns:
            message = f"expected {columns} numbers as in line {rows[0][0]}, got {len(row)}"
            raise DataError(message, file=path, line=number)
    if columns < 4:
        raise DataError(
            f"expected left,top,width,height, id,left,top,width,height or MOT text, got {columns} "
            f"number{'s' if columns > 1 else ''}",
            file=path,
            line=rows[0][0],
        )
    if columns == _POLYGON and not all(value.is_integer() for value in rows[0][1][:2]):
        raise DataError(
            "the eight numbers of a polygon are no target; write the box around it, left,top,width,height",
            file=path,
            line=rows[0][0],
        )
    if columns == 4 and len(rows) > _LIKELY_ANNOTATIONS:
        raise DataError(
            f"has {len(rows)} lines, each of which would be a target of its own: if they are the annotations of one "
            "target, keep the first; if they are targets, give them ids (id,left,top,width,height)",
            file=path,
        )
    return _targets(rows, path, _FORMATS.get(columns, _mot_target))


def _targets(rows: list[tuple[int, list[float]]], path: Path, parse: _Parser) -> list[FileTarget]:
    targets: dict[int, FileTarget] = {}
    is_mot = parse is _mot_target
    for place, (number, row) in enumerate(rows):
        try:
            target = parse(place, row)
            if target.id in targets:
                if not is_mot:
                    raise ValueError(f"id {target.id} stands twice")
                if target.frame >= targets[target.id].frame:
                    continue
            check_box(target.ltwh)
        except ValueError as error:
            raise DataError(str(error), file=path, line=number) from None
        targets[target.id] = target
    return list(targets.values())


def _numbers(line: str, path: Path, number: int) -> list[float]:
    line = line.strip().removesuffix(",")
    cells = line.split(",") if "," in line else re.split(r"\s+", line)
    try:
        return [float("" if "_" in cell else cell) for cell in cells]
    except ValueError:
        raise DataError(f"{line[:80]!r} is not a line of numbers", file=path, line=number) from None


_Parser = Callable[[int, list[float]], FileTarget]


def _plain_target(place: int, row: list[float]) -> FileTarget:
    return FileTarget(0, place, _box(row))


def _named_target(place: int, row: list[float]) -> FileTarget:
    return FileTarget(0, _whole(row[0], "id", least=0), _box(row[1:]))


def _mot_target(place: int, row: list[float]) -> FileTarget:
    return FileTarget(_whole(row[0], "frame", least=1) - 1, _whole(row[1], "id", least=0), _box(row[2:_MOT_COLUMNS]))


_FORMATS: dict[int, _Parser] = {4: _plain_target, 5: _named_target}


def _box(row: list[float]) -> tuple[float, float, float, float]:
    left, top, width, height = row
    return left, top, width, height


def _whole(value: float, name: str, *, least: int) -> int:
    # Beyond 2**53 a double no longer holds every integer.
    if not math.isfinite(value) or value != round(value) or not least <= value <= 2**53:
        raise ValueError(f"{name} must be an integer >= {least}, got {value:g}")
    return int(value)


def check_box(ltwh: Sequence[float]) -> None:
    """Refuse what is no box of a target.

    Args:
        ltwh: Left, top, width, height.

    Raises:
        ValueError: It is not four finite numbers, or has no area.
    """
    text = ", ".join(f"{value:g}" for value in ltwh) or "none"
    if len(ltwh) != 4:
        raise ValueError(f"a box is four numbers, left, top, width, height, got {text}")
    if not all(abs(value) < _LARGEST for value in ltwh):
        raise ValueError(f"the numbers of a box must be finite, and within {_LARGEST:g}, got {text}")
    if ltwh[2] <= 0 or ltwh[3] <= 0:
        raise ValueError(f"width and height of a box must be above 0, got {text}")
