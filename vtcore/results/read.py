"""Reading result files back: MOT text and JSON lines, written by vtcore or made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtcore.masks import Masks
from vtcore.mot_text import read_mot_text
from vtcore.tables import TrackTable

__all__ = ["RESULT_SUFFIXES", "find_results", "read_results"]

RESULT_SUFFIXES = (".txt", ".jsonl")
"""Endings of the files that can be read, the preferred one first."""

_NO_ID = -1


def find_results(folder: Path, names: Iterable[str], *, missing_ok: bool = False) -> dict[str, Path]:
    """Find the result file of each sequence: ``<sequence>.txt``, else ``<sequence>.jsonl``.

    Args:
        folder: A folder of result files, or a run's folder, which has them in ``results/``.
        names: Names of the sequences.
        missing_ok: Leave out sequences without a file instead of refusing them.

    Raises:
        DataError: The folder is missing, or files are: every sequence without one is named.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder of results", file=folder)
    if (folder / "results").is_dir():
        folder = folder / "results"
    files: dict[str, Path] = {}
    missing: list[str] = []
    for name in names:
        found = next((path for path in (folder / (name + end) for end in RESULT_SUFFIXES) if path.is_file()), None)
        if found is None:
            missing.append(name)
        else:
            files[name] = found
    if missing and not missing_ok:
        raise DataError(
            f"there {'are no result files' if len(missing) > 1 else 'is no result file'} for {', '.join(missing)}: "
            f"expected <sequence>{' or <sequence>'.join(RESULT_SUFFIXES)}; make them, or leave these sequences out "
            "(vtcore eval --only-found)",
            file=folder,
        )
    return files


def read_results(path: Path, classes: tuple[str, ...] = (), *, length: int | None = None) -> TrackTable:
    """Read a result file, numbers as it holds them.

    Args:
        path: MOT text (``.txt``) or JSON lines (``.jsonl``).
        classes: Names that labels index; empty where nobody named any. The class column of MOT text counts them
            from 1; data of one class may hold -1 there, or leave the column out.
        length: Number of frames of the sequence, to refuse rows beyond it.

    Raises:
        DataError: The file cannot be read, a row is damaged, an id stands twice in a frame, or a frame or class is
            out of range.
    """
    table = _read_json_lines(path, classes) if path.suffix == ".jsonl" else _read_mot_results(path, classes)
    if length is not None and len(table) and table.frames[-1] >= length:
        raise DataError(
            f"has rows for frame {table.frames[-1] + 1} (counted from 1), but the sequence has {length} frames: is it "
            "of this sequence, and does it count frames alike?",
            file=path,
        )
    _refuse_repeated(table, path)
    return table


def _refuse_repeated(table: TrackTable, path: Path) -> None:
    rows = np.flatnonzero(table.ids != _NO_ID)
    order = rows[np.lexsort((table.ids[rows], table.frames[rows]))]
    same = (np.diff(table.frames[order]) == 0) & (np.diff(table.ids[order]) == 0)
    if same.any():
        row = int(order[1:][same][0])
        raise DataError(
            f"id {table.ids[row]} stands twice in frame {table.frames[row] + 1} (counted from 1): an id may appear "
            "once in a frame",
            file=path,
        )


def _read_mot_results(path: Path, classes: tuple[str, ...]) -> TrackTable:
    rows = read_mot_text(path)
    numbers = rows.extra[:, 0] if rows.extra.shape[1] else np.full(len(rows), -1.0)
    return TrackTable(rows.frames, rows.ltwh, ids=rows.ids, scores=rows.scores, labels=_labels(numbers, classes, path))


def _labels(numbers: np.ndarray[Any, np.dtype[np.float64]], classes: tuple[str, ...], path: Path) -> Int64Array:
    """Turn the class column into labels."""
    if len(classes) < 2:
        numbers = np.where(numbers == -1, 1, numbers)
    known = len(classes) or np.inf
    wrong = numbers[(numbers < 1) | (numbers > known) | (numbers != np.rint(numbers))]
    if len(wrong):
        named = f"the data has the classes {', '.join(classes)}" if classes else "the data names no classes"
        raise DataError(f"class {wrong[0]:g} in column 8, but {named}: classes count from 1", file=path)
    labels: Int64Array = numbers.astype(np.int64) - 1
    return labels


@attrs.define
class _Columns:
    """Rows of JSON lines, gathered."""

    frames: list[int] = attrs.field(factory=list)
    ids: list[int] = attrs.field(factory=list)
    ltwh: list[list[float]] = attrs.field(factory=list)
    scores: list[float] = attrs.field(factory=list)
    labels: list[int] = attrs.field(factory=list)
    detection_index: list[int] = attrs.field(factory=list)
    masks: list[dict[str, Any]] = attrs.field(factory=list)
    embeddings: list[list[float]] = attrs.field(factory=list)


def _read_json_lines(path: Path, classes: tuple[str, ...]) -> TrackTable:
    columns = _Columns()
    for number, entry in _entries(path):
        _gather_line(entry, columns, classes, path, number)
    count = len(columns.frames)
    try:
        return TrackTable(
            columns.frames,
            columns.ltwh,
            ids=columns.ids,
            scores=columns.scores,
            labels=columns.labels,
            detection_index=columns.detection_index if count and len(columns.detection_index) == count else None,
            masks=Masks(columns.masks) if count and len(columns.masks) == count else None,
            embeddings=columns.embeddings if count and len(columns.embeddings) == count else None,
        )
    except ValueError as error:
        raise DataError(str(error), file=path) from error


def _entries(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield line number and object of each line."""
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at column {error.colno}", file=path, line=number) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", file=path) from error


def _gather_line(entry: Any, columns: _Columns, classes: tuple[str, ...], path: Path, number: int) -> None:
    """Append a frame's rows, or tell in which line what is wrong."""
    try:
        _gather(entry, columns, classes)
    except (KeyError, TypeError, ValueError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"not a frame of results: {what}", file=path, line=number) from error


def _gather(entry: Any, columns: _Columns, classes: tuple[str, ...]) -> None:
    """Append a frame's rows.

    Raises:
        KeyError: A key is missing.
        ValueError: A list has another length, or a number is out of range.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected an object, got {type(entry).__name__}")
    boxes = entry["boxes_ltwh"]
    count = len(boxes)

    def column(name: str, default: Any) -> list[Any]:
        values = entry.get(name)
        if values is None:
            return [default] * count
        if len(values) != count:
            raise ValueError(f"{name} has {len(values)} entries for {count} boxes")
        return list(values)

    frame = _integer("frame", entry["frame"])
    if frame < 0:
        raise ValueError(f"frame must be >= 0, got {frame}")
    columns.frames += [frame] * count
    columns.ltwh += [_box(box) for box in boxes]
    columns.ids += [_integer("ids", value) for value in column("ids", _NO_ID)]
    columns.scores += [float(value) for value in column("scores", 1.0)]
    columns.labels += [_label(value, classes) for value in column("labels", 0)]
    for name in ("detection_index", "masks", "embeddings"):
        if entry.get(name) is not None:
            getattr(columns, name).extend(column(name, None))


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}: expected an integer, got {value!r}")
    return value


def _box(value: Any) -> list[float]:
    box = [float(number) for number in value]
    if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) < 0:
        raise ValueError(f"boxes_ltwh: expected left, top, width, height with sizes >= 0, got {value!r}")
    return box


def _label(value: Any, classes: tuple[str, ...]) -> int:
    label = _integer("labels", value)
    if label < 0 or (classes and label >= len(classes)):
        named = f"the classes are {', '.join(classes)}" if classes else "no classes are named"
        raise ValueError(f"label {label} is out of range: {named}, and labels count from 0")
    return label
