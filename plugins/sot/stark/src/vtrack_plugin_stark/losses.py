"""What STARK learns from: boxes in the first stage, in the second whether the target is there.

Equal to ``STARKSActor`` and ``STARKSTActor`` of https://github.com/researchmm/Stark (MIT). Generalised overlap:
Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, https://arxiv.org/abs/1902.09630.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["LocalisationLoss", "localisation_loss", "score_loss"]


class LocalisationLoss(NamedTuple):
    """What the first stage learns from.

    Attributes:
        total: The weighted sum.
        giou: 1 less the mean generalised overlap; 0 where a box was found whose end lies before its beginning.
        l1: Mean absolute difference of the corners' coordinates.
        overlap: Mean overlap, for the log; without gradient.
    """

    total: Tensor
    giou: Tensor
    l1: Tensor
    overlap: Tensor


def localisation_loss(
    boxes: Tensor, annotations: Tensor, *, giou_weight: float = 2.0, l1_weight: float = 5.0
) -> LocalisationLoss:
    """Return the loss of STARK-S, of the first stage of STARK-ST, and of STARK-Lightning.

    As in the original, a single box found the wrong way round leaves the overlaps of the whole batch out.

    Args:
        boxes: ``(B, Q, 4)``, centre x and y, width, height in shares of the search region's edge: `Found.boxes`.
        annotations: ``(B, 4)``, left, top, width, height, in the same shares; what lies beyond 0 and 1 is cut off.
        giou_weight: Weight of the generalised overlap.
        l1_weight: Weight of the differences.

    Raises:
        ValueError: A box is no number; learning has failed.
    """
    if bool(boxes.isnan().any()):
        raise ValueError("the network's boxes are nan: training has failed; lower the learning rate")
    centre, extent = boxes[..., :2], boxes[..., 2:]
    found = torch.cat((centre - 0.5 * extent, centre + 0.5 * extent), dim=-1).flatten(0, 1)
    start, size = annotations[:, :2], annotations[:, 2:]
    wanted = torch.cat((start, start + size), dim=-1)[:, None].expand(-1, boxes.shape[1], -1)
    wanted = wanted.flatten(0, 1).clamp(min=0.0, max=1.0)
    differences = functional.l1_loss(found, wanted)
    if bool((found[:, 2:] < found[:, :2]).any() | (wanted[:, 2:] < wanted[:, :2]).any()):
        giou = overlap = found.new_zeros(())
    else:
        general, overlaps = _generalised_overlap(found, wanted)
        giou, overlap = (1 - general).mean(), overlaps.detach().mean()
    return LocalisationLoss(giou_weight * giou + l1_weight * differences, giou, differences, overlap)


def score_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the loss of the second stage of STARK-ST: binary cross entropy, the mean over the batch.

    Args:
        logits: ``(B, Q, 1)``: `Found.logits`.
        labels: ``(B * Q,)``, 1 where the target is in the search region, else 0.
    """
    return functional.binary_cross_entropy_with_logits(logits.reshape(-1), labels.reshape(-1).to(logits.dtype))


def _generalised_overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return generalised overlap and overlap of boxes ``x1, y1, x2, y2``, pair by pair, ``(N,)``."""
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(dim=1) for boxes in (first, second)]
    low, high = torch.max(first[:, :2], second[:, :2]), torch.min(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    union = areas[0] + areas[1] - shared
    overlap = shared / union
    low, high = torch.min(first[:, :2], second[:, :2]), torch.max(first[:, 2:], second[:, 2:])
    around = (high - low).clamp(min=0).prod(dim=1)
    return overlap - (around - union) / around, overlap
