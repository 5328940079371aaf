from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from vtrack_plugin_siamrpn import SiamRpn, SiamRpnLayout
from vtrack_plugin_siamrpn.naming import layout_of
from vtrack_plugin_siamrpn.neck import AdjustLayer
from vtrack_plugin_siamrpn.rpn import correlate, correlate_depthwise

KINDS = ("alexnet", "alexnetlegacy", "up-channel", "mobilenetv2", "resnet18", "resnet18, one level")
IMAGES = torch.rand(2, 3, 207, 207, generator=torch.Generator().manual_seed(1)) * 255
TEMPLATES = IMAGES[:, :, 40:167, 30:157]


def answers(network: SiamRpn, templates: Any = TEMPLATES, images: Any = IMAGES) -> Any:
    with torch.inference_mode():
        return network(images, *network.template(templates))


@pytest.mark.parametrize("kind", KINDS)
def test_layout_is_read_off_the_weights(make_network: Any, kind: str) -> None:
    network = make_network(kind)
    assert layout_of(network.state_dict()) == network.layout


@pytest.mark.parametrize("depth", [34, 50])
def test_deeper_residual_networks_have_their_own_layout(depth: int) -> None:
    layout = SiamRpnLayout(f"resnet{depth}", (2, 3, 4), neck=(4, 4, 4), hidden=(4, 4, 4), weighted=False)
    with torch.device("meta"):
        assert layout_of(SiamRpn(layout).state_dict()) == layout


def test_layout_of_the_published_networks() -> None:
    with torch.device("meta"):
        published = SiamRpn()
        assert layout_of(published.state_dict()) == SiamRpnLayout()
    # Those of pysot's siamrpn_r50_l234_dwxcorr.
    assert len(published.state_dict()) == 458
    assert str(published.layout) == "resnet50, layers 2, 3, 4, multi head, 5 anchors"


@pytest.mark.parametrize("kind", KINDS)
def test_folded_network_answers_the_same(make_network: Any, kind: str) -> None:
    network = make_network(kind)
    before = answers(network)
    folded = network.fold()
    assert folded is network
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    for mine, others in zip(answers(folded), before, strict=True):
        torch.testing.assert_close(mine, others, rtol=1e-3, atol=1e-3 * others.std().item())
    # Once more changes nothing.
    again = answers(folded.fold())
    assert all(torch.equal(mine, others) for mine, others in zip(again, answers(folded), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_answers_what_each_target_alone_does(make_network: Any, kind: str) -> None:
    network = make_network(kind)
    together = answers(network)
    scores, boxes = together
    assert scores.shape[:2] == (2, 10)
    assert boxes.shape[:2] == (2, 20)
    # Stride 8, and AlexNet has its corners cut.
    assert (
        scores.shape[2:]
        == boxes.shape[2:]
        == ((11, 11) if network.layout.head != "multi" and not network.neck else (19, 19))
    )
    for row in range(2):
        alone = answers(network, TEMPLATES[row : row + 1], IMAGES[row : row + 1])
        for mine, others in zip(together, alone, strict=True):
            torch.testing.assert_close(mine[row : row + 1], others, rtol=1e-4, atol=1e-4 * others.std().item())


def test_correlation_lays_each_kernel_over_its_own_map() -> None:
    maps, kernels = torch.randn(2, 3, 9, 9), torch.randn(2, 3, 4, 4)
    found = correlate_depthwise(maps, kernels)
    assert found.shape == (2, 3, 6, 6)
    for target in range(2):
        for channel in range(3):
            alone = functional.conv2d(maps[None, target, channel, None], kernels[target, channel, None, None])
            torch.testing.assert_close(found[target, channel], alone[0, 0])
    several = torch.randn(2, 5 * 3, 4, 4)
    found = correlate(maps, several)
    assert found.shape == (2, 5, 6, 6)
    for target in range(2):
        alone = functional.conv2d(maps[target : target + 1], several[target].reshape(5, 3, 4, 4))
        torch.testing.assert_close(found[target : target + 1], alone)


def test_neck_cuts_small_maps_to_their_middle() -> None:
    layer = AdjustLayer(2, 3, 7).eval()
    maps = torch.randn(1, 2, 15, 15)
    plain = layer.downsample(maps)
    torch.testing.assert_close(layer(maps), plain[:, :, 4:11, 4:11])
    assert layer(torch.randn(1, 2, 20, 20)).shape == (1, 3, 20, 20)


def test_levels_count_by_their_weights(make_network: Any) -> None:
    network = make_network("resnet18")
    with torch.inference_mode():
        maps, kernels = network.features(IMAGES), network.template(TEMPLATES)
        levels = [network.rpn_head.rpn2, network.rpn_head.rpn3, network.rpn_head.rpn4]
        each = [
            level((x,), kernels[2 * place :][:2]) for place, (level, x) in enumerate(zip(levels, maps, strict=True))
        ]
    shares = torch.softmax(network.rpn_head.loc_weight, 0)
    expected = sum(share * boxes for share, (_, boxes) in zip(shares, each, strict=True))
    torch.testing.assert_close(answers(network)[1], expected, rtol=1e-4, atol=1e-5)
