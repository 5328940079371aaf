from __future__ import annotations

import pytest
import torch

from vtrack_nets.errors import CheckpointError
from vtrack_plugin_mixformer import Layout, MixFormer, MixFormerTracker, MixFormerV2Tracker, MixFormerVitTracker
from vtrack_plugin_mixformer.layout import layout_of
from vtrack_plugin_mixformer.loading import load_network

TRACKERS = {"cvt": MixFormerTracker, "vit": MixFormerVitTracker, "v2": MixFormerV2Tracker}

UNUSED = {
    "backbone.cls_token": torch.zeros(1, 1, 128),
    "backbone.pos_embed": torch.zeros(1, 5, 128),
    "backbone.norm.weight": torch.zeros(128),
    "backbone.norm.bias": torch.zeros(128),
    "backbone.head.weight": torch.zeros(10, 128),
    "backbone.head.bias": torch.zeros(10),
}
"""What the originals' transformers have besides."""


def _same(one: MixFormer, other: MixFormer) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_what_the_trainer_wrote_is_read_with_all_its_sizes(network_of, family, write):
    network = network_of(family)
    found = load_network(write(network, **UNUSED), family=family, fuse=False)
    assert found.layout == network.layout
    assert _same(found, network)


@pytest.mark.parametrize("changes", [{"scored": False}, {"pyramid": True, "head": 16}, {"depths": (1, 2, 1)}])
def test_other_convolutional_networks_are_known_by_their_weights(make_network, write, changes):
    network = make_network("cvt", **changes)
    assert load_network(write(network), family="cvt", fuse=False).layout == network.layout


@pytest.mark.parametrize("kind", ["vit", "v2"])
@pytest.mark.parametrize(
    "changes", [{"scored": False}, {"depths": (1,), "hidden": 64}, {"search_cells": 6, "template_cells": 3}]
)
def test_other_plain_networks_are_known_by_their_weights(make_network, write, kind, changes):
    network = make_network(kind, **changes)
    assert load_network(write(network), family=kind, fuse=False).layout == network.layout


def test_names_behind_a_wrapper_and_without_counters_are_known(network_of, family, tmp_path):
    network = network_of(family)
    state = {f"module.{name}": value for name, value in network.state_dict().items() if "num_batches" not in name}
    torch.save({"net": state}, tmp_path / "wrapped.pth")
    assert _same(load_network(tmp_path / "wrapped.pth", family=family, fuse=False), network)


def test_the_published_sizes_are_known_by_their_names():
    """The shapes of CvT-w24, ViT-L and MixFormerV2-S, without their numbers."""
    with torch.device("meta"):
        for layout in (
            Layout("cvt", (192, 768, 1024), (2, 2, 12), 4096, scored=True, pyramid=False, head=384),
            Layout("vit", (1024,), (24,), 4096, True, True, 384, search_cells=24, template_cells=12),
            Layout("v2", (768,), (4,), 768, True, False, 96, search_cells=14, template_cells=7),
        ):
            assert layout_of(MixFormer(layout).state_dict()) == layout


def test_conversion_leaves_out_what_no_tracker_uses(network_of, family):
    state = network_of(family).state_dict()
    assert TRACKERS[family].convert_weights({**state, **UNUSED}).keys() == state.keys()


def test_another_familys_weights_are_refused_with_the_tracker_that_takes_them(network_of, write):
    for family, name, wanted in (
        ("cvt", "mixformer", "vit"),
        ("vit", "mixformer-vit", "v2"),
        ("v2", "mixformerv2", "cvt"),
    ):
        with pytest.raises(CheckpointError, match=f'the weights of the tracker "{name}".* write type = "{name}"'):
            load_network(write(network_of(family)), family=wanted)


def test_another_networks_weights_are_refused(tmp_path):
    torch.save({"net": {"conv.weight": torch.zeros(3, 3, 1, 1)}}, tmp_path / "other.pth")
    with pytest.raises(
        CheckpointError, match=r"holds another network than MixFormer, with weights such as 'conv\.weight'"
    ):
        load_network(tmp_path / "other.pth", family="cvt")


def test_weights_that_are_of_no_use_are_refused(network_of, write):
    path = write(network_of("v2"), **{"backbone.extra.weight": torch.zeros(2)})
    with pytest.raises(CheckpointError, match=r"1 weights are of no use to it \(backbone.extra.weight"):
        load_network(path, family="v2")


def test_weights_with_a_gap_are_refused(network_of, tmp_path):
    state = dict(network_of("vit").state_dict())
    del state["backbone.blocks.1.attn.qkv.weight"]
    torch.save({"net": state}, tmp_path / "gap.pth")
    with pytest.raises(CheckpointError, match="1 missing"):
        load_network(tmp_path / "gap.pth", family="vit")


def test_a_hash_that_does_not_fit_is_refused(network_of, write):
    with pytest.raises(CheckpointError):
        load_network(write(network_of("v2")), family="v2", sha256="0" * 64)


def test_left_to_itself_a_network_is_cvt_21_without_a_score():
    with torch.device("meta"):
        network = MixFormer()
    assert network.layout == Layout()
    assert layout_of(network.state_dict()) == Layout()
    # All numbers of the published one but those of ImageNet's classes, and counters.
    count = sum(each.numel() for name, each in network.state_dict().items() if "num_batches" not in name)
    assert count == 35_681_730
