"""Reading results of single-object tracking: one line a frame, from the first frame on.

Two forms, as toolkits of the field write them. *Plain boxes*: ``left, top, width, height`` in every line, NaN where
there is none (LaSOT, GOT-10k, TrackingNet, OTB, UAV123; PyTracking). *VOT text*: such boxes, or polygons of four
corners (``x1,y1,...,x4,y4``), or a single number: 1 where the target was started, 2 where it was lost, 0 where it was
not tracked (Kristan et al., The Visual Object Tracking VOT2013 challenge results, ICCV Workshops 2013). Numbers are
separated by commas, tabs or blanks. Scores stand in a file beside (``_confidence.value``), where there is one.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float64Array
from vtcore.tables import TrackTable

__all__ = ["is_target_text", "read_target_text"]

_BOX, _POLYGON, _STATE = 4, 8, 1
_STARTED, _STATES = 1.0, (0.0, 1.0, 2.0)


def is_target_text(path: Path) -> bool:
    """Whether a file's first line is a box or a state, not MOT text, which has six columns or more.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            first = next((line for line in lines if line.strip()), "")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    return len(_cells(first)) in (_BOX, _STATE)


def read_target_text(path: Path) -> TrackTable:
    """Read plain boxes or VOT text; the target's id is 0.

    Returns:
        A row for each frame with a box. A frame in which the target was started has a row, too: an empty box at the
        origin, since the file does not tell it. ``polygons`` are there where the file has any.

    Raises:
        DataError: The file cannot be read, or a line is none of these; it is named.
    """
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    boxes = _plain_boxes(data)
    corners: Float64Array | None = None
    if boxes is None:
        boxes, corners = _regions(data, path)
    there = np.isfinite(boxes).all(axis=1)
    negative = np.flatnonzero((boxes[:, 2:] < 0).any(axis=1))
    if len(negative):
        row = int(negative[0])
        raise DataError(
            f"frame {row + 1} has a negative width or height ({boxes[row, 2]:g}, {boxes[row, 3]:g}): a line is left, "
            "top, width, height",
            file=path,
        )
    frames = np.flatnonzero(there)
    return TrackTable(
        frames,
        boxes[there],
        scores=_confidences(path, len(boxes))[there],
        ids=np.zeros(len(frames), np.int64),
        polygons=None if corners is None else corners[there],
    )


def _confidences(path: Path, length: int) -> Float64Array:
    """Return the score of each frame: of the file that toolkits for long-term tracking write beside, else 1.

    That is ``<name>_confidence.value``, a number a line; frames without one, such as the first, have 0.

    Raises:
        DataError: It holds something else.
    """
    beside = path.with_name(f"{path.stem}_confidence.value")
    if not beside.is_file():
        return np.ones(length)
    try:
        lines = beside.read_text(encoding="utf-8-sig").splitlines()
        scores: Float64Array = np.array([float(line) if line.strip() else 0.0 for line in lines])
    except (OSError, ValueError) as error:
        raise DataError(f"is no list of scores: {error}", file=beside) from error
    if len(scores) != length:
        raise DataError(f"has scores of {len(scores)} frames, but {path.name} has {length}", file=beside)
    scores[np.isnan(scores)] = 0
    return scores


def _plain_boxes(data: bytes) -> Float64Array | None:
    """Return the boxes of a file of nothing else, None where a closer look is needed."""
    # Blank lines would shift the frames behind them.
    lines = data.rstrip().splitlines()
    if not lines or not all(map(bytes.strip, lines)):
        return None
    text = data.translate(bytes.maketrans(b",\t;", b"   "))
    try:
        boxes: Float64Array = np.loadtxt(io.BytesIO(text), np.float64, comments=None, ndmin=2, encoding="latin-1")
    except ValueError:
        return None
    return boxes if boxes.shape == (len(lines), _BOX) and not np.isinf(boxes).any() else None


def _regions(data: bytes, path: Path) -> tuple[Float64Array, Float64Array | None]:
    """Return boxes and corners line by line, NaN where there is no result."""
    lines = data.decode("utf-8", errors="replace").rstrip().splitlines()
    boxes = np.full((len(lines), _BOX), np.nan)
    corners = np.full((len(lines), _POLYGON), np.nan)
    for index, line in enumerate(lines):
        try:
            numbers = _numbers(line)
        except ValueError as error:
            raise DataError(str(error), file=path, line=index + 1) from None
        if len(numbers) == _BOX:
            boxes[index] = numbers
        elif len(numbers) == _POLYGON:
            corners[index] = numbers
            low, high = np.min([numbers[::2], numbers[1::2]], axis=1), np.max([numbers[::2], numbers[1::2]], axis=1)
            boxes[index] = [*low, *(high - low)]
        elif numbers[0] == _STARTED:
            boxes[index] = 0
    if np.isnan(corners).all():
        return boxes, None
    plain = np.isnan(corners[:, 0])
    left, top, width, height = boxes[plain].T
    right, bottom = left + width, top + height
    corners[plain] = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)
    return boxes, corners


def _numbers(line: str) -> list[float]:
    """Return a line's numbers.

    Raises:
        ValueError: It is no box, polygon or state.
    """
    cells = _cells(line)
    try:
        numbers = [float("" if "_" in cell else cell) for cell in cells]
    except ValueError:
        raise ValueError(f"{line.strip()[:80]!r} is not a line of numbers") from None
    if len(numbers) == _STATE and numbers[0] in _STATES:
        return numbers
    if len(numbers) not in (_BOX, _POLYGON) or np.isinf(numbers).any():
        raise ValueError(
            "expected left,top,width,height, the eight numbers of a polygon, or 0, 1 or 2 (not tracked, started, "
            f"lost), got {line.strip()[:80]!r}"
        )
    return numbers


def _cells(line: str) -> list[str]:
    return [cell for cell in re.split(r"[,;\s]+", line.strip()) if cell]
