from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool, LastLevelP6P7

from vtcore.errors import OptionError
from vtrack_nets.convolution import ConvModule
from vtrack_nets.fpn import FPN

CHANNELS = (8, 16, 32)


def maps(sizes: Any = ((17, 23), (9, 12), (5, 6))) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, c, *size, generator=generator) for c, size in zip(CHANNELS, sizes, strict=True)]


def theirs(ours: FPN, extra: Any = None) -> FeaturePyramidNetwork:
    """torchvision's pyramid with the same weights."""
    network = FeaturePyramidNetwork(list(CHANNELS), 8, extra_blocks=extra)
    for index in range(len(CHANNELS)):
        network.inner_blocks[index][0].load_state_dict(ours.lateral_convs[index].conv.state_dict())
        network.layer_blocks[index][0].load_state_dict(ours.fpn_convs[index].conv.state_dict())
    return network


def test_equals_torchvision_with_a_further_level() -> None:
    torch.manual_seed(0)
    ours = FPN(in_channels=CHANNELS, out_channels=8, levels=4)
    wanted = theirs(ours, LastLevelMaxPool())(OrderedDict((str(i), each) for i, each in enumerate(maps())))
    found = ours(maps())
    assert len(found) == 4
    for one, other in zip(found, wanted.values(), strict=True):
        assert torch.equal(one, other)


def test_levels_by_convolutions_on_the_input_equal_torchvision() -> None:
    torch.manual_seed(0)
    ours = FPN(in_channels=CHANNELS, out_channels=8, levels=5, extra="on-input", relu_before_extra=True)
    # torchvision takes the backbone's map only where its channels are not the pyramid's.
    extra = LastLevelP6P7(CHANNELS[-1], 8)
    extra.p6.load_state_dict(ours.fpn_convs[3].conv.state_dict())
    extra.p7.load_state_dict(ours.fpn_convs[4].conv.state_dict())
    wanted = theirs(ours, extra)(OrderedDict((str(i), each) for i, each in enumerate(maps())))
    for one, other in zip(ours(maps()), wanted.values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("extra", ["on-lateral", "on-output"])
def test_other_sources_of_further_levels(extra: str) -> None:
    network = FPN(in_channels=CHANNELS, out_channels=8, levels=5, extra=extra)
    found = network(maps())
    source = network.lateral_convs[-1](maps()[-1]) if extra == "on-lateral" else found[2]
    assert torch.equal(found[3], network.fpn_convs[3](source))
    assert torch.equal(found[4], network.fpn_convs[4](found[3]))
    assert [tuple(each.shape[-2:]) for each in found[2:]] == [(5, 6), (3, 3), (2, 2)]


def test_first_maps_can_be_left_out() -> None:
    network = FPN(in_channels=CHANNELS, out_channels=8, levels=3, start_level=1)
    found = network(maps())
    assert [tuple(each.shape[1:]) for each in found] == [(8, 9, 12), (8, 5, 6), (8, 3, 3)]
    assert torch.equal(found[2], F.max_pool2d(found[1], 1, stride=2))


def test_names_are_those_of_mmdetection() -> None:
    names = FPN(in_channels=CHANNELS, out_channels=8, levels=4).state_dict().keys()
    parts = [
        f"{part}.{i}.conv.{leaf}"
        for part in ("lateral_convs", "fpn_convs")
        for i in range(3)
        for leaf in ("weight", "bias")
    ]
    assert sorted(names) == sorted(parts)


def test_is_made_when_the_backbone_is_known() -> None:
    network = FPN(out_channels=8, levels=3)
    assert not network.state_dict()
    network.connect(CHANNELS)
    weights = network.fpn_convs[0].conv.weight
    network.connect(CHANNELS)
    assert network.fpn_convs[0].conv.weight is weights
    assert network.channels == (8, 8, 8)


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"levels: must be >= 3, the maps that are used, got 2"):
        FPN(in_channels=CHANNELS, levels=2)
    with pytest.raises(ValueError, match=r"start_level: must be < 3, the backbone's number of maps, got 3"):
        FPN(in_channels=CHANNELS, start_level=3)
    with pytest.raises(
        ValueError, match=r"neck: in_channels: the backbone's maps have \[1, 2\] channels, not \[8, 16, 32\]"
    ):
        FPN(in_channels=CHANNELS).connect((1, 2))
    with pytest.raises(OptionError, match=r"neck: levels: must be >= 3"):
        FPN(levels=2).connect(CHANNELS)


def test_convolution_with_what_follows() -> None:
    x = torch.randn(2, 32, 5, 5)
    module = ConvModule(32, 64, 3, stride=2, norm="group", activate=True)
    assert sorted(module.state_dict()) == ["conv.weight", "gn.bias", "gn.weight"]
    assert torch.equal(module(x), F.relu(module.gn(module.conv(x))))
    assert sorted(ConvModule(4, 4, 1).state_dict()) == ["conv.bias", "conv.weight"]
    assert "bn.running_mean" in ConvModule(4, 4, 1, norm="batch").state_dict()
