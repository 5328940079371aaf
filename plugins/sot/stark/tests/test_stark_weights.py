from __future__ import annotations

import hashlib

import pytest
import torch

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtrack_nets.errors import CheckpointError
from vtrack_plugin_stark import LightningLayout, StarkLayout, StarkTracker, load_network


@pytest.mark.parametrize("kind", ["spatial", "temporal", "lightning"])
def test_weights_load_under_the_names_of_their_authors(request, write, kind):
    network = request.getfixturevalue(kind)
    loaded = load_network(write(network), heads=4, fuse=False)
    assert loaded.layout == network.layout
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name


def test_weights_load_under_our_names_and_with_those_of_several_devices(temporal, write, tmp_path):
    for prefix in ("", "module."):
        path = tmp_path / "weights.pth"
        torch.save({f"{prefix}{name}": value for name, value in temporal.state_dict().items()}, path)
        loaded = load_network(path, heads=4, fuse=False)
        assert torch.equal(loaded.query_embed.weight, temporal.query_embed.weight)


def test_names_that_are_ours_stay(temporal):
    state = temporal.state_dict()
    assert StarkTracker.convert_weights(state).keys() == state.keys()


def test_the_layout_follows_from_the_weights(make_network, write):
    changes = {"depth": 101, "encoder_layers": 1, "decoder_layers": 3, "queries": 2, "score_layers": 1}
    network = make_network(**changes, learned_position=True, feedforward=48, head_channels=64)
    assert load_network(write(network), heads=4).layout == network.layout
    network = make_network(box_head="mlp", head_channels=256)
    assert load_network(write(network), heads=4).layout == network.layout


def test_published_layouts_are_the_defaults():
    shapes = {f"backbone.layer3.{number}.conv1.weight": (256, 1024, 1, 1) for number in range(6)}
    shapes |= {f"transformer.{part}.layers.{number}.x": () for part in ("encoder", "decoder") for number in range(6)}
    shapes |= {"transformer.encoder.layers.0.linear1.weight": (2048, 256), "query_embed.weight": (1, 256)}
    shapes |= {"box_head.conv5_tl.weight": (1, 32, 1, 1), "box_head.conv1_tl.0.weight": (256, 256, 3, 3)}
    assert StarkLayout.of_shapes(shapes) == StarkLayout()
    shapes |= {f"cls_head.layers.{number}.weight": () for number in range(3)}
    assert StarkLayout.of_shapes(shapes) == StarkLayout(score_layers=3)


def test_the_default_lightning_is_the_published_one(write):
    from vtrack_plugin_stark import StarkLightning

    network = StarkLightning(LightningLayout())
    assert load_network(write(network)).layout == LightningLayout()
    assert network.backbone.stage3[3].rbr_dense.conv.weight.shape == (192, 192, 3, 3)


def test_a_hash_is_compared(temporal, write):
    path = write(temporal)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    load_network(path, heads=4, sha256=digest[:12])
    with pytest.raises(CheckpointError, match=r"SHA-256|sha256"):
        load_network(path, heads=4, sha256="0" * 12)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"state_dict": {"features.0.weight": torch.zeros(3)}}, path)
    with pytest.raises(CheckpointError, match=r"other\.pth: holds no weights of a STARK: its backbone is no ResNet"):
        load_network(path)


def test_weights_that_lack_something_are_refused(spatial, write):
    with pytest.raises(CheckpointError, match=r"does not fit Stark: .* reshaped \(bottleneck\.weight"):
        load_network(write(spatial, **{"bottleneck.weight": torch.zeros(32, 512, 1, 1)}), heads=4)


def test_weights_that_are_of_no_use_are_refused(spatial, write):
    with pytest.raises(CheckpointError, match=r"1 weights are of no use to it \(mask_head\.weight, \.\.\.\)"):
        load_network(write(spatial, **{"mask_head.weight": torch.zeros(2)}), heads=4)


def test_a_transformer_with_norms_first_is_refused(spatial, write):
    with pytest.raises(CheckpointError, match="PRE_NORM"):
        load_network(write(spatial, **{"transformer.encoder.norm.weight": torch.zeros(32)}), heads=4)


def test_weights_are_needed():
    with pytest.raises(ValueError, match="weights: give a file or address of weights"):
        StarkTracker()


def test_weights_or_a_network_but_not_both(spatial):
    with pytest.raises(ValueError, match="network: not both"):
        StarkTracker("weights.pth", network=spatial)


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("spatial", {"variant": "st2"}, "variant: the weights are for s, not st2; leave variant out"),
        ("temporal", {"variant": "lightning"}, "variant: the weights are for st2 or st1 or s, not lightning"),
        ("lightning", {"variant": "s"}, "variant: the weights are for lightning, not s"),
        ("spatial", {"update_intervals": (25,)}, "update_intervals: s has one template, which is never renewed"),
        ("lightning", {"search_size": 320}, "search_size: the weights are for 64, not 320; leave search_size out"),
        ("lightning", {"template_size": 48}, "template_size: the weights are for 32, not 48"),
    ],
)
def test_options_must_go_with_the_weights(request, track, kind, options, told):
    with pytest.raises(OptionError, match=told):
        track(request.getfixturevalue(kind), **options)


def test_heads_must_share_the_channels(write, spatial):
    with pytest.raises(OptionError, match="heads: 5 heads cannot share 32 channels evenly"):
        StarkTracker(str(write(spatial)), heads=5, context=BuildContext(device="cpu"))


@pytest.mark.parametrize(("kind", "variant"), [("spatial", "s"), ("temporal", "st2"), ("lightning", "lightning")])
def test_the_variant_follows_from_the_weights(request, track, kind, variant):
    assert track(request.getfixturevalue(kind)).variant == variant
