"""Reading results back from JSON: one object a frame (JSON lines), or CocoVID."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.masks import Masks
from vtcore.tables import TrackTable

__all__ = ["read_coco_video", "read_json_lines"]

_NO_ID = -1


@attrs.define
class _Columns:
    """Rows, gathered."""

    frames: list[int] = attrs.field(factory=list)
    ids: list[int] = attrs.field(factory=list)
    ltwh: list[list[float]] = attrs.field(factory=list)
    scores: list[float] = attrs.field(factory=list)
    labels: list[int] = attrs.field(factory=list)
    detection_index: list[int] = attrs.field(factory=list)
    masks: list[dict[str, Any]] = attrs.field(factory=list)
    embeddings: list[list[float]] = attrs.field(factory=list)

    def table(self, path: Path) -> TrackTable:
        """Return the rows as a table; what only some of them have is left out."""
        count = len(self.frames)

        def complete(values: list[Any]) -> list[Any] | None:
            return values if count and len(values) == count else None

        masks = complete(self.masks)
        try:
            return TrackTable(
                self.frames,
                self.ltwh,
                ids=self.ids,
                scores=self.scores,
                labels=self.labels,
                detection_index=complete(self.detection_index),
                masks=None if masks is None else Masks(masks),
                embeddings=complete(self.embeddings),
            )
        except ValueError as error:
            raise DataError(str(error), file=path) from error


def read_json_lines(path: Path, classes: tuple[str, ...]) -> TrackTable:
    """Read JSON lines: ``frame`` and ``boxes_ltwh``, perhaps ``ids``, ``scores``, ``labels``, ``masks``, ...

    Raises:
        DataError: The file cannot be read, or a line is no frame of results; the line is named.
    """
    columns = _Columns()
    for number, entry in _lines(path):
        try:
            _gather_frame(entry, columns, classes)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"not a frame of results: {_words(error)}", file=path, line=number) from error
    return columns.table(path)


def read_coco_video(path: Path, classes: tuple[str, ...]) -> TrackTable:
    """Read CocoVID JSON of one video: ``images`` and ``annotations``.

    Raises:
        DataError: The file cannot be read, or is not of that form; the annotation is named by its place, from 1.
    """
    columns = _Columns()
    number = 0
    try:
        content = _object(json.loads(path.read_text(encoding="utf-8")))
        frames = {image["id"]: _integer("frame_id", image["frame_id"]) for image in content["images"]}
        for number, annotation in enumerate(content["annotations"], start=1):  # noqa: B007 - told when it fails
            _gather_annotation(annotation, frames, columns, classes)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at column {error.colno}", file=path, line=error.lineno) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", file=path) from error
    except (KeyError, TypeError, ValueError) as error:
        where = f"annotation {number}: " if number else ""
        raise DataError(f"not CocoVID JSON: {where}{_words(error)}", file=path) from error
    return columns.table(path)


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield number and object of each line that is not blank."""
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


def _gather_frame(entry: Any, columns: _Columns, classes: tuple[str, ...]) -> None:
    """Append the rows of a frame.

    Raises:
        KeyError: A key is missing.
        TypeError: A list is none.
        ValueError: A list has another length, or a number is out of range.
    """
    entry = _object(entry)
    boxes = entry["boxes_ltwh"]
    count = len(boxes)

    def column(name: str, default: Any) -> Iterable[Any]:
        values = entry.get(name)
        if values is None:
            return [default] * count
        if len(values) != count:
            raise ValueError(f"{name} has {len(values)} entries for {count} boxes")
        return list(values)

    columns.frames += [_frame(entry["frame"])] * count
    columns.ltwh += [_box(box) for box in boxes]
    columns.ids += [_integer("ids", value) for value in column("ids", _NO_ID)]
    columns.scores += [float(value) for value in column("scores", 1.0)]
    columns.labels += [_label(value, classes) for value in column("labels", 0)]
    for name in ("detection_index", "masks", "embeddings"):
        if entry.get(name) is not None:
            getattr(columns, name).extend(column(name, None))


def _gather_annotation(annotation: Any, frames: dict[Any, int], columns: _Columns, classes: tuple[str, ...]) -> None:
    """Append a row; raises as `_gather_frame`."""
    annotation = _object(annotation)
    image = annotation["image_id"]
    if image not in frames:
        raise ValueError(f"image_id {image!r} is no image of the file")
    columns.ltwh.append(_box(annotation["bbox"]))
    columns.frames.append(_frame(frames[image]))
    columns.ids.append(_integer("instance_id", annotation.get("instance_id", _NO_ID)))
    columns.scores.append(float(annotation.get("score", 1.0)))
    columns.labels.append(_label(_integer("category_id", annotation.get("category_id", 1)) - 1, classes))
    if isinstance(annotation.get("segmentation"), dict):
        columns.masks.append(annotation["segmentation"])


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return value


def _frame(value: Any) -> int:
    frame = _integer("frame", value)
    if frame < 0:
        raise ValueError(f"frame must be >= 0, got {frame}")
    return frame


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}: expected an integer, got {value!r}")
    return value


def _box(value: Any) -> list[float]:
    box = [float(number) for number in value]
    if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) < 0:
        raise ValueError(f"expected left, top, width, height with sizes >= 0, got {value!r}")
    return box


def _label(value: Any, classes: tuple[str, ...]) -> int:
    label = _integer("labels", value)
    if label < 0 or (classes and label >= len(classes)):
        named = f"the classes are {', '.join(classes)}" if classes else "no classes are named"
        raise ValueError(f"label {label} is out of range: {named}, and labels count from 0")
    return label


def _words(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else str(error)
