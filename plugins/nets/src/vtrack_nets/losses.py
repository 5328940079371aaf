"""Losses, each a sum over weighted entries, divided by a number that the caller knows.

Formulas and averages are those of MMDetection and MMTracking (https://github.com/open-mmlab, Apache-2.0), the focal
loss is torchvision's (BSD-3-Clause). In all of them:

- ``weights`` has the shape of the loss before it is summed, or broadcasts to it; None counts everything once.
- ``average`` is what the sum is divided by; None divides by the number of entries.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - everyone calls it so
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

from vtrack_nets.overlap import generalised_overlap

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "focal_loss",
    "giou_loss",
    "l1_loss",
    "l2_loss",
    "multi_positive_cross_entropy",
    "smooth_l1_loss",
    "top1_accuracy",
]

_NOTHING = torch.finfo(torch.float32).eps
"""Keeps an average over nothing a number."""


def cross_entropy(
    scores: Tensor, labels: Tensor, *, weights: Tensor | None = None, average: Tensor | float | None = None
) -> Tensor:
    """Return the cross entropy of classes that exclude each other.

    Args:
        scores: ``(N, C)``, before softmax.
        labels: int64 ``(N,)``; -100 is left out.
        weights: ``(N,)``.
        average: See the module.
    """
    return _averaged(F.cross_entropy(scores.float(), labels, reduction="none"), weights, average)


def binary_cross_entropy(
    scores: Tensor, wanted: Tensor, *, weights: Tensor | None = None, average: Tensor | float | None = None
) -> Tensor:
    """Return the cross entropy of classes that do not exclude each other.

    Args:
        scores: ``(N,)`` or ``(N, C)``, before the sigmoid.
        wanted: Shaped as `scores`, 0 to 1; or int64 ``(N,)``, the one class of each, C (or, with ``(N,)`` scores,
            anything but 0) for none: heads count the background last.
        weights: See the module.
        average: See the module.
    """
    if not wanted.is_floating_point():
        classes = scores.shape[1] if scores.ndim == 2 else 1
        hot = F.one_hot(wanted.clamp(min=0, max=classes), classes + 1)[:, :classes] * (wanted >= 0)[:, None]
        wanted = hot.reshape(scores.shape)
    loss = F.binary_cross_entropy_with_logits(scores.float(), wanted.float(), reduction="none")
    return _averaged(loss, weights, average)


def focal_loss(
    scores: Tensor,
    labels: Tensor,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    weights: Tensor | None = None,
    average: Tensor | float | None = None,
) -> Tensor:
    """Return the focal loss, in which what is easy counts little.

    Paper: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, https://arxiv.org/abs/1708.02002.

    Args:
        scores: ``(N, C)``, before the sigmoid.
        labels: int64 ``(N,)``; C for none.
        alpha: Weight of what is there; 1 - alpha is that of what is not.
        gamma: Raising it makes what is easy count less.
        weights: ``(N,)`` or ``(N, C)``.
        average: See the module.
    """
    hot = F.one_hot(labels, scores.shape[1] + 1)[:, :-1].float()
    loss: Tensor = sigmoid_focal_loss(scores.float(), hot, alpha=alpha, gamma=gamma, reduction="none")
    if weights is not None and weights.ndim == 1:
        weights = weights[:, None]
    return _averaged(loss, weights, average)


def l1_loss(
    found: Tensor, wanted: Tensor, *, weights: Tensor | None = None, average: Tensor | float | None = None
) -> Tensor:
    """Return the absolute difference of numbers shaped alike."""
    return _averaged((found.float() - wanted.float()).abs(), weights, average)


def smooth_l1_loss(
    found: Tensor,
    wanted: Tensor,
    *,
    beta: float = 1.0,
    weights: Tensor | None = None,
    average: Tensor | float | None = None,
) -> Tensor:
    """Return the absolute difference of numbers shaped alike, with a round bottom.

    Args:
        found: Of any shape.
        wanted: Shaped alike.
        beta: Differences below it count squared: ``d * d / (2 * beta)``, others ``d - beta / 2``.
        weights: See the module.
        average: See the module.
    """
    loss = F.smooth_l1_loss(found.float(), wanted.float(), reduction="none", beta=beta)
    return _averaged(loss, weights, average)


def giou_loss(
    found: Tensor,
    wanted: Tensor,
    *,
    least: float = 1e-6,
    weights: Tensor | None = None,
    average: Tensor | float | None = None,
) -> Tensor:
    """Return 1 less the generalised overlap of boxes with those in the same rows.

    Args:
        found: ``(N, 4)`` ``x1, y1, x2, y2``.
        wanted: ``(N, 4)``.
        least: Lower bound of areas that are divided by.
        weights: ``(N,)``, or ``(N, 4)`` as box losses have it, which is averaged over the coordinates.
        average: See the module.
    """
    if weights is not None and weights.ndim == 2:
        weights = weights.mean(dim=-1)
    return _averaged(1 - generalised_overlap(found.float(), wanted.float(), least=least), weights, average)


def multi_positive_cross_entropy(
    similarities: Tensor,
    matches: Tensor,
    *,
    weights: Tensor | None = None,
    average: Tensor | float | None = None,
) -> Tensor:
    """Return ``log(1 + sum over pairs of exp(negative - positive))`` of each row.

    Paper: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
    https://arxiv.org/abs/2006.06664. A row without a match, or with nothing else, counts 0.

    Args:
        similarities: ``(N, M)``.
        matches: ``(N, M)``, 1 where two are the same object, 0 where they are not; others are left out.
        weights: ``(N,)``.
        average: See the module.
    """
    similarities = similarities.float()
    positive, negative = matches == 1, matches == 0
    counted = positive.any(dim=1) & negative.any(dim=1)
    # The sum over pairs is a product of two sums; rows that have none would give gradients that are no numbers.
    rows, positive, negative = similarities[counted], positive[counted], negative[counted]
    least = torch.logsumexp((-rows).masked_fill(~positive, -torch.inf), dim=1)
    most = torch.logsumexp(rows.masked_fill(~negative, -torch.inf), dim=1)
    loss = similarities.new_zeros(len(similarities)).masked_scatter(counted, F.softplus(most + least))
    return _averaged(loss, weights, average)


def l2_loss(
    similarities: Tensor,
    matches: Tensor,
    *,
    negatives_per_positive: float = -1.0,
    positive_margin: float = 0.0,
    negative_margin: float = 0.0,
    hard: bool = True,
    weights: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the squared difference of similarities from 1 for matches and from 0 for others, of chosen pairs.

    The auxiliary loss of QDTrack: margins are taken off first, and what is left is cut to 0 to 1. It is averaged over
    the pairs that count.

    Args:
        similarities: ``(N, M)``, cosines.
        matches: ``(N, M)``, 1 where two are the same object, 0 where they are not.
        negatives_per_positive: Pairs that match not, for each that does, at most; below 0 all.
        positive_margin: Taken off similarities of matches.
        negative_margin: Taken off similarities of others.
        hard: Choose the pairs of greatest loss; otherwise they are drawn.
        weights: ``(N, M)``; pairs with 0 or less are left out.
        generator: Of what is drawn, on the processor.
    """
    factors = torch.ones_like(similarities, dtype=torch.float32) if weights is None else weights.float().clone()
    wanted = torch.where(factors > 0, matches.to(factors), -1.0)
    positive, negative = wanted == 1, wanted == 0
    shift = positive_margin * positive.float() + negative_margin * negative.float()
    squared = ((similarities.float() - shift).clamp(min=0, max=1) - wanted) ** 2
    most = int(positive.sum()) * negatives_per_positive
    if negatives_per_positive > 0 and int(negative.sum()) / (int(positive.sum()) + 1e-6) > negatives_per_positive:
        places = negative.reshape(-1).nonzero()[:, 0]
        if hard:
            chosen = squared.detach().reshape(-1)[places].topk(int(most)).indices
        else:
            chosen = torch.randperm(len(places), generator=generator)[: int(most)].to(places.device)
        stays = torch.zeros_like(negative).reshape(-1)
        stays[places[chosen]] = True
        factors[negative & ~stays.reshape(negative.shape)] = 0
    return _averaged(squared, factors, (factors > 0).sum())


def top1_accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Return how many percent of rows ``(N, C)`` have their greatest score at the label ``(N,)``; 0 of none."""
    if not len(labels):
        return scores.new_zeros(())
    return (scores.argmax(dim=1) == labels).float().mean() * 100


def _averaged(loss: Tensor, weights: Tensor | None, average: Any) -> Tensor:
    if weights is not None:
        loss = loss * weights.to(loss)
    return loss.mean() if average is None else loss.sum() / (average + _NOTHING)
