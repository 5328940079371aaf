"""Non-maximum suppression for arrays, without torch.

Of two boxes of one class whose intersection over union exceeds the threshold only the better one stays, as in
``torchvision.ops.batched_nms`` and mmcv's ``batched_nms``. These shift the boxes of a class so far that classes do not
touch; here they are kept apart by their labels, so that boxes beyond the picture's edge, with negative coordinates,
never meet those of another class.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Int64Array

__all__ = ["class_wise_nms", "nms"]

_BLOCK = 1024
"""Boxes whose overlap is computed at once: bounds the memory where there are thousands."""


def nms(boxes: Float32Array, scores: Float32Array, threshold: float) -> Int64Array:
    """Return the rows that stay, best first; of equal scores the earlier row is the better.

    Args:
        boxes: float32 ``(N, 4)`` ``x1, y1, x2, y2``. What is no number stays and hides nothing.
        scores: float32 ``(N,)``.
        threshold: Greatest intersection over union that both boxes of a pair survive.
    """
    order = np.argsort(-scores, kind="stable")
    # Networks that overflow give boxes without end: they overlap with nothing, as in torchvision.
    with np.errstate(invalid="ignore", over="ignore"):
        return order[_alive(boxes[order], threshold)]


def _alive(boxes: Float32Array, threshold: float) -> BoolArray:
    """Return which of the boxes, best first, stay."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), np.bool_)
    for start in range(0, len(boxes), _BLOCK):
        rows = start + np.flatnonzero(alive[start : start + _BLOCK])
        later = start + np.flatnonzero(alive[start:])
        covered = _overlapping(boxes[rows], areas[rows], boxes[later], areas[later], threshold)
        for row, hides in zip(rows.tolist(), covered, strict=True):
            if alive[row]:
                hidden = later[hides]
                alive[hidden[hidden > row]] = False
    return alive


def class_wise_nms(boxes: Float32Array, scores: Float32Array, labels: Int64Array, threshold: float) -> Int64Array:
    """Return the rows that stay, best first over all classes; boxes of different classes never meet.

    Args:
        boxes: float32 ``(N, 4)`` ``x1, y1, x2, y2``.
        scores: float32 ``(N,)``.
        labels: int64 ``(N,)``, the class of each.
        threshold: Greatest intersection over union that both boxes of a pair survive.
    """
    stays = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        stays.append(rows[nms(boxes[rows], scores[rows], threshold)])
    kept = np.sort(np.concatenate(stays)) if stays else np.zeros(0, np.int64)
    best_first: Int64Array = kept[np.argsort(-scores[kept], kind="stable")]
    return best_first


def _overlapping(
    boxes: Float32Array, areas: Float32Array, others: Float32Array, other_areas: Float32Array, threshold: float
) -> BoolArray:
    """Return ``(N, M)``, which pairs overlap by more than the threshold."""
    width = np.minimum(boxes[:, None, 2], others[:, 2]) - np.maximum(boxes[:, None, 0], others[:, 0])
    height = np.minimum(boxes[:, None, 3], others[:, 3]) - np.maximum(boxes[:, None, 1], others[:, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    union = areas[:, None] + other_areas - shared
    overlapping: BoolArray = shared > np.float32(threshold) * union
    return overlapping
