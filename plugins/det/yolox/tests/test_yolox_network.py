from __future__ import annotations

from typing import Any

import pytest
import torch

from vtrack_plugin_yolox import Yolox, YoloxLayout
from vtrack_plugin_yolox.decoding import decode, flattened
from vtrack_plugin_yolox.fusing import fused_state
from vtrack_plugin_yolox.layout import SIZES
from vtrack_plugin_yolox.naming import layout_of

PUBLISHED = {"nano": 0.91, "tiny": 5.06, "s": 9.0, "m": 25.3, "l": 54.2, "x": 99.1}
"""Millions of parameters with 80 classes, from Megvii's table."""


@pytest.mark.parametrize("size", SIZES)
def test_sizes_have_as_many_parameters_as_published(size: str) -> None:
    with torch.device("meta"):
        network = Yolox(YoloxLayout.named(size, 80))
    millions = sum(each.numel() for each in network.parameters()) / 1e6
    assert millions == pytest.approx(PUBLISHED[size], abs=0.06)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_layout_is_told_by_the_shapes_of_weights(size: str, fused: bool) -> None:
    layout = YoloxLayout.named(size, 7)
    with torch.device("meta"):
        assert layout_of(Yolox(layout, fused=fused).state_dict()) == layout
    assert layout.size == size


def test_sizes_of_ones_own_are_told_in_numbers() -> None:
    assert YoloxLayout(8, 2, depthwise=True, classes=1).size == "width 0.125, depth 0.67, depthwise"
    with pytest.raises(ValueError, match=r"size: must be one of 'nano', 'tiny', 's', 'm', 'l', 'x', got 'xl'"):
        YoloxLayout.named("xl", 80)


@pytest.mark.parametrize("depthwise", [False, True])
def test_fused_form_gives_the_same(make_network: Any, depthwise: bool) -> None:
    layout = YoloxLayout(8, 2, depthwise, 3)
    network = make_network(layout)
    fused = Yolox(layout, fused=True).eval()
    fused.load_state_dict(fused_state(network.state_dict()))
    assert fused_state(fused.state_dict()).keys() == fused.state_dict().keys()
    images = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(fused(images), network(images), rtol=1e-4, atol=1e-4)


def test_places_go_by_stride_and_row(make_network: Any) -> None:
    network = make_network(YoloxLayout(8, 1, depthwise=True, classes=2))
    images = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        maps = network.raw(images)
        found = network(images)
    assert [tuple(each.shape) for each in maps] == [(1, 7, 8, 12), (1, 7, 4, 6), (1, 7, 2, 3)]
    assert found.shape == (1, 96 + 24 + 6, 7)
    raw = maps[1][0, :, 2, 5]
    place = 96 + 2 * 6 + 5
    expected = torch.cat(((raw[:2] + torch.tensor([5.0, 2.0])) * 16, raw[2:4].exp() * 16, raw[4:].sigmoid()))
    torch.testing.assert_close(found[0, place], expected)


def test_pictures_of_a_batch_do_not_meet(make_network: Any) -> None:
    network = make_network(YoloxLayout(8, 1, depthwise=True, classes=2))
    images = torch.randn(5, 3, 64, 64)
    with torch.inference_mode():
        together = network(images)
        alone = torch.cat([network(each[None]) for each in images])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_decoding_is_in_single_precision() -> None:
    maps = [torch.zeros(1, 6, *size, dtype=torch.float16) for size in ((200, 360), (100, 180), (50, 90))]
    found = decode(flattened(maps), [(200, 360), (100, 180), (50, 90)])
    assert found.dtype is torch.float32
    assert found[0, 200 * 360 - 1, :2].tolist() == [359 * 8, 199 * 8]


def test_scores_are_low_before_training() -> None:
    torch.manual_seed(0)
    network = Yolox(YoloxLayout(8, 1, depthwise=False, classes=2)).eval()
    with torch.inference_mode():
        scores = network(torch.zeros(1, 3, 32, 32))[..., 4:]
    torch.testing.assert_close(scores, torch.full_like(scores, 0.01), rtol=0, atol=0.005)


def test_images_that_do_not_fit_the_strides_are_refused(make_network: Any) -> None:
    network = make_network(YoloxLayout(8, 1, depthwise=True, classes=1))
    with pytest.raises(ValueError, match="images: height and width must be multiples of 32, got 64x48"):
        network(torch.zeros(1, 3, 64, 48))
