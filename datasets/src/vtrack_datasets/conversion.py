"""Sequences written as CocoVID JSON, with the fields that MMTracking's converters give them.

MMTracking (https://github.com/open-mmlab/mmtracking, Apache-2.0) names ``absence``, ``cover``, ``cut_by_image``,
``full_occlusion``, ``out_of_view`` and the tags of VOT as keys of annotations, writes boxes of 0 for frames without
one, rotated boxes as four corners, and file names relative to the data set. What it lacks: tags and masks of VOT, names
of single targets, attributes, and videos of COCO's images.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.masks import Masks
from vtrack_datasets.coco_annotations import FRAME_LABEL_NAMES
from vtrack_datasets.coco_video_file import CocoVideoFile
from vtrack_datasets.image_size import image_size
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["ConversionOptions", "image_entry", "plain_number", "refuse_incomplete", "video_facts", "write_target"]

_WRITTEN_NAMES = {name: key for key, name in FRAME_LABEL_NAMES.items()}


@attrs.frozen
class ConversionOptions:
    """How to write.

    Attributes:
        outlines: Whether rotated boxes are written as enclosing boxes with an outline in ``segmentation``, as COCO's
            own tools take them, instead of four corners in ``bbox``, as MMTracking has them.
        every_size: Whether the size of every image is looked at, instead of the first of each video.
        partial: Whether images may be fewer than annotated frames.
    """

    outlines: bool = False
    every_size: bool = False
    partial: bool = False


def write_target(file: CocoVideoFile, sequence: TargetSequence, options: ConversionOptions) -> None:
    """Write a sequence of one target.

    Raises:
        DataError: A file of it is not as it must be, or images are missing.
    """
    refuse_incomplete(sequence, options)
    video = file.add("videos", name=sequence.name, **video_facts(sequence))
    truth = sequence.truth
    size = image_size(sequence.images.path(0))
    for index in range(sequence.length or 0):
        image = file.add("images", **image_entry(sequence, index, video, size, options))
        if truth is not None:
            file.add(
                "annotations",
                video_id=video,
                image_id=image,
                instance_id=video,
                category_id=0,
                **_region(truth, index, options),
                **_labels(truth, index),
            )


def refuse_incomplete(sequence: LazySequence, options: ConversionOptions) -> None:
    """Refuse a sequence without images, or with fewer than it has frames.

    Raises:
        DataError: So it is.
    """
    if not sequence.has_images:
        raise DataError(
            f"sequence {sequence.name!r} has no images, which annotations are of", file=sequence.images.place
        )
    if options.partial:
        return
    if sequence.images.missing:
        raise DataError(
            f"{sequence.images.missing} of {sequence.images.count} images are missing; fetch them, or take what there "
            "is with --partial",
            file=sequence.images.place,
        )
    for problem in sequence.mismatch(surplus=False) if isinstance(sequence, TargetSequence) else ():
        raise DataError(f"{problem}; fetch what is missing, or take what there is with --partial")


def video_facts(sequence: LazySequence) -> dict[str, Any]:
    """Return what is known of a video beyond its name."""
    facts = {
        "frame_rate": sequence.frame_rate,
        "attributes": list(sequence.attributes),
        "object_class": sequence.object_class,
    }
    return {key: value for key, value in facts.items() if value}


def image_entry(
    sequence: LazySequence, index: int, video: int, size: tuple[int, int], options: ConversionOptions
) -> dict[str, Any]:
    """Return the entry of a frame's image."""
    path = sequence.images.path(index)
    width, height = image_size(path) if options.every_size and index else size
    name = Path(os.path.relpath(path, sequence.image_root)).as_posix()
    return {"file_name": name, "height": height, "width": width, "frame_id": index, "video_id": video}


def plain_number(value: float) -> int | float:
    """Return a number as JSON should have it: whole ones without a point."""
    return int(value) if value == int(value) else float(value)


def _region(truth: TargetTruth, index: int, options: ConversionOptions) -> dict[str, Any]:
    """Return box, area and, where there are, outline and mask; zeros for a frame without a box."""
    known = index < len(truth) and bool(np.isfinite(truth.ltwh[index]).all())
    rotated = truth.polygons is not None and not options.outlines
    if not known:
        return {"bbox": [0] * (8 if rotated else 4), "area": 0}
    box = [plain_number(number) for number in truth.ltwh[index].tolist()]
    region: dict[str, Any] = {"bbox": box, "area": plain_number(box[2] * box[3])}
    if truth.polygons is not None:
        corners = [plain_number(number) for number in truth.polygons[index].tolist()]
        region["area"] = plain_number(_area(corners))
        region |= {"segmentation": [corners], "rotated": True} if options.outlines else {"bbox": corners}
    mask = None if truth.masks is None else truth.masks[index]
    if mask is not None:
        rle = Masks([mask]).rles[0]
        region["segmentation"] = {"size": rle["size"], "counts": rle["counts"].decode("ascii")}
    return region


def _area(corners: list[int | float]) -> float:
    """Return the area of a polygon."""
    x, y = np.array(corners[0::2], float), np.array(corners[1::2], float)
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _labels(truth: TargetTruth, index: int) -> dict[str, Any]:
    if truth.first_only or index >= len(truth):
        return {}
    found = {_WRITTEN_NAMES.get(name, name): values[index].item() for name, values in truth.labels.items()}
    return {name: value for name, value in found.items() if not (isinstance(value, float) and math.isnan(value))}
