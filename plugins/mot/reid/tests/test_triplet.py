"""The batch-hard triplet loss against its definition."""

from __future__ import annotations

import math

import pytest
import torch

from vtrack_plugin_reid import batch_hard_triplet_loss


def by_definition(embeddings, identities, margin):
    losses = []
    for one, mine in zip(embeddings.tolist(), identities.tolist(), strict=True):
        distances = [math.dist(one, other) for other in embeddings.tolist()]
        same = [each for each, other in zip(distances, identities.tolist(), strict=True) if other == mine]
        others = [each for each, other in zip(distances, identities.tolist(), strict=True) if other != mine]
        if others:
            losses.append(max(max(same) - min(others) + margin, 0))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("margin", [0.0, 0.3, 2.0])
def test_as_defined(margin):
    torch.manual_seed(1)
    embeddings, identities = torch.randn(20, 6), torch.randint(0, 5, (20,))
    found = batch_hard_triplet_loss(embeddings, identities, margin=margin, weight=0.5)
    assert float(found) == pytest.approx(0.5 * by_definition(embeddings, identities, margin), rel=1e-4)


def test_equal_embeddings_have_a_slope_that_is_a_number():
    embeddings = torch.ones(4, 3, requires_grad=True)
    loss = batch_hard_triplet_loss(embeddings, torch.tensor([0, 0, 1, 1]))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.3)
    assert embeddings.grad.isfinite().all()


@pytest.mark.parametrize("identities", [[], [2, 2, 2]])
def test_without_others_there_is_nothing_to_learn(identities):
    embeddings = torch.randn(len(identities), 3, requires_grad=True)
    loss = batch_hard_triplet_loss(embeddings, torch.tensor(identities, dtype=torch.int64))
    loss.backward()
    assert float(loss.detach()) == 0
    assert not embeddings.grad.any()
