from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from vtrack_nets.backbones import feature_channels
from vtrack_nets.fitting import fit
from vtrack_nets.resnet import ResNet

PICTURES = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def theirs(depth: int) -> Any:
    torch.manual_seed(1)
    network = getattr(torchvision.models, f"resnet{depth}")(weights=None).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.8, 1.2)
    return network


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_names_and_maps_are_those_of_torchvision(depth: int) -> None:
    original, ours = theirs(depth), ResNet(depth=depth).eval()
    state = {name: value for name, value in original.state_dict().items() if not name.startswith("fc.")}
    ours.load_state_dict(state, strict=True)
    with torch.inference_mode():
        x = original.maxpool(original.relu(original.bn1(original.conv1(PICTURES))))
        for number, found in enumerate(ours(PICTURES), start=1):
            x = getattr(original, f"layer{number}")(x)
            assert torch.equal(found, x)
    assert ours.strides == (4, 8, 16, 32)
    assert feature_channels(ours) == ((256, 512, 1024, 2048) if depth == 50 else (64, 128, 256, 512))


@pytest.mark.parametrize("depth", [101, 152])
def test_deeper_ones_have_the_same_names(depth: int) -> None:
    with torch.device("meta"):
        ours, original = ResNet(depth=depth), getattr(torchvision.models, f"resnet{depth}")()
    wanted = {name: value.shape for name, value in original.state_dict().items() if not name.startswith("fc.")}
    assert {name: value.shape for name, value in ours.state_dict().items()} == wanted


def test_caffe_style_steps_in_the_first_convolution() -> None:
    network = ResNet(depth=50, style="caffe")
    first: Any = network.layer2[0]
    assert (first.conv1.stride, first.conv2.stride, first.downsample[0].stride) == ((2, 2), (1, 1), (2, 2))
    assert [tuple(each.shape[-2:]) for each in network.eval()(PICTURES)] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    assert shapes == {name: value.shape for name, value in ResNet(depth=50).state_dict().items()}


@pytest.mark.parametrize("depth", [18, 50])
def test_dilation_instead_of_a_stride_keeps_the_map(depth: int) -> None:
    network = ResNet(depth=depth, strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2)).eval()
    assert network.strides == (4, 8, 16, 16)
    assert [tuple(each.shape[-2:]) for each in network(PICTURES)][2:] == [(4, 6), (4, 6)]
    dilated = [module for module in network.layer4.modules() if getattr(module, "dilation", None) == (2, 2)]
    assert len(dilated) == {18: 2, 50: 3}[depth]
    assert all(module.kernel_size == (3, 3) for module in dilated)


def test_chosen_stages_only() -> None:
    network = ResNet(depth=18, out_indices=(1, 2))
    assert not hasattr(network, "layer4")
    assert [each.shape[1] for each in network.eval()(PICTURES)] == [128, 256]
    assert (network.channels, network.strides) == ((128, 256), (8, 16))


def test_frozen_stages_and_statistics_stay_in_training() -> None:
    network = ResNet(depth=18, frozen_stages=2, norm_eval=False)
    assert network.train() is network
    learns = {name.split(".")[0] for name, value in network.named_parameters() if value.requires_grad}
    assert learns == {"layer3", "layer4"}
    assert [network.get_submodule(name).training for name in ("bn1", "layer2", "layer3", "layer4.0.bn1")] == [
        False,
        False,
        True,
        True,
    ]
    kept = ResNet(depth=18, frozen_stages=-1).train()
    assert all(value.requires_grad for value in kept.parameters())
    before = kept.layer4[0].bn1.running_mean.clone()
    kept(PICTURES)
    assert torch.equal(kept.layer4[0].bn1.running_mean, before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 20}, r"depth: must be one of 18, 34, 50, 101, 152, got 20"),
        ({"out_indices": (4,)}, r"out_indices: must be <= 3, got 4"),
        ({"out_indices": (2, 1)}, r"out_indices: must rise and name at least one stage, got \[2, 1\]"),
        ({"strides": (1, 2)}, r"strides: must be 4 numbers, one per stage, got \[1, 2\]"),
        ({"style": "tensorflow"}, r"style: must be one of 'pytorch', 'caffe'"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ResNet(**options)


class Silent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.convolution = nn.Conv2d(3, 7, 3, stride=4)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        found = self.convolution(self.norm(images))
        return [found, found[:, :5]]


def test_a_backbone_that_says_nothing_is_tried() -> None:
    backbone = Silent()
    assert feature_channels(backbone) == (7, 5)
    assert backbone.training
    assert backbone.norm.num_batches_tracked == 0


@pytest.mark.parametrize("prefix", ["", "backbone.", "backbone.body."])
def test_weights_of_classifiers_and_detectors(prefix: str) -> None:
    published = {f"{prefix}{name}": value for name, value in theirs(18).state_dict().items()}
    if prefix:
        published |= {"neck.conv.weight": torch.ones(1), "roi_head.fc.weight": torch.ones(1)}
    own = ResNet.convert_weights(published)
    network = ResNet(depth=18)
    report = fit(network, own)
    assert report.complete
    assert not report.unexpected
    assert all(torch.equal(value, published[prefix + name]) for name, value in network.state_dict().items())
    assert ResNet.convert_weights(own) == own
