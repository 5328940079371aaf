"""How much boxes overlap, for tensors; denominators are bounded below as in MMDetection (Apache-2.0)."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["generalised_overlap", "pairwise_overlap"]

_LEAST = 1e-6


def pairwise_overlap(boxes: Tensor, others: Tensor, *, of_first: bool = False) -> Tensor:
    """Return ``(N, M)``, the intersection over union of each pair.

    Args:
        boxes: ``(N, 4)`` ``x1, y1, x2, y2``.
        others: ``(M, 4)``.
        of_first: Divide by the area of the box of `boxes` instead of the union.
    """
    shared = _areas(torch.maximum(boxes[:, None, :2], others[:, :2]), torch.minimum(boxes[:, None, 2:], others[:, 2:]))
    areas = _plain_areas(boxes)[:, None]
    union = areas.expand_as(shared) if of_first else areas + _plain_areas(others) - shared
    return shared / union.clamp(min=_LEAST)


def generalised_overlap(boxes: Tensor, others: Tensor, *, least: float = _LEAST) -> Tensor:
    """Return ``(N,)``, the generalised intersection over union of boxes with those in the same rows, -1 to 1.

    Paper: Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, https://arxiv.org/abs/1902.09630.

    Args:
        boxes: ``(N, 4)`` ``x1, y1, x2, y2``.
        others: ``(N, 4)``.
        least: Lower bound of the two denominators.
    """
    shared = _areas(torch.maximum(boxes[:, :2], others[:, :2]), torch.minimum(boxes[:, 2:], others[:, 2:]))
    union = (_plain_areas(boxes) + _plain_areas(others) - shared).clamp(min=least)
    hull = _areas(torch.minimum(boxes[:, :2], others[:, :2]), torch.maximum(boxes[:, 2:], others[:, 2:]))
    hull = hull.clamp(min=least)
    return shared / union - (hull - union) / hull


def _plain_areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _areas(corners: Tensor, opposite: Tensor) -> Tensor:
    """Return the areas between corners ``(..., 2)``, 0 where they are turned."""
    edges = (opposite - corners).clamp(min=0)
    return edges[..., 0] * edges[..., 1]
