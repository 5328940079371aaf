"""The batch-hard triplet loss.

Paper: Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017,
https://arxiv.org/abs/1703.07737. Followed: ``TripletLoss`` of https://github.com/open-mmlab/mmtracking (Apache-2.0).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["batch_hard_triplet_loss"]

_LEAST_SQUARE = 1e-12
"""Keeps the slope of the root finite where two embeddings are the same."""


def batch_hard_triplet_loss(
    embeddings: Tensor, identities: Tensor, *, margin: float = 0.3, weight: float = 1.0
) -> Tensor:
    """Return how far, on average, the furthest of the same identity is from being nearer than the nearest other.

    Args:
        embeddings: float ``(N, D)``.
        identities: int ``(N,)``. An embedding of which nobody else has the identity is its own furthest; one that sees
            no other identity in the batch is left out.
        margin: By how much it must be nearer, in Euclidean distance; raising it pushes identities further apart.
        weight: Factor of the loss.

    Returns:
        A scalar; 0 where no embedding sees another identity.
    """
    if len(embeddings) == 0:
        return embeddings.sum()
    squares = embeddings.square().sum(1)
    products = embeddings @ embeddings.t()
    distances = (squares[:, None] + squares[None, :] - 2 * products).clamp(min=_LEAST_SQUARE).sqrt()
    same = identities[:, None] == identities[None, :]
    furthest = distances.masked_fill(~same, -torch.inf).amax(1)
    nearest = distances.masked_fill(same, torch.inf).amin(1)
    among_others = ~same.all(1)
    losses = (furthest - nearest + margin)[among_others].relu()
    return weight * losses.mean() if len(losses) else embeddings.sum() * 0
