from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from vtrack_nets import CheckpointError
from vtrack_plugin_yolox import YoloxDetector, YoloxLayout, load_network
from vtrack_plugin_yolox.fusing import fused_state

LAYOUT = YoloxLayout(8, 2, depthwise=True, classes=3)
IMAGES = torch.linspace(-2, 2, 3 * 64 * 64).reshape(1, 3, 64, 64)

TO_MMDET = {
    "backbone.backbone.dark": "backbone.stage",
    "backbone.backbone.": "backbone.",
    "backbone.lateral_conv0.": "neck.reduce_layers.0.",
    "backbone.reduce_conv1.": "neck.reduce_layers.1.",
    "backbone.C3_p4.": "neck.top_down_blocks.0.",
    "backbone.C3_p3.": "neck.top_down_blocks.1.",
    "backbone.bu_conv2.": "neck.downsamples.0.",
    "backbone.bu_conv1.": "neck.downsamples.1.",
    "backbone.C3_n3.": "neck.bottom_up_blocks.0.",
    "backbone.C3_n4.": "neck.bottom_up_blocks.1.",
    "head.stems.": "neck.out_convs.",
    "head.cls_convs.": "bbox_head.multi_level_cls_convs.",
    "head.reg_convs.": "bbox_head.multi_level_reg_convs.",
    "head.cls_preds.": "bbox_head.multi_level_conv_cls.",
    "head.reg_preds.": "bbox_head.multi_level_conv_reg.",
    "head.obj_preds.": "bbox_head.multi_level_conv_obj.",
}


def mmdet_name(name: str) -> str:
    old, new = next((old, new) for old, new in TO_MMDET.items() if name.startswith(old))
    name = new + name[len(old) :]
    name = re.sub(r"stage(\d)", lambda found: f"stage{int(found[1]) - 1}", name)
    spp = re.match(r"backbone\.stage4\.1\.", name)
    if not spp and re.match(r"(backbone\.stage|neck\.(top_down|bottom_up))", name) and ".m." not in name:
        for ours, theirs in (("conv1", "main_conv"), ("conv2", "short_conv"), ("conv3", "final_conv")):
            name = name.replace(f".{ours}.", f".{theirs}.")
    return name.replace(".m.", ".blocks.").replace(".dconv.", ".depthwise_conv.").replace(".pconv.", ".pointwise_conv.")


def same(network: Any, other: Any) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(IMAGES), other.eval()(IMAGES), rtol=1e-4, atol=1e-4)


def held(state: Mapping[str, Any], naming: str) -> dict[str, Any]:
    match naming:
        case "megvii" | "bytetrack":
            return {"start_epoch": 3, "model": dict(state), "optimizer": {"state": {}, "param_groups": []}}
        case "parallel":
            return {"model": {f"module.{name}": value for name, value in state.items()}}
        case "mmdet":
            named = {mmdet_name(name): value for name, value in state.items()}
            averaged = {f"ema_{name.replace('.', '_')}": value + 1 for name, value in named.items()}
            return {"meta": {"epoch": 3}, "state_dict": named | averaged}
        case "mmtracking":
            named = {f"detector.{mmdet_name(name)}": value for name, value in state.items()}
            return {"state_dict": named | {"motion.weight": torch.zeros(3)}}
    raise ValueError(naming)


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("naming", ["megvii", "parallel", "mmdet", "mmtracking"])
def test_every_naming_loads(
    make_network: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, naming: str, fuse: bool
) -> None:
    network = make_network(LAYOUT)
    torch.save(held(network.state_dict(), naming), tmp_path / "weights.pth")
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        loaded = load_network(tmp_path / "weights.pth", fuse=fuse)
    assert not caplog.records
    assert loaded.layout == LAYOUT
    assert loaded.fused is fuse
    same(network, loaded)


def test_conversion_leaves_our_names_alone(make_network: Any) -> None:
    state = make_network(LAYOUT).state_dict()
    converted = YoloxDetector.convert_weights(held(state, "mmtracking")["state_dict"])
    assert list(converted) == list(state)
    assert list(YoloxDetector.convert_weights(converted)) == list(state)


@pytest.mark.parametrize("fuse", [False, True])
def test_fused_weights_load_and_stay_fused(make_network: Any, tmp_path: Path, fuse: bool) -> None:
    network = make_network(LAYOUT)
    save_file(fused_state(network.state_dict()), tmp_path / "weights.safetensors")
    loaded = load_network(tmp_path / "weights.safetensors", fuse=fuse)
    assert loaded.fused
    same(network, loaded)


def test_another_size_than_asked_for_is_refused(make_network: Any, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(make_network(YoloxLayout.named("nano", 2)).state_dict(), path)
    assert load_network(path, size="nano").layout.size == "nano"
    with pytest.raises(CheckpointError, match=r'weights.pth: is a YOLOX of size nano, not s; write size = "nano", or'):
        load_network(path, size="s")


def test_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7), "fc.bias": torch.zeros(9)}, path)
    message = (
        r"weights.pth: holds another network than YOLOX, with weights such as 'conv1.weight', 'fc.bias'; give those"
    )
    with pytest.raises(CheckpointError, match=message):
        load_network(path)


def test_weights_that_lack_some_or_have_more_are_refused(make_network: Any, tmp_path: Path) -> None:
    path, state = tmp_path / "weights.pth", make_network(LAYOUT).state_dict()
    torch.save({name: value for name, value in state.items() if name != "head.stems.1.conv.weight"}, path)
    with pytest.raises(CheckpointError, match=r"does not fit Yolox: .* 1 missing \(head.stems.1.conv.weight\)"):
        load_network(path, fuse=False)
    torch.save(state | {"backbone.extra.weight": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match=r"1 weights are of no use to it \(backbone.extra.weight, ...\)"):
        load_network(path)


def test_the_hash_is_checked(make_network: Any, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(make_network(LAYOUT).state_dict(), path)
    with pytest.raises(CheckpointError, match="sha256"):
        load_network(path, sha256="01234567")


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("running_mean", None, "stem.conv.bn.running_mean"),
        ("bias", torch.zeros(9), r"stem.conv.bn.bias.* \(9,\)"),
    ],
)
def test_norms_that_do_not_fit_are_told_in_one_line(
    make_network: Any, tmp_path: Path, part: str, value: torch.Tensor | None, message: str, fuse: bool
) -> None:
    state = dict(make_network(YoloxLayout(8, 1, depthwise=False, classes=2)).state_dict())
    state[f"backbone.backbone.stem.conv.bn.{part}"] = value
    torch.save({"model": {name: each for name, each in state.items() if each is not None}}, tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match=message) as caught:
        load_network(tmp_path / "weights.pth", fuse=fuse)
    assert "\n" not in str(caught.value)
