"""What MixFormer learns from: boxes first, then, with all else fixed, whether the target is there.

Equal to ``MixFormerActor`` of https://github.com/MCG-NJU/MixFormer and https://github.com/MCG-NJU/MixFormerV2 (both
MIT). Complete overlap: Zheng et al., "Distance-IoU Loss", AAAI 2020, https://arxiv.org/abs/1911.08287, whose term of
shape counts here only where boxes overlap by more than half. Generalised overlap, which earlier versions of the code
took in its place: Rezatofighi et al., CVPR 2019, https://arxiv.org/abs/1902.09630.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["BoxLoss", "box_loss", "complete_overlap", "generalised_overlap", "score_loss"]

_SHAPE_FROM = 0.5
"""Overlap above which the shapes of boxes are compared."""


class BoxLoss(NamedTuple):
    """What the first stage learns from.

    Attributes:
        total: The weighted sum.
        overlap: 1 less the mean complete or generalised overlap.
        l1: Mean absolute difference of the corners' coordinates.
        iou: Mean intersection over union, for the log; without gradient.
    """

    total: Tensor
    overlap: Tensor
    l1: Tensor
    iou: Tensor


def box_loss(
    boxes: Tensor,
    annotations: Tensor,
    *,
    generalised: bool = False,
    overlap_weight: float = 2.0,
    l1_weight: float = 5.0,
) -> BoxLoss:
    """Return the loss of found boxes, the mean over the batch.

    Args:
        boxes: ``(B, 4)`` or ``(B, 1, 4)``, ``centre x, centre y, width, height`` in shares of the search region's edge:
            `Answer.boxes`.
        annotations: ``(B, 4)``, ``x, y, width, height`` in the same shares; what lies beyond 0 and 1 is cut off.
        generalised: Compare by generalised overlap. A box found the wrong way round then leaves overlaps out, as there.
        overlap_weight: Weight of the overlaps.
        l1_weight: Weight of the differences.

    Raises:
        ValueError: A box is no number; learning has failed.
    """
    if bool(boxes.isnan().any()):
        raise ValueError("the network's boxes are nan: training has failed; lower the learning rate")
    rows = boxes.reshape(-1, 4)
    centre, extent = rows[:, :2], rows[:, 2:]
    found = torch.cat((centre - 0.5 * extent, centre + 0.5 * extent), dim=1)
    start, size = annotations[:, :2], annotations[:, 2:]
    wanted = torch.cat((start, start + size), dim=1).clamp(0, 1)
    l1 = functional.l1_loss(found, wanted)
    if generalised and bool((found[:, 2:] < found[:, :2]).any()):
        overlap = iou = found.new_zeros(())
    else:
        measure = generalised_overlap if generalised else complete_overlap
        measured, ious = measure(found, wanted)
        overlap, iou = (1 - measured).mean(), ious.detach().mean()
    return BoxLoss(overlap_weight * overlap + l1_weight * l1, overlap, l1, iou)


def score_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the loss of the second stage: binary cross entropy, the mean over the batch.

    Args:
        scores: ``(B,)``, before the sigmoid: `Answer.scores`, of the annotated boxes (``score_boxes``).
        labels: ``(B,)``, 1 where the target is in the search region, else 0.
    """
    return functional.binary_cross_entropy_with_logits(scores.reshape(-1), labels.reshape(-1).to(scores.dtype))


def complete_overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return complete overlap, -1 to 1, and intersection over union of boxes, pair by pair.

    Args:
        first: ``(N, 4)``, ``x1, y1, x2, y2``; a box may lie the wrong way round.
        second: ``(N, 4)``.
    """
    shared, union, low, high = _compared(first, second)
    iou = shared / union
    middles = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (first, second)]
    apart = (middles[1] - middles[0]).square().sum(dim=1)
    diagonal = (high - low).clamp(min=0).square().sum(dim=1)
    angles = [torch.atan(_extent(boxes)[:, 0] / _extent(boxes)[:, 1]) for boxes in (first, second)]
    shape = 4 / math.pi**2 * (angles[1] - angles[0]).square()
    with torch.no_grad():
        weight = (iou > _SHAPE_FROM) * shape / (1 - iou + shape)
        # Of boxes that are the same, 0 / 0: there is no shape to learn.
        weight = torch.where((iou >= 1) & (shape == 0), torch.zeros_like(weight), weight)
    return (iou - apart / diagonal - weight * shape).clamp(-1, 1), iou


def generalised_overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return generalised overlap, -1 to 1, and intersection over union of boxes, pair by pair.

    Args:
        first: ``(N, 4)``, ``x1, y1, x2, y2``.
        second: ``(N, 4)``.
    """
    shared, union, low, high = _compared(first, second)
    around = (high - low).clamp(min=0).prod(dim=1)
    iou = shared / union
    return iou - (around - union) / around, iou


def _compared(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return intersection, union, and both corners of what is around two boxes."""
    low, high = torch.max(first[:, :2], second[:, :2]), torch.min(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    union = _extent(first).prod(dim=1) + _extent(second).prod(dim=1) - shared
    return shared, union, torch.min(first[:, :2], second[:, :2]), torch.max(first[:, 2:], second[:, 2:])


def _extent(boxes: Tensor) -> Tensor:
    return boxes[:, 2:] - boxes[:, :2]
