from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torchvision.ops import MultiScaleRoIAlign, roi_align

from vtrack_nets.roi_features import RoIExtractor, box_levels, numbered_boxes

MAPS = [
    torch.randn(2, 6, 128 // stride, 160 // stride, generator=torch.Generator().manual_seed(stride))
    for stride in (4, 8, 16)
]


def some(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 60
    return torch.cat((corner, corner + 2 + torch.rand(count, 2, generator=generator) * 300), dim=1)


@pytest.mark.parametrize(
    ("side", "level"), [(0.0, 0), (20.0, 0), (111.0, 0), (112.0, 1), (223.0, 1), (224.0, 2), (448.0, 3), (5000.0, 3)]
)
def test_larger_boxes_look_at_coarser_maps(side: float, level: int) -> None:
    assert box_levels(torch.tensor([[-5.0, 7.0, -5.0 + side, 7.0 + side]]), 4).tolist() == [level]


def test_the_area_counts_and_turned_boxes_are_the_smallest() -> None:
    boxes = torch.tensor([[0.0, 0.0, 448.0, 112.0], [9.0, 9.0, 9.0, 50.0], [9.0, 0.0, 0.0, 500.0]])
    assert box_levels(boxes, 4).tolist() == [2, 0, 0]
    assert box_levels(boxes, 4, finest_scale=28.0).tolist() == [3, 0, 0]


def test_each_box_is_cut_out_of_its_map() -> None:
    boxes = [some(9, 0), some(0, 1), some(5, 2)][:2]
    extractor = RoIExtractor((4, 8, 16), size=3)
    found = extractor(MAPS, boxes)
    rois = numbered_boxes(boxes)
    assert found.shape == (9, 6, 3, 3)
    for row, (roi, level) in enumerate(zip(rois, extractor.levels(rois[:, 1:]), strict=True)):
        wanted = roi_align(MAPS[level], roi[None], 3, 1 / (4, 8, 16)[level], -1, aligned=True)
        assert torch.equal(found[row], wanted[0])
    assert len(extractor.levels(rois[:, 1:]).unique()) > 1


def test_as_torchvision_cuts_them_with_its_options() -> None:
    boxes = [some(20, 0), some(30, 1)]
    theirs = MultiScaleRoIAlign(["0", "1", "2"], 7, 2, canonical_scale=224, canonical_level=4)
    wanted = theirs(OrderedDict((str(index), each) for index, each in enumerate(MAPS)), boxes, [(128, 160)] * 2)
    found = RoIExtractor((4, 8, 16), sampling_ratio=2, aligned=False)(MAPS, boxes)
    assert torch.allclose(found, wanted, atol=1e-6)


def test_no_boxes_give_nothing_and_gradients_flow() -> None:
    extractor = RoIExtractor((4, 8, 16))
    assert extractor(MAPS, [torch.zeros(0, 4)] * 2).shape == (0, 6, 7, 7)
    learnt = [each.clone().requires_grad_() for each in MAPS]
    extractor(learnt, [some(9, 0), some(9, 1)]).sum().backward()
    assert all(each.grad is not None for each in learnt[:2])


def test_pictures_are_numbered() -> None:
    found = numbered_boxes([torch.ones(2, 4), torch.zeros(0, 4), 2 * torch.ones(1, 4)])
    assert found.tolist() == [[0, 1, 1, 1, 1], [0, 1, 1, 1, 1], [2, 2, 2, 2, 2]]
