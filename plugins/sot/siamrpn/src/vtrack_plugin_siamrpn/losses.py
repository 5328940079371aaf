"""Losses of SiamRPN++, equal to pysot's (https://github.com/STVIR/pysot, Apache-2.0)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Losses", "SiamRpnLoss", "class_log_chances", "select_cross_entropy_loss", "weight_l1_loss"]


class Losses(NamedTuple):
    """Losses of a batch, scalars.

    Attributes:
        total: What is learnt from: the others by their weights.
        classification: Half of it from anchors on the target, half from those beside it.
        localisation: Of the boxes of anchors on the target.
    """

    total: Tensor
    classification: Tensor
    localisation: Tensor


class SiamRpnLoss(nn.Module):
    """Both losses of maps.

    Args:
        classification_weight: How much `Losses.classification` counts.
        localisation_weight: How much `Losses.localisation` counts.
    """

    def __init__(self, classification_weight: float = 1.0, localisation_weight: float = 1.2) -> None:
        super().__init__()
        self._weights = classification_weight, localisation_weight

    def forward(self, scores: Tensor, boxes: Tensor, labels: Tensor, deltas: Tensor, weights: Tensor) -> Losses:
        """Return the losses of a batch.

        Args:
            scores: ``(N, 2 * A, h, w)``, as `SiamRpn` answers.
            boxes: ``(N, 4 * A, h, w)``, as `SiamRpn` answers.
            labels: int64 ``(N, A, h, w)``: 1 on the target, 0 beside it, -1 for what does not count.
            deltas: ``(N, 4, A, h, w)``, what the boxes should be.
            weights: ``(N, A, h, w)``, how much each box counts.
        """
        classification = select_cross_entropy_loss(class_log_chances(scores), labels)
        localisation = weight_l1_loss(boxes, deltas, weights)
        total = self._weights[0] * classification + self._weights[1] * localisation
        return Losses(total, classification, localisation)


def class_log_chances(scores: Tensor) -> Tensor:
    """Return the logarithms of both classes' chances, ``(N, A, h, w, 2)``, of scores ``(N, 2 * A, h, w)``."""
    count, doubled, height, width = scores.shape
    divided = scores.view(count, 2, doubled // 2, height, width)
    return functional.log_softmax(divided.permute(0, 2, 3, 4, 1), dim=4)


def select_cross_entropy_loss(log_chances: Tensor, labels: Tensor) -> Tensor:
    """Return half of the mean over what is on targets, and half of that over what is beside them.

    As in the original, a class with a single anchor in the whole batch counts as if it had none.

    Args:
        log_chances: ``(..., 2)``.
        labels: ``(...)``: 1, 0, or -1 for what does not count.
    """
    rows, classes = log_chances.reshape(-1, 2), labels.reshape(-1)
    # Not a plain 0: a batch without any anchor that counts must have gradients, too.
    loss = rows.sum() * 0.0
    for number in (1, 0):
        chosen = rows[classes == number]
        if len(chosen) > 1:
            loss = loss - 0.5 * chosen[:, number].mean()
    return loss


def weight_l1_loss(boxes: Tensor, deltas: Tensor, weights: Tensor) -> Tensor:
    """Return the sum of weighted absolute differences, by the number of pictures.

    Args:
        boxes: ``(N, 4 * A, h, w)``.
        deltas: ``(N, 4, A, h, w)``.
        weights: ``(N, A, h, w)``.
    """
    count, _, height, width = boxes.shape
    difference = (boxes.view(count, 4, -1, height, width) - deltas).abs().sum(dim=1)
    return (difference * weights).sum() / count
