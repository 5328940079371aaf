"""Anchors, differences of boxes, overlaps."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import box_iou, generalized_box_iou

from vtrack_nets.anchors import AnchorGenerator
from vtrack_nets.box_coding import DeltaBoxCoder, clipped
from vtrack_nets.overlap import generalised_overlap, pairwise_overlap


def boxes(count: int, seed: int = 0, size: float = 100.0) -> torch.Tensor:
    corners = torch.rand(count, 2, 2, generator=torch.Generator().manual_seed(seed)) * size
    return torch.cat((corners.amin(1), corners.amax(1) + 3), dim=1)


def test_anchors_of_a_cell_and_of_its_neighbours() -> None:
    (found,) = AnchorGenerator((16,), scales=(2.0, 4.0), ratios=(1.0, 4.0))([(2, 3)])
    assert found.shape == (2 * 3 * 4, 4)
    assert found[:4].tolist() == [[-16, -16, 16, 16], [-32, -32, 32, 32], [-8, -32, 8, 32], [-16, -64, 16, 64]]
    # The next cell in the row, then the first of the next row.
    assert (found[4:8] - found[:4]).tolist() == [[16, 0, 16, 0]] * 4
    assert (found[12:16] - found[:4]).tolist() == [[0, 16, 0, 16]] * 4


def test_anchors_of_each_map_have_its_stride() -> None:
    found = AnchorGenerator((4, 8))([(1, 1), (2, 2)])
    assert [len(each) for each in found] == [3, 12]
    areas = [((each[:, 2:] - each[:, :2]).prod(1)) for each in found]
    assert torch.allclose(areas[0], torch.tensor(32.0**2))
    assert torch.allclose(areas[1], torch.tensor(64.0**2))
    shapes = (found[0][:, 3] - found[0][:, 1]) / (found[0][:, 2] - found[0][:, 0])
    assert torch.allclose(shapes, torch.tensor([0.5, 1.0, 2.0]))


def test_differences_are_those_of_torchvision() -> None:
    ours, theirs = DeltaBoxCoder(stds=(0.1, 0.1, 0.2, 0.2)), BoxCoder((10.0, 10.0, 5.0, 5.0))
    references, wanted = boxes(50), boxes(50, 1)
    found = ours.encode(references, wanted)
    assert torch.allclose(found, theirs.encode_single(wanted, references), atol=1e-4)
    assert torch.allclose(ours.decode(references, found), wanted, atol=1e-3)
    many = torch.randn(50, 3, 4)
    assert torch.allclose(
        ours.decode(references, many),
        theirs.decode_single(many.reshape(50, 12), references).reshape(50, 3, 4),
        atol=1e-3,
    )


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_what_is_encoded_is_decoded(seed: int) -> None:
    references, wanted = boxes(5, seed), boxes(5, seed + 1)
    coder = DeltaBoxCoder(means=(0.1, 0.2, -0.1, 0.0), stds=(0.5, 1.0, 2.0, 0.1))
    assert torch.allclose(coder.decode(references, coder.encode(references, wanted)), wanted, atol=2e-3)


def test_growth_and_shrinking_are_bounded() -> None:
    reference, far = torch.tensor([[0.0, 0.0, 16.0, 16.0]]), torch.tensor([[0.0, 0.0, 99.0, -99.0]])
    box = DeltaBoxCoder().decode(reference, far)[0]
    assert box[2] - box[0] == pytest.approx(1000, rel=1e-5)
    assert box[3] - box[1] == pytest.approx(16 * 16 / 1000, rel=1e-3)
    assert DeltaBoxCoder(shrink_bounded=False).decode(reference, far)[0, 3] == 8
    shifted = DeltaBoxCoder(most_shift=32).decode(reference, torch.tensor([[9.0, -9.0, 0.0, 0.0]]))
    assert shifted.tolist() == [[32, -32, 48, -16]]


def test_boxes_are_cut_to_the_picture() -> None:
    wild = torch.tensor([[[-5.0, -6.0, 50.0, 60.0], [1.0, 2.0, 3.0, 4.0]]])
    assert clipped(wild, (30, 40)).tolist() == [[[0, 0, 40, 30], [1, 2, 3, 4]]]
    references = torch.tensor([[-10.0, -10.0, 90.0, 90.0]])
    assert DeltaBoxCoder().decode(references, torch.zeros(1, 4), (30, 40)).tolist() == [[0, 0, 40, 30]]


def test_half_precision_does_not_round_boxes() -> None:
    reference = torch.tensor([[1000.5, 1000.25, 1100.5, 1200.25]])
    found = DeltaBoxCoder().decode(reference, torch.zeros(1, 4, dtype=torch.bfloat16))
    assert found.dtype == torch.float32
    assert torch.equal(found, reference)


def test_overlaps_are_those_of_torchvision() -> None:
    one, other = boxes(20), boxes(30, 1)
    assert torch.allclose(pairwise_overlap(one, other), box_iou(one, other), atol=1e-6)
    assert torch.allclose(
        generalised_overlap(one, other[:20]), generalized_box_iou(one, other[:20]).diagonal(), atol=1e-6
    )
    inside = torch.tensor([[0.0, 0.0, 10.0, 10.0]]), torch.tensor([[5.0, 0.0, 50.0, 10.0]])
    assert pairwise_overlap(*inside, of_first=True).item() == 0.5
    nothing = torch.zeros(1, 4)
    assert pairwise_overlap(nothing, nothing).item() == 0
    assert math.isfinite(generalised_overlap(nothing, nothing).item())
