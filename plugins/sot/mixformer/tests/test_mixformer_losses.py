from __future__ import annotations

import pytest
import torch

from vtrack_plugin_mixformer import box_loss, score_loss
from vtrack_plugin_mixformer.losses import complete_overlap, generalised_overlap

ops = pytest.importorskip("torchvision.ops", reason="torchvision is not installed")


def _pairs(count: int = 40, *, near: bool):
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(count, 4, generator=generator, dtype=torch.float64)
    second = first + 0.03 * torch.rand(count, 4, generator=generator, dtype=torch.float64) if near else first.flip(0)
    return tuple(torch.cat((each[:, :2], each[:, :2] + each[:, 2:] + 0.3), dim=1) for each in (first, second))


def test_complete_overlap_of_near_boxes_is_the_usual_one():
    first, second = _pairs(near=True)
    found, iou = complete_overlap(first, second)
    assert (iou > 0.5).all()
    torch.testing.assert_close(1 - found, ops.complete_box_iou_loss(first, second), rtol=1e-5, atol=1e-6)


def test_shapes_of_far_boxes_do_not_count():
    first, second = torch.tensor([[0.0, 0.0, 4.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 4.0]])
    found, iou = complete_overlap(first, second)
    assert iou.item() == pytest.approx(1 / 7)
    # Middles (2, 0.5) and (3.5, 2) in a square of 4.
    assert found.item() == pytest.approx(1 / 7 - 4.5 / 32, abs=1e-6)


def test_generalised_overlap_is_the_usual_one():
    for near in (True, False):
        first, second = _pairs(near=near)
        torch.testing.assert_close(
            1 - generalised_overlap(first, second)[0], ops.generalized_box_iou_loss(first, second), rtol=1e-5, atol=1e-6
        )


def test_boxes_that_are_right_lose_nothing_and_have_gradients_that_are_numbers():
    boxes = torch.tensor([[0.5, 0.5, 0.25, 0.5]], requires_grad=True)
    loss = box_loss(boxes, torch.tensor([[0.375, 0.25, 0.25, 0.5]]))
    assert loss.total.item() == 0
    assert loss.iou.item() == 1
    loss.total.backward()
    assert boxes.grad.isfinite().all()


def test_the_total_is_weighted_and_annotations_are_cut_off_at_the_edge():
    boxes = torch.tensor([[[0.9, 0.5, 0.2, 0.4]]])
    loss = box_loss(boxes, torch.tensor([[0.8, 0.3, 0.6, 0.4]]), overlap_weight=3.0, l1_weight=7.0)
    assert loss.total.item() == pytest.approx(0, abs=1e-5)
    wrong = box_loss(boxes, torch.tensor([[0.7, 0.3, 0.2, 0.4]]), overlap_weight=3.0, l1_weight=7.0)
    assert wrong.total.item() == pytest.approx(3 * wrong.overlap.item() + 7 * wrong.l1.item())
    assert wrong.l1.item() == pytest.approx(0.05)


def test_a_box_the_wrong_way_round_leaves_generalised_overlaps_out():
    boxes = torch.tensor([[0.5, 0.5, -0.1, 0.2], [0.5, 0.5, 0.2, 0.2]])
    wanted = torch.tensor([[0.4, 0.4, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2]])
    assert box_loss(boxes, wanted, generalised=True).overlap.item() == 0
    assert box_loss(boxes, wanted).overlap.item() > 0


def test_boxes_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="boxes are nan: training has failed"):
        box_loss(torch.full((1, 4), torch.nan), torch.zeros(1, 4))


def test_scores_are_compared_with_labels():
    scores = torch.tensor([2.0, -1.0], requires_grad=True)
    loss = score_loss(scores, torch.tensor([1, 0]))
    assert loss.item() == pytest.approx((0.126928 + 0.313262) / 2, abs=1e-5)
    loss.backward()
    assert scores.grad[0] < 0 < scores.grad[1]
