"""Reading result files back: MOT text, JSON lines and CocoVID JSON, written by vtcore or made elsewhere.

Results of single-object tracking may be plain boxes or VOT text, too (`vtcore.results.target_text`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtcore.mot_text import read_mot_text
from vtcore.results.json_reading import read_coco_video, read_json_lines
from vtcore.results.target_text import is_target_text, read_target_text
from vtcore.tables import TrackTable

__all__ = ["RESULT_SUFFIXES", "find_results", "read_results"]

RESULT_SUFFIXES = (".txt", ".jsonl", ".coco.json")
"""Endings of the files that can be read, the preferred one first."""

_NO_ID = -1
_EXPECTED = f"<sequence>{', <sequence>'.join(RESULT_SUFFIXES[:-1])} or <sequence>{RESULT_SUFFIXES[-1]}"


def find_results(folder: Path, names: Iterable[str], *, missing_ok: bool = False) -> dict[str, Path]:
    """Find the result file of each sequence: ``<sequence>`` and the first of `RESULT_SUFFIXES` that is there.

    Where there is none, ``<sequence>/<sequence>_001.txt`` will do, as the toolkits of GOT-10k and VOT have it, and
    ``<sequence>_001.txt``.

    Args:
        folder: A folder of result files, or a run's folder, which has them in ``refined/`` where the run refined
            them, in ``results/`` otherwise.
        names: Names of the sequences.
        missing_ok: Leave out sequences without a file instead of refusing them.

    Raises:
        DataError: The folder is missing, or files are: every sequence without one is named.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder of results", file=folder)
    if (folder / "results").is_dir():
        folder = folder / ("refined" if (folder / "refined").is_dir() else "results")
    files: dict[str, Path] = {}
    missing: list[str] = []
    for name in names:
        places = [*(name + end for end in RESULT_SUFFIXES), f"{name}/{name}_001.txt", f"{name}_001.txt"]
        found = next((path for path in (folder / place for place in places) if path.is_file()), None)
        if found is None:
            missing.append(name)
        else:
            files[name] = found
    if missing and not missing_ok:
        raise DataError(
            f"there {'are no result files' if len(missing) > 1 else 'is no result file'} for {', '.join(missing)}: "
            f"expected {_EXPECTED}; make them, or leave these sequences out (vtcore eval --only-found)",
            file=folder,
        )
    return files


def read_results(path: Path, classes: tuple[str, ...] = (), *, length: int | None = None) -> TrackTable:
    """Read a result file, numbers as it holds them.

    Args:
        path: MOT text, plain boxes or VOT text (``.txt``, told apart by their columns), JSON lines (``.jsonl``) or
            CocoVID JSON of one video (``.coco.json``).
        classes: Names that labels index; empty where nobody named any. The class column of MOT text counts them
            from 1; data of one class may hold -1 there, or leave the column out.
        length: Number of frames of the sequence, to refuse rows beyond it.

    Raises:
        DataError: The file cannot be read, a row is damaged, an id stands twice in a frame, or a frame or class is
            out of range.
    """
    read = next((reader for suffix, reader in _READERS.items() if path.name.endswith(suffix)), None)
    if read is None:
        raise DataError(f"results are read from {_EXPECTED}", file=path)
    table = read(path, classes)
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


def _read_text_results(path: Path, classes: tuple[str, ...]) -> TrackTable:
    if is_target_text(path):
        return read_target_text(path)
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


_READERS: dict[str, Callable[[Path, tuple[str, ...]], TrackTable]] = {
    ".txt": _read_text_results,
    ".jsonl": read_json_lines,
    ".coco.json": read_coco_video,
}
