"""Files of detections, as other programs write them.

========  ==============================================================================================
suffix    content
========  ==============================================================================================
.txt      MOT Challenge text (`vtcore.mot_text`), frames from 1
.csv      a header line, then a box a line: ``frame``, ``x1, y1, x2, y2`` or ``left, top, width, height``,
          and, where wanted, ``score`` and ``label`` (a number) or ``class`` (a name); frames from 0. Without a
          header, MOT text
.json     a list of boxes ``{"frame", "bbox", "bbox_format", "score", "label" | "category"}``, frames from 0 and
          ``bbox_format`` ``"ltwh"`` or ``"xyxy"``; or COCO results ``{"image_id", "bbox", "score",
          "category_id"}``, both from 1; or the objects of ``.jsonl`` in a list
.jsonl    an object a line: a box as in ``.json``, or a frame as vtcore writes it (``frame``, ``boxes_ltwh``,
          ``scores``, ``labels``, ``classes``), frames from 0
.npy      a 2-D array with the columns of MOT text, frames from 1
.npz      arrays ``frames`` and ``boxes`` (x1, y1, x2, y2) or ``ltwh``; ``scores``, ``labels``, ``embeddings`` where
          there are any; frames from 0
========  ==============================================================================================
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.detectors.records import Records, read_csv, read_json, read_json_lines
from vtcore.errors import DataError
from vtcore.instances import Float64Array
from vtcore.mot_text import read_mot_text
from vtcore.tables import TrackTable

__all__ = ["DetectionFile", "read_detections"]

MOT_COLUMNS = 7
"""Detections in MOT text have at least a score."""


@attrs.frozen(eq=False)
class DetectionFile:
    """What a file of detections holds.

    Attributes:
        table: The detections, frames 0-based.
        names: Class names that the labels index; empty where the file has numbers, or no classes at all.
    """

    table: TrackTable
    names: tuple[str, ...] = ()


def read_detections(path: str | Path, *, first_frame: int | None = None) -> DetectionFile:
    """Read a file of detections; the suffix tells its format (see above).

    Args:
        path: The file.
        first_frame: Number of the first frame in it; None for what is usual in the format.

    Raises:
        DataError: The file cannot be read, or a row is wrong; file and line, or entry, are named.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise DataError(f"detections cannot be of the type {path.suffix!r}; known are {known}", file=path)
    try:
        return reader(path, first_frame)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 text: {error.reason} at byte {error.start}", file=path) from error


def _read_text(path: Path, first_frame: int | None) -> DetectionFile:
    rows = read_mot_text(path, min_columns=MOT_COLUMNS, first_frame=1 if first_frame is None else first_frame)
    return DetectionFile(TrackTable(rows.frames, rows.ltwh, scores=rows.scores))


def _read_csv(path: Path, first_frame: int | None) -> DetectionFile:
    records = read_csv(path, first_frame)
    return _read_text(path, first_frame) if records is None else _from_records(records)


def _from_records(records: Records) -> DetectionFile:
    labels, names = records.numbered_labels()
    ltwh = np.array(records.ltwh, np.float64).reshape(-1, 4)
    return DetectionFile(TrackTable(records.frames, ltwh, scores=records.scores, labels=labels), names)


def _read_npy(path: Path, first_frame: int | None) -> DetectionFile:
    array = _load(path)
    if array.ndim != 2 or array.shape[1] < MOT_COLUMNS or array.dtype.kind not in "fiu":
        raise DataError(
            f"expected numbers of shape (M, {MOT_COLUMNS}) or wider, as in MOT text: frame, id, left, top, width, "
            f"height, score; got {array.dtype} {array.shape}",
            file=path,
        )
    first = 1 if first_frame is None else first_frame
    return _table(path, array[:, 0], first, array[:, 2:6].astype(np.float64), {"scores": array[:, 6]})


def _read_npz(path: Path, first_frame: int | None) -> DetectionFile:
    with _load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if "frames" not in arrays or not arrays.keys() & {"boxes", "ltwh"}:
        raise DataError(
            f"needs the arrays 'frames' and 'boxes' (x1, y1, x2, y2) or 'ltwh'; it has {', '.join(sorted(arrays))}",
            file=path,
        )
    boxes = arrays["ltwh" if "ltwh" in arrays else "boxes"]
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise DataError(f"boxes must have the shape (M, 4), got {boxes.shape}", file=path)
    ltwh = boxes.astype(np.float64)
    if "ltwh" not in arrays:
        ltwh[:, 2:] -= ltwh[:, :2]
    columns = {name: arrays[name] for name in ("scores", "labels", "embeddings") if name in arrays}
    return _table(path, arrays["frames"], first_frame or 0, ltwh, columns)


def _load(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"is not a NumPy file: {' '.join(str(error).split())}", file=path) from error


def _table(path: Path, frames: Any, first: int, ltwh: Float64Array, columns: dict[str, Any]) -> DetectionFile:
    """Check columns and make a table of them; complaints name the row."""
    if frames.ndim != 1 or frames.dtype.kind not in "fiu":
        raise DataError(f"frames must be numbers of shape (M,), got {frames.dtype} {frames.shape}", file=path)
    if len(ltwh) != len(frames):
        raise DataError(f"{len(frames)} frames but {len(ltwh)} boxes", file=path)
    labels = columns.get("labels")
    checks: list[tuple[Any, str]] = [
        (frames != np.rint(frames), "frame is not an integer"),
        (frames < first, f"frame is below {first}, the first"),
        (~np.isfinite(ltwh).all(axis=1), "box is not finite"),
        ((ltwh[:, 2:] < 0).any(axis=1), "width or height is negative"),
    ]
    if labels is not None and labels.dtype.kind not in "iu":
        raise DataError(f"labels must be integers, got {labels.dtype}", file=path)
    for wrong, complaint in checks:
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(f"row {row}: {complaint} ({[float(frames[row]), *ltwh[row].tolist()]})", file=path)
    try:
        return DetectionFile(TrackTable(frames.astype(np.int64) - first, ltwh, **columns))
    except ValueError as error:
        raise DataError(str(error), file=path) from error


_READERS: dict[str, Callable[[Path, int | None], DetectionFile]] = {
    ".txt": _read_text,
    ".csv": _read_csv,
    ".json": lambda path, first_frame: _from_records(read_json(path, first_frame)),
    ".jsonl": lambda path, first_frame: _from_records(read_json_lines(path, first_frame)),
    ".npy": _read_npy,
    ".npz": _read_npz,
}
