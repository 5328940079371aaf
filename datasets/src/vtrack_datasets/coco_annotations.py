"""Annotations of CocoVID JSON as arrays: boxes, polygons, masks, labels of frames."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array
from vtrack_datasets.target_truth import corners_of, enclosing_boxes

__all__ = ["FRAME_LABEL_NAMES", "frame_labels_of", "read_boxes", "read_mask"]

FRAME_LABEL_NAMES: Mapping[str, str] = {"illumination_change": "illum_change", "illustration_change": "illum_change"}
"""Names in CocoVID JSON of labels that the data set itself names otherwise."""

_NO_LABELS = frozenset(
    {
        *("id", "image_id", "video_id", "category_id", "instance_id", "official_id"),
        *("bbox", "area", "segmentation", "rotated", "score", "visibility", "iscrowd", "ignore"),
        *("mot_instance_id", "mot_class_id", "mot_frame_id", "keypoints", "num_keypoints"),
    }
)
"""Keys of an annotation that say nothing of the frame."""

_CORNERS = 8


def read_boxes(annotations: Seq[Mapping[str, Any]]) -> tuple[Float64Array, Float64Array | None]:
    """Return boxes and polygons of annotations.

    ``bbox`` holds left, top, width and height, or the four corners of a rotated box as MMTracking writes those of VOT;
    a ``segmentation`` of one outline with four corners is such a box, too.

    Returns:
        float64 ``(N, 4)`` left, top, width, height, and float64 ``(N, 8)`` corners, None where all are plain boxes.

    Raises:
        ValueError: A box has another number of numbers, or something else in it; its place is named, from 1.
    """
    boxes = np.empty((len(annotations), 4))
    polygons = np.full((len(annotations), _CORNERS), np.nan)
    rotated = np.zeros(len(annotations), bool)
    for row, annotation in enumerate(annotations):
        numbers = _numbers(annotation, row)
        if len(numbers) == _CORNERS:
            polygons[row], rotated[row] = numbers, any(numbers)
            boxes[row] = enclosing_boxes(polygons[row][None])[0]
            continue
        boxes[row] = numbers
        outline = annotation.get("segmentation") if annotation.get("rotated") else None
        if isinstance(outline, list) and len(outline) == 1 and len(outline[0]) == _CORNERS:
            polygons[row], rotated[row] = outline[0], True
    if not rotated.any():
        return boxes, None
    plain = ~rotated
    polygons[plain] = corners_of(boxes[plain])
    return boxes, polygons


def _numbers(annotation: Mapping[str, Any], row: int) -> list[float]:
    box = annotation.get("bbox")
    try:
        numbers = [float(number) for number in box or ()]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (4, _CORNERS) or any(map(math.isinf, numbers)):
        raise ValueError(
            f"annotation {row + 1} (id {annotation.get('id')}): bbox must be left, top, width, height or four corners, "
            f"got {box!r}"
        )
    return numbers


def read_mask(annotation: Mapping[str, Any], size: tuple[int, int] | None) -> dict[str, Any] | None:
    """Return an annotation's mask as COCO's run lengths, None where it has none.

    Args:
        annotation: With ``segmentation``: run lengths, or outlines.
        size: Width and height of the image, which outlines need.
    """
    outlines = annotation.get("segmentation")
    if isinstance(outlines, dict):
        return outlines
    if not outlines or annotation.get("rotated") or size is None or None in size:
        return None
    from pycocotools import mask as coco

    width, height = size
    merged: dict[str, Any] = coco.merge(coco.frPyObjects(outlines, height, width))
    return merged


def frame_labels_of(annotations: Seq[Mapping[str, Any]], frames: Seq[int], length: int) -> dict[str, npt.NDArray[Any]]:
    """Return what the annotations of one target say of frames beyond boxes, by the data set's own names.

    Args:
        annotations: One per frame.
        frames: Their frames.
        length: Number of frames.

    Returns:
        Arrays ``(length,)``: truth values, whole or other numbers; 0 for frames without an annotation.
    """
    found: dict[str, list[tuple[int, Any]]] = {}
    for annotation, frame in zip(annotations, frames, strict=True):
        for key, value in annotation.items():
            if key not in _NO_LABELS and isinstance(value, bool | int | float):
                found.setdefault(FRAME_LABEL_NAMES.get(key, key), []).append((frame, value))
    return {name: _column(values, length) for name, values in found.items()}


def _column(values: Seq[tuple[int, Any]], length: int) -> npt.NDArray[Any]:
    known = [value for _, value in values]
    dtype: type = float
    if all(isinstance(value, bool) for value in known):
        dtype = bool
    elif all(isinstance(value, int) for value in known):
        dtype = np.int64
    column: npt.NDArray[Any] = np.zeros(length, dtype)
    for frame, value in values:
        column[frame] = value
    return column
