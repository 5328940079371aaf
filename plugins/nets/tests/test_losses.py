from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vtrack_nets.losses import (
    binary_cross_entropy,
    cross_entropy,
    focal_loss,
    giou_loss,
    l1_loss,
    l2_loss,
    multi_positive_cross_entropy,
    smooth_l1_loss,
    top1_accuracy,
)

SCORES = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 3, 2, 2, 1, 0])
WEIGHTS = torch.tensor([1.0, 0.0, 2.0, 1.0, 0.5, 1.0])


def test_cross_entropy_counts_as_told() -> None:
    each = F.cross_entropy(SCORES, LABELS, reduction="none")
    assert cross_entropy(SCORES, LABELS).item() == pytest.approx(each.mean().item())
    assert cross_entropy(SCORES, LABELS, weights=WEIGHTS, average=3).item() == pytest.approx(
        (each * WEIGHTS).sum().item() / 3
    )
    assert cross_entropy(SCORES[:0], LABELS[:0], average=0).item() == 0


def test_classes_that_do_not_exclude_each_other() -> None:
    # The class behind the last is none at all.
    hot = F.one_hot(torch.tensor([0, 3, 2, 4, 1, 0]).clamp(max=4), 5)[:, :4].float()
    wanted = F.binary_cross_entropy_with_logits(SCORES, hot)
    assert binary_cross_entropy(SCORES, torch.tensor([0, 3, 2, 4, 1, 0])).item() == pytest.approx(wanted.item())
    assert binary_cross_entropy(SCORES, hot).item() == pytest.approx(wanted.item())
    single = F.binary_cross_entropy_with_logits(SCORES[:, 0], torch.tensor([1.0, 0, 0, 0, 0, 1]))
    assert binary_cross_entropy(SCORES[:, 0], torch.tensor([0, 1, 1, 1, 1, 0])).item() == pytest.approx(single.item())


def test_focal_loss_of_half_precision_is_summed_in_full() -> None:
    scores = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0)).half()
    labels = torch.arange(4000) % 4
    found, wanted = focal_loss(scores, labels, average=1), focal_loss(scores.float(), labels, average=1)
    assert found.dtype == torch.float32
    assert torch.equal(found, wanted)


def test_focal_loss_is_its_formula() -> None:
    labels = torch.tensor([0, 3, 4, 2, 4, 1])
    p = SCORES.sigmoid()
    hot = F.one_hot(labels, 5)[:, :4].float()
    right = p * hot + (1 - p) * (1 - hot)
    each = -(0.25 * hot + 0.75 * (1 - hot)) * (1 - right) ** 2 * right.log()
    assert focal_loss(SCORES, labels, average=2).item() == pytest.approx(each.sum().item() / 2, rel=1e-5)
    weighted = (each * WEIGHTS[:, None]).sum().item()
    assert focal_loss(SCORES, labels, weights=WEIGHTS, average=1).item() == pytest.approx(weighted, rel=1e-5)
    plain = focal_loss(SCORES, labels, alpha=0.5, gamma=0.0).item()
    assert plain == pytest.approx(F.binary_cross_entropy_with_logits(SCORES, hot).item() / 2, rel=1e-5)


def test_differences() -> None:
    found, wanted = torch.tensor([[0.0, 1.0, 4.0]]), torch.tensor([[0.5, 1.0, 1.0]])
    assert l1_loss(found, wanted, average=1).item() == pytest.approx(3.5)
    assert smooth_l1_loss(found, wanted, average=1).item() == pytest.approx(0.125 + 2.5)
    assert smooth_l1_loss(found, wanted, beta=4.0, average=1).item() == pytest.approx((0.25 + 9) / 8)
    assert l1_loss(found, wanted, weights=torch.tensor([[0.0, 1.0, 1.0]]), average=2).item() == pytest.approx(1.5)


def test_boxes_apart_lose_more_the_farther() -> None:
    here, near, far = (torch.tensor([[x, 0.0, x + 1, 1.0]]) for x in (0.0, 1.0, 3.0))
    assert giou_loss(here, here).item() == pytest.approx(0)
    assert giou_loss(here, near).item() == pytest.approx(1)
    assert giou_loss(here, far).item() == pytest.approx(1.5)
    pair = torch.cat((here, here)), torch.cat((near, far))
    assert giou_loss(*pair, weights=torch.tensor([[1.0] * 4, [0.0] * 4]), average=1).item() == pytest.approx(1)


def naive(similarities: torch.Tensor, matches: torch.Tensor) -> list[float]:
    found = []
    for row, same in zip(similarities, matches, strict=True):
        pairs = (row[same == 0][:, None] - row[same == 1]).exp().sum()
        found.append(torch.log(1 + pairs).item())
    return found


def test_many_positives_are_all_pairs() -> None:
    matches = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, -1], [0, 0, 0, 1]])
    scores = SCORES.clone().requires_grad_()
    loss = multi_positive_cross_entropy(scores, matches, weights=WEIGHTS, average=WEIGHTS.sum())
    wanted = (torch.tensor(naive(SCORES, matches)) * WEIGHTS).sum() / WEIGHTS.sum()
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)
    loss.backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    large = multi_positive_cross_entropy(SCORES * 1000, matches)
    assert large.isfinite()
    assert multi_positive_cross_entropy(SCORES[:, :0], matches[:, :0]).item() == 0


def test_hard_pairs_are_chosen() -> None:
    similarities = torch.tensor([[0.5, 0.9, 0.3, 0.05, -0.4], [0.2, 0.1, 0.6, 0.0, 0.8]])
    matches = torch.tensor([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    options: dict[str, Any] = {"negatives_per_positive": 2, "negative_margin": 0.1}
    # Of the nine others the two nearest to 1 count: 0.9 and 0.8.
    wanted = (0.5**2 + 0.8**2 + 0.7**2) / 3
    assert l2_loss(similarities, matches, **options).item() == pytest.approx(wanted)
    weights = torch.ones(2, 5)
    weights[0, 1] = 0
    wanted = (0.5**2 + 0.7**2 + 0.5**2) / 3
    assert l2_loss(similarities, matches, weights=weights, **options).item() == pytest.approx(wanted)
    assert weights.sum() == 9


def test_all_pairs_count_without_a_bound() -> None:
    similarities, matches = torch.tensor([[0.5, 0.25, -1.0]]), torch.tensor([[1, 0, 0]])
    assert l2_loss(similarities, matches).item() == pytest.approx((0.25 + 0.0625) / 3)
    drawn = [
        l2_loss(
            SCORES.sigmoid(),
            torch.eye(6, 4, dtype=torch.int64),
            negatives_per_positive=1,
            hard=False,
            generator=torch.Generator().manual_seed(seed),
        ).item()
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_no_positives_leave_no_negatives() -> None:
    assert l2_loss(torch.rand(2, 3), torch.zeros(2, 3), negatives_per_positive=3).item() == 0


def test_accuracy_is_a_percentage() -> None:
    assert top1_accuracy(torch.eye(4), torch.tensor([0, 1, 0, 3])).item() == 75
    assert top1_accuracy(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)).item() == 0
