"""Non-maximum suppression on the device, group by group, as MMCV and MMDetection do it.

Groups (levels, classes) are kept apart by shifting each so far that no box reaches the next, as in MMCV's
``batched_nms`` (https://github.com/open-mmlab/mmcv, Apache-2.0). Its shift is the greatest coordinate plus 1: boxes
that reach beyond the left or the upper edge may still touch those of a neighbouring group. This is kept, since results
shall be the same.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import nms

__all__ = ["batched_nms", "multiclass_nms"]

_MANY = 10000
"""From so many boxes on groups are searched one by one: each with each would take too much memory."""


def batched_nms(boxes: Tensor, scores: Tensor, groups: Tensor, threshold: float) -> Tensor:
    """Return the rows that stay, best first.

    Args:
        boxes: float32 ``(N, 4)`` ``x1, y1, x2, y2``.
        scores: float32 ``(N,)``.
        groups: int64 ``(N,)``; boxes of different groups leave each other alone.
        threshold: Greatest intersection over union that both boxes of a pair survive.
    """
    if not len(boxes):
        return torch.zeros(0, dtype=torch.int64, device=boxes.device)
    shifted = boxes + (groups.to(boxes) * (boxes.max() + 1))[:, None]
    if len(boxes) < _MANY:
        return _nms(shifted, scores, threshold)
    stays = torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    for group in torch.unique(groups):
        rows = (groups == group).nonzero()[:, 0]
        stays[rows[_nms(shifted[rows], scores[rows], threshold)]] = True
    kept = stays.nonzero()[:, 0]
    return kept[scores[kept].sort(descending=True, stable=True).indices]


def multiclass_nms(
    boxes: Tensor, scores: Tensor, *, min_score: float, threshold: float, most: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Choose among all boxes and all classes.

    Args:
        boxes: float32 ``(N, 4)``, or ``(N, C, 4)`` with a box for each class, ``x1, y1, x2, y2``.
        scores: float32 ``(N, C)``, without a background.
        min_score: Scores must exceed it.
        threshold: Greatest intersection over union that both boxes of a pair of one class survive.
        most: How many stay at most; 0 for any number.

    Returns:
        Boxes ``(n, 4)``, scores ``(n,)`` and classes ``(n,)``, best first.
    """
    rows, labels = (scores > min_score).nonzero(as_tuple=True)
    chosen = boxes[rows, labels] if boxes.ndim == 3 else boxes[rows]
    confidences = scores[rows, labels]
    kept = batched_nms(chosen, confidences, labels, threshold)
    kept = kept[:most] if most else kept
    return chosen[kept], confidences[kept], labels[kept]


def _nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    kept: Tensor = nms(boxes, scores, threshold)
    return kept
