from __future__ import annotations

import pytest
import torch
from torchvision.ops import batched_nms as theirs
from torchvision.ops import nms

import vtrack_nets.suppression
from vtrack_nets.suppression import batched_nms, multiclass_nms


def some(count: int, seed: int = 0, size: float = 60.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * size
    found = torch.cat((corner, corner + 5 + torch.rand(count, 2, generator=generator) * 20), dim=1)
    return found, torch.rand(count, generator=generator), torch.randint(0, 3, (count,), generator=generator)


def test_groups_leave_each_other_alone() -> None:
    boxes, scores, groups = some(300)
    found = batched_nms(boxes, scores, groups, 0.5)
    assert 0 < len(found) < 300
    assert found.tolist() == theirs(boxes, scores, groups, 0.5).tolist()


def test_many_boxes_are_searched_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, scores, groups = some(300)
    wanted = batched_nms(boxes, scores, groups, 0.5).tolist()
    monkeypatch.setattr(vtrack_nets.suppression, "_MANY", 10)
    assert batched_nms(boxes, scores, groups, 0.5).tolist() == wanted


def test_boxes_beyond_the_left_edge_may_meet_the_group_before_as_in_the_reference() -> None:
    # The first group's box ends at 10; the second is shifted by 11 and begins 11 to the left.
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [-11.0, -11.0, -1.0, -1.0]])
    found = batched_nms(boxes, torch.tensor([0.9, 0.8]), torch.tensor([0, 1]), 0.5)
    assert found.tolist() == [0]


def test_nothing_stays_of_nothing() -> None:
    none = torch.zeros(0, 4)
    assert batched_nms(none, torch.zeros(0), torch.zeros(0, dtype=torch.int64), 0.5).shape == (0,)
    found = multiclass_nms(torch.zeros(0, 3, 4), torch.zeros(0, 3), min_score=0.1, threshold=0.5, most=5)
    assert [tuple(each.shape) for each in found] == [(0, 4), (0,), (0,)]


def test_every_class_has_its_own_boxes_and_is_searched_alone() -> None:
    boxes, _, _ = some(120)
    boxes = boxes.reshape(40, 3, 4)
    scores = torch.rand(40, 3, generator=torch.Generator().manual_seed(3))
    found, confidences, labels = multiclass_nms(boxes, scores, min_score=0.3, threshold=0.4)
    wanted = []
    for label in range(3):
        rows = (scores[:, label] > 0.3).nonzero()[:, 0]
        kept = rows[nms(boxes[rows, label], scores[rows, label], 0.4)]
        wanted += [(scores[row, label].item(), label, boxes[row, label].tolist()) for row in kept]
    wanted.sort(key=lambda each: -each[0])
    assert list(zip(confidences.tolist(), labels.tolist(), found.tolist(), strict=True)) == wanted
    few = multiclass_nms(boxes, scores, min_score=0.3, threshold=0.4, most=7)
    assert few[1].tolist() == confidences[:7].tolist()


def test_one_box_may_stand_for_all_classes() -> None:
    boxes = torch.tensor([[0.0, 0.0, 9.0, 9.0], [20.0, 0.0, 29.0, 9.0]])
    found = multiclass_nms(boxes, torch.tensor([[0.9, 0.2], [0.05, 0.6]]), min_score=0.05, threshold=0.5)
    # Scores must exceed the least one.
    assert found[2].tolist() == [0, 1, 1]
    assert found[0].tolist() == [boxes[0].tolist(), boxes[1].tolist(), boxes[0].tolist()]
