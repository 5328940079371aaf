from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from vtrack_nets.errors import CheckpointError
from vtrack_plugin_ostrack import OstrackLayout, OstrackTracker, load_network, load_pretrained
from vtrack_plugin_ostrack.loading import convert_weights

from .conftest import LAYOUT, make_network, published_state


def same(one: Any, other: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    layout = one.layout
    template = torch.randn(1, 3, layout.template_size, layout.template_size, generator=generator)
    search = torch.randn(1, 3, layout.search_size, layout.search_size, generator=generator)
    with torch.inference_mode():
        torch.testing.assert_close(one.eval()(template, search), other.eval()(template, search))


class Settings:
    """Stands for what the original's training leaves in its files."""

    def __init__(self) -> None:
        self.project = "train/ostrack"


def test_published_files_load_by_their_own_names(tmp_path: Path) -> None:
    network = make_network()
    held = {
        "epoch": 300,
        "actor_type": "OSTrackActor",
        "net_type": "OSTrack",
        "net": published_state(network),
        "net_info": None,
        "optimizer": {"state": {}, "param_groups": []},
        "settings": Settings(),
        "stats": {"train": Settings},
    }
    path = tmp_path / "OSTrack_ep0300.pth.tar"
    torch.save(held, path)
    loaded = load_network(path)
    assert loaded.layout == LAYOUT
    same(loaded, network)


def test_our_own_names_and_those_of_parallel_training_load(tmp_path: Path) -> None:
    network = make_network()
    torch.save(network.state_dict(), tmp_path / "own.pth")
    torch.save(
        {"net": {f"module.{name}": value for name, value in published_state(network).items()}}, tmp_path / "p.pth"
    )
    for name in ("own.pth", "p.pth"):
        same(load_network(tmp_path / name), network)


def test_conversion_keeps_what_is_converted() -> None:
    network = make_network()
    converted = OstrackTracker.convert_weights(published_state(network))
    assert converted.keys() == network.state_dict().keys()
    assert convert_weights(converted).keys() == converted.keys()


def test_segments_become_part_of_the_positions() -> None:
    network = make_network()
    state = published_state(network)
    state["backbone.template_segment_pos_embed"] = torch.ones(1, 1, 64)
    state["backbone.search_segment_pos_embed"] = 2 * torch.ones(1, 1, 64)
    converted = convert_weights(state)
    torch.testing.assert_close(converted["backbone.pos_embed_z"], network.backbone.pos_embed_z + 1)
    torch.testing.assert_close(converted["backbone.pos_embed_x"], network.backbone.pos_embed_x + 2)


def test_sizes_follow_from_the_weights(tmp_path: Path) -> None:
    layout = OstrackLayout(
        template_size=48, search_size=96, patch=4, width=128, depth=2, heads=2, hidden=64, channels=16
    )
    torch.save({"net": published_state(make_network(layout))}, tmp_path / "other.pth")
    assert load_network(tmp_path / "other.pth").layout == layout


def test_other_weights_are_refused(tmp_path: Path) -> None:
    state = published_state(make_network())
    del state["box_head.conv1_ctr.0.weight"]
    torch.save({"net": state}, tmp_path / "headless.pth")
    with pytest.raises(CheckpointError, match=r"headless.pth: is no OSTrack with a centre head: it lacks 'box_head"):
        load_network(tmp_path / "headless.pth")
    state = published_state(make_network())
    state["backbone.pos_embed_x"] = torch.zeros(1, 250, 64)
    torch.save({"net": state}, tmp_path / "oblong.pth")
    with pytest.raises(CheckpointError, match="its weights have the shapes"):
        load_network(tmp_path / "oblong.pth")
    state = published_state(make_network())
    del state["backbone.blocks.2.mlp.fc1.bias"]
    torch.save({"net": state}, tmp_path / "holes.pth")
    with pytest.raises(CheckpointError, match=r"does not fit Ostrack: .* 1 missing"):
        load_network(tmp_path / "holes.pth")


def test_training_begins_with_a_vision_transformer(tmp_path: Path) -> None:
    network = make_network()
    vit = {
        name.removeprefix("backbone."): value
        for name, value in network.state_dict().items()
        if name.startswith("backbone.") and "pos_embed" not in name
    }
    vit |= {
        "pos_embed": torch.randn(1, 1 + 14 * 14, 64),
        "cls_token": torch.zeros(1, 1, 64),
        "head.weight": torch.zeros(3),
    }
    torch.save({"model": vit}, tmp_path / "mae.pth")
    begun = load_pretrained(tmp_path / "mae.pth", template_size=32, search_size=64, keep={1: 0.7})
    assert begun.layout == OstrackLayout(
        template_size=32, search_size=64, patch=4, width=64, depth=4, heads=1, hidden=96, channels=256
    )
    torch.testing.assert_close(begun.backbone.blocks[0].attn.qkv.weight, network.backbone.blocks[0].attn.qkv.weight)  # type: ignore[union-attr]
    assert begun.backbone.pos_embed_x.shape == (1, 256, 64)
    torch.save({"model": {"conv1.weight": torch.zeros(3)}}, tmp_path / "resnet.pth")
    with pytest.raises(CheckpointError, match=r"resnet.pth: is no vision transformer: it lacks 'pos_embed'"):
        load_pretrained(tmp_path / "resnet.pth")
