from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtrack_nets import CheckpointError
from vtrack_plugin_siamrpn import SiamRpn, SiamRpnTracker, load_network

IMAGES = torch.rand(1, 3, 207, 207, generator=torch.Generator().manual_seed(1)) * 255
TEMPLATES = IMAGES[:, :, 40:167, 30:157]

TO_MMTRACKING = (
    (r"neck\.downsample(\d)\.downsample\.0\.", lambda found: f"neck.convs.{int(found[1]) - 2}.conv."),
    (r"neck\.downsample(\d)\.downsample\.1\.", lambda found: f"neck.convs.{int(found[1]) - 2}.bn."),
    (r"rpn_head\.rpn(\d)\.cls\.", lambda found: f"head.cls_heads.{int(found[1]) - 2}."),
    (r"rpn_head\.rpn(\d)\.loc\.", lambda found: f"head.reg_heads.{int(found[1]) - 2}."),
    (r"rpn_head\.cls_weight", "head.cls_weight"),
    (r"rpn_head\.loc_weight", "head.reg_weight"),
    (r"\.conv_kernel\.0\.", ".kernel_convs.conv."),
    (r"\.conv_kernel\.1\.", ".kernel_convs.bn."),
    (r"\.conv_search\.0\.", ".search_convs.conv."),
    (r"\.conv_search\.1\.", ".search_convs.bn."),
    (r"(heads\.\d)\.head\.0\.", r"\1.head_convs.0.conv."),
    (r"(heads\.\d)\.head\.1\.", r"\1.head_convs.0.bn."),
    (r"(heads\.\d)\.head\.3\.", r"\1.head_convs.1.conv."),
)


def mmtracking_name(name: str) -> str:
    for pattern, replacement in TO_MMTRACKING:
        name = re.sub(pattern, replacement, name)
    return name


def same(network: SiamRpn, other: SiamRpn) -> None:
    with torch.inference_mode():
        for mine, others in zip(*(each(IMAGES, *each.template(TEMPLATES)) for each in (network, other)), strict=True):
            torch.testing.assert_close(mine, others, rtol=1e-3, atol=1e-3 * others.std().item())


@pytest.mark.parametrize("kind", ["alexnet", "alexnetlegacy", "up-channel", "mobilenetv2", "resnet18"])
@pytest.mark.parametrize("fuse", [False, True])
def test_weights_of_pysot(make_network: Any, tmp_path: Path, kind: str, fuse: bool) -> None:
    network = make_network(kind)
    torch.save(network.state_dict(), tmp_path / "model.pth")
    found = load_network(tmp_path / "model.pth", fuse=fuse)
    assert found.layout == network.layout
    same(found, network)


def test_weights_of_pysot_in_training(make_network: Any, tmp_path: Path) -> None:
    network = make_network()
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    torch.save({"epoch": 20, "state_dict": state, "optimizer": {"state": {}}}, tmp_path / "checkpoint_e20.pth")
    same(load_network(tmp_path / "checkpoint_e20.pth"), network)


def test_weights_of_mmtracking(make_network: Any, tmp_path: Path) -> None:
    network = make_network("resnet18")
    renamed = {mmtracking_name(name): value for name, value in network.state_dict().items()}
    assert {"neck.convs.2.bn.bias", "head.reg_weight", "head.cls_heads.0.head_convs.1.conv.bias"} <= renamed.keys()
    assert not any("downsample2" in name or "rpn" in name for name in renamed)
    torch.save({"meta": {"epoch": 20}, "state_dict": renamed}, tmp_path / "mm.pth")
    same(load_network(tmp_path / "mm.pth"), network)
    assert set(SiamRpnTracker.convert_weights(renamed)) == set(network.state_dict())


def test_neck_of_one_level_without_its_shell(make_network: Any, tmp_path: Path) -> None:
    network = make_network("resnet18, one level")
    state = {name.replace("downsample.downsample.", "downsample."): each for name, each in network.state_dict().items()}
    state["backbone.layer2.0.downsample.0.weight"] = network.state_dict()["backbone.layer2.0.downsample.0.weight"]
    assert "neck.downsample.0.weight" in state
    torch.save(state, tmp_path / "one.pth")
    same(load_network(tmp_path / "one.pth"), network)


def test_other_weights_are_refused(make_network: Any, tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"

    def refused(state: dict[str, Any], told: str) -> None:
        torch.save(state, file)
        with pytest.raises(CheckpointError, match=told) as caught:
            load_network(file)
        assert "\n" not in str(caught.value)
        assert str(file) in str(caught.value)

    state = make_network().state_dict()
    refused({"fc.weight": torch.zeros(3)}, "holds another network than SiamRPN, with weights such as 'fc.weight'")
    refused(state | {"mask_head.mask.head.0.weight": torch.zeros(3)}, "1 weights are of no use to it .mask_head")
    refused({"backbone.conv1.weight": torch.zeros(3), "mask_head.a": torch.zeros(3)}, "holds the weights of SiamMask")
    refused({name: each for name, each in state.items() if "layer3.0" not in name}, "none of the published ones")
    refused(
        {name: each for name, each in state.items() if name != "backbone.layer3.1.bias"}, "1 missing .backbone.layer3"
    )
    refused(state | {"backbone.layer6.0.weight": torch.zeros(3)}, "1 weights are of no use to it .backbone.layer6")
    short = state | {"rpn_head.loc.head.3.weight": state["rpn_head.loc.head.3.weight"][:12]}
    refused(short, "reshaped .rpn_head.loc.head.3.weight: .20, 8, 1, 1. in the network, .12, 8, 1, 1. in the file")


def test_anchors_that_are_not_the_weights(make_network: Any, tmp_path: Path) -> None:
    torch.save(make_network().state_dict(), tmp_path / "model.pth")
    with pytest.raises(OptionError, match="ratios, scales: make 3 anchors, and the weights have 5; give those"):
        SiamRpnTracker(str(tmp_path / "model.pth"), ratios=(0.5, 1, 2), context=BuildContext(device="cpu"))


def test_weights_or_network(make_network: Any) -> None:
    with pytest.raises(ValueError, match="weights: give a file or address of weights"):
        SiamRpnTracker()
    with pytest.raises(ValueError, match="network: not both"):
        SiamRpnTracker("model.pth", network=make_network())
