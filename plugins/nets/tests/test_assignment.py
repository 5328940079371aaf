"""Which boxes find which objects, and which of them are learnt from."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection._utils import Matcher
from torchvision.ops import box_iou

from vtrack_nets.assignment import BACKGROUND, UNUSED, MaxOverlapAssigner
from vtrack_nets.sampling import Sampler

OBJECTS = torch.tensor([[0.0, 0.0, 10.0, 10.0], [100.0, 100.0, 120.0, 120.0]])


def test_by_overlap() -> None:
    boxes = torch.tensor(
        [[0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 10.0, 5.0], [0.0, 0.0, 10.0, 2.0], [100.0, 100.0, 120.0, 108.0]]
    )
    # Overlaps 0.9, 0.5, 0.2 with the first; 0.4 with the second, of which it is the best.
    assert MaxOverlapAssigner()(boxes, OBJECTS).tolist() == [0, UNUSED, BACKGROUND, 1]
    assert MaxOverlapAssigner(low_quality=False)(boxes, OBJECTS).tolist() == [0, UNUSED, BACKGROUND, UNUSED]
    assert MaxOverlapAssigner(least_best=0.45)(boxes, OBJECTS).tolist() == [0, UNUSED, BACKGROUND, UNUSED]


def test_all_best_boxes_of_an_object_find_it_and_a_later_object_takes_them() -> None:
    boxes = torch.tensor([[0.0, 0.0, 10.0, 5.0], [0.0, 5.0, 10.0, 10.0]])
    twice = torch.cat((OBJECTS[:1], OBJECTS[:1]))
    assert MaxOverlapAssigner()(boxes, OBJECTS[:1]).tolist() == [0, 0]
    assert MaxOverlapAssigner()(boxes, twice).tolist() == [1, 1]


def test_nothing_to_find_and_nothing_to_find_it() -> None:
    boxes = torch.zeros(3, 4)
    assert MaxOverlapAssigner()(boxes, torch.zeros(0, 4)).tolist() == [BACKGROUND] * 3
    assert MaxOverlapAssigner()(torch.zeros(0, 4), OBJECTS).tolist() == []
    assert MaxOverlapAssigner()(torch.zeros(0, 4), torch.zeros(0, 4)).tolist() == []


def test_boxes_in_ignored_regions_are_not_learnt_from() -> None:
    boxes = torch.tensor([[200.0, 0.0, 210.0, 10.0], [300.0, 0.0, 310.0, 10.0]])
    region = torch.tensor([[195.0, 0.0, 400.0, 5.5], [195.0, 0.0, 240.0, 50.0]])
    ignoring = MaxOverlapAssigner(ignore=0.6)
    assert ignoring(boxes, OBJECTS, region).tolist() == [UNUSED, BACKGROUND]
    assert ignoring(boxes, torch.zeros(0, 4), region).tolist() == [UNUSED, BACKGROUND]
    assert MaxOverlapAssigner()(boxes, OBJECTS, region).tolist() == [BACKGROUND, BACKGROUND]


@given(st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_agrees_with_torchvision_where_no_two_objects_want_a_box(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(40, 2, generator=generator) * 50
    boxes = torch.cat((corner, corner + 5 + torch.rand(40, 2, generator=generator) * 30), dim=1)
    objects = boxes[:3] + torch.rand(3, 4, generator=generator) * 4
    wanted = Matcher(0.7, 0.3)(box_iou(objects, boxes))
    assert MaxOverlapAssigner(low_quality=False)(boxes, objects).tolist() == wanted.tolist()


def test_everything_is_taken_unless_a_number_is_given() -> None:
    assigned = torch.tensor([1, BACKGROUND, UNUSED, 0, BACKGROUND])
    sample = Sampler()(assigned)
    assert (sample.positives.tolist(), sample.negatives.tolist(), sample.objects.tolist()) == ([0, 3], [1, 4], [1, 0])


def test_numbers_and_shares_are_kept() -> None:
    assigned = torch.cat((torch.arange(60), torch.full((200,), BACKGROUND), torch.full((50,), UNUSED)))
    sample = Sampler(100, fraction=0.25, seed=1)(assigned)
    assert (len(sample.positives), len(sample.negatives)) == (25, 75)
    assert (sample.objects == assigned[sample.positives]).all()
    assert (assigned[sample.negatives] == BACKGROUND).all()
    assert len(set(sample.negatives.tolist())) == 75
    few = Sampler(100, fraction=0.5, most_negatives=0.5, seed=1)(assigned)
    assert (len(few.positives), len(few.negatives)) == (50, 25)
    rest = Sampler(512, fraction=0.5)(assigned)
    assert (len(rest.positives), len(rest.negatives)) == (60, 200)


def test_the_same_seed_draws_the_same() -> None:
    assigned = torch.cat((torch.arange(60), torch.full((200,), BACKGROUND)))
    one, other, third = Sampler(20, seed=3), Sampler(20, seed=3), Sampler(20, seed=4)
    drawn = [sampler(assigned).negatives.tolist() for sampler in (one, one, other, other, third)]
    assert drawn[:2] == drawn[2:4]
    assert drawn[0] != drawn[1]
    assert drawn[0] != drawn[4]
