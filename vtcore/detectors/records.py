"""Detections as records: CSV with a header, JSON, JSON lines. Formats: see `vtcore.detectors.files`."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from vtcore.errors import DataError

__all__ = ["Records", "read_csv", "read_json", "read_json_lines"]

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "frame": ("frame", "frame_id", "frame_index", "frame_number"),
    "x1": ("x1", "xmin", "x_min"),
    "y1": ("y1", "ymin", "y_min"),
    "x2": ("x2", "xmax", "x_max"),
    "y2": ("y2", "ymax", "y_max"),
    "left": ("left", "x", "bb_left"),
    "top": ("top", "y", "bb_top"),
    "width": ("width", "w", "bb_width"),
    "height": ("height", "h", "bb_height"),
    "score": ("score", "confidence", "conf"),
    "label": ("label", "class", "class_name", "class_id", "category"),
}
"""How the columns of a CSV file may be called."""
_CORNERS = ("x1", "y1", "x2", "y2")
_SIZES = ("left", "top", "width", "height")


@attrs.define
class Records:
    """Boxes gathered one by one.

    Attributes:
        frames: 0-based.
        ltwh: Left, top, width, height.
        scores: Confidences.
        labels: Numbers or names, as written.
    """

    frames: list[int] = attrs.field(factory=list)
    ltwh: list[tuple[float, ...]] = attrs.field(factory=list)
    scores: list[float] = attrs.field(factory=list)
    labels: list[int | str] = attrs.field(factory=list)

    def add(self, frame: int, box: Any, box_format: str, score: Any, label: Any) -> None:
        """Add a box.

        Raises:
            ValueError: Something is wrong with it; the message says what.
        """
        if not isinstance(box, list | tuple) or len(box) != 4:
            raise ValueError(f"a box must be four numbers, got {box!r}")
        first, second, third, fourth = (_number(value, "box") for value in box)
        if box_format == "xyxy":
            third, fourth = third - first, fourth - second
        elif box_format != "ltwh":
            raise ValueError(f"bbox_format must be 'ltwh' or 'xyxy', got {box_format!r}")
        for name, size in (("width", third), ("height", fourth)):
            if size < 0:
                raise ValueError(f"{name} is negative ({size:g})")
        if isinstance(label, bool) or not isinstance(label, int | str):
            raise ValueError(f"a label must be a number or a name, got {label!r}")
        if isinstance(label, int) and label < 0:
            raise ValueError(f"label is negative ({label})")
        confidence = _number(score, "score")
        self.frames.append(frame)
        self.ltwh.append((first, second, third, fourth))
        self.scores.append(confidence)
        self.labels.append(label)

    def numbered_labels(self) -> tuple[list[int], tuple[str, ...]]:
        """Return the labels as numbers, and the names they index: none where they were numbers all along."""
        if all(isinstance(label, int) for label in self.labels):
            return [int(label) for label in self.labels], ()
        names = {name: number for number, name in enumerate(dict.fromkeys(map(str, self.labels)))}
        return [names[str(label)] for label in self.labels], tuple(names)


def read_csv(path: Path, first_frame: int | None) -> Records | None:
    """Read CSV with a header line; None where the file has none.

    Raises:
        DataError: A column is missing, or a row is wrong.
    """
    records = Records()
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header = [cell.strip().lower() for cell in next(lines, [])]
        if not header or _is_number(header[0]):
            return None
        places = {
            name: header.index(found)
            for name, spellings in _COLUMNS.items()
            if (found := next((spelling for spelling in spellings if spelling in header), None))
        }
        sides = next((names for names in (_CORNERS, _SIZES) if all(name in places for name in names)), None)
        if "frame" not in places or sides is None:
            raise DataError(
                f"needs the columns frame, and x1, y1, x2, y2 or left, top, width, height; it has {', '.join(header)}",
                file=path,
                line=1,
            )
        box_format = "xyxy" if sides == _CORNERS else "ltwh"
        for row in lines:
            if not any(cell.strip() for cell in row):
                continue
            try:
                if len(row) < len(header):
                    raise ValueError(f"expected {len(header)} columns, got {len(row)}")
                score = _parsed(row[places["score"]]) if "score" in places else 1.0
                label = _label(row[places["label"]].strip()) if "label" in places else 0
                frame = _frame(_parsed(row[places["frame"]]), first_frame or 0)
                records.add(frame, [_parsed(row[places[side]]) for side in sides], box_format, score, label)
            except ValueError as error:
                raise DataError(str(error), file=path, line=lines.line_num) from error
    return records


def read_json(path: Path, first_frame: int | None) -> Records:
    """Read a JSON file.

    Raises:
        DataError: It is no JSON, no list, or an entry is wrong.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DataError(f"is not JSON: {error.msg}", file=path, line=error.lineno) from error
    names: dict[int, str] = {}
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        categories = content.get("categories", [])
        names = {
            entry["id"]: str(entry["name"])
            for entry in categories
            if isinstance(entry, dict) and isinstance(entry.get("id"), int) and "name" in entry
        }
        content = content["annotations"]
    if not isinstance(content, list):
        raise DataError("expected a list of detections", file=path)
    records = Records()
    for place, entry in enumerate(content):
        try:
            _add(records, entry, first_frame, names)
        except ValueError as error:
            raise DataError(f"entry {place}: {error}", file=path) from error
    return records


def read_json_lines(path: Path, first_frame: int | None) -> Records:
    """Read JSON lines.

    Raises:
        DataError: A line is no JSON, or its object is wrong.
    """
    records = Records()
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                _add(records, json.loads(line), first_frame, {})
            except json.JSONDecodeError as error:
                raise DataError(f"is not JSON: {error.msg}", file=path, line=number) from error
            except ValueError as error:
                raise DataError(str(error), file=path, line=number) from error
    return records


def _add(records: Records, entry: Any, first_frame: int | None, names: Mapping[int, str]) -> None:
    """Add the boxes of one JSON object: one box, or a frame's."""
    if not isinstance(entry, dict):
        raise ValueError(f"expected an object, got {entry!r}")
    coco = "frame" not in entry and "image_id" in entry
    first = int(coco) if first_frame is None else first_frame
    if not coco and "frame" not in entry:
        raise ValueError(f"needs 'frame' (or 'image_id'); it has {', '.join(map(repr, entry))}")
    frame = _frame(entry["image_id" if coco else "frame"], first)
    for key, box_format in (("boxes_ltwh", "ltwh"), ("boxes_xyxy", "xyxy")):
        if key in entry:
            _add_frame(records, frame, entry, key, box_format)
            return
    if "bbox" not in entry:
        raise ValueError(f"needs 'bbox' or 'boxes_ltwh'; it has {', '.join(map(repr, entry))}")
    label = next((entry[key] for key in ("category", "label", "class") if key in entry), 0)
    if "category_id" in entry:
        label = entry["category_id"]
        if isinstance(label, int):
            label = names.get(label) or label - int(coco)
    records.add(frame, entry["bbox"], entry.get("bbox_format", "ltwh"), entry.get("score", 1.0), label)


def _add_frame(records: Records, frame: int, entry: Mapping[str, Any], key: str, box_format: str) -> None:
    boxes = entry[key]
    if not isinstance(boxes, list):
        raise ValueError(f"{key!r} must be a list of boxes, got {boxes!r}")
    scores = entry.get("scores", [1.0] * len(boxes))
    labels = entry.get("classes") or entry.get("labels") or [0] * len(boxes)
    for name, column in (("scores", scores), ("labels", labels)):
        if not isinstance(column, list) or len(column) != len(boxes):
            raise ValueError(f"{name} must be a list of {len(boxes)}, one for each box, got {column!r}")
    for box, score, label in zip(boxes, scores, labels, strict=True):
        records.add(frame, box, box_format, score, label)


def _frame(value: Any, first: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value != int(value):
        raise ValueError(f"frame {value!r} is not an integer")
    if value < first:
        raise ValueError(f"frame is {int(value)}, but frames count from {first}")
    return int(value) - first


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} in {name} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} in {name} is not finite")
    return float(value)


def _parsed(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{cell.strip()!r} is not a number") from None


def _label(cell: str) -> int | str:
    return int(cell) if cell.isdecimal() else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
