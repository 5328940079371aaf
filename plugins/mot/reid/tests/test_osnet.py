"""OSNet: sizes and variants from weights, folding, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host
from vtcore.interfaces import ReId
from vtrack_nets import CheckpointError
from vtrack_plugin_reid import OSNet, OSNetAin, OSNetReId
from vtrack_plugin_reid.osnet import channels_of

KINDS = {
    "plain": lambda width: OSNet(channels_of(width)),
    "ibn": lambda width: OSNet(channels_of(width), instance_norm=True),
    "ain": lambda width: OSNetAin(channels_of(width)),
}


@pytest.mark.parametrize(
    ("variant", "width", "prefix"),
    [("plain", 0.25, ""), ("plain", 0.5, "module."), ("plain", 0.75, ""), ("ibn", 0.25, "module."), ("ain", 0.25, "")],
)
def test_variant_and_width_come_from_the_weights(variant, width, prefix, lively, tmp_path):
    network = lively(KINDS[variant](width))
    state = {prefix + name: value for name, value in network.state_dict().items()}
    torch.save(state | {f"{prefix}classifier.weight": torch.zeros(3, 512)}, tmp_path / "weights.pth")
    crops = torch.randn(3, 3, 64, 32)
    for options in ({}, {"variant": variant, "width": width}):
        reid = OSNetReId(str(tmp_path / "weights.pth"), **options)
        with torch.inference_mode():
            found, wanted = reid.network(crops), network(crops)
        assert found.shape == (3, 512)
        assert wanted.std() > 1e-3
        assert torch.allclose(found, wanted, atol=1e-4, rtol=1e-4), "folding changes answers"


def test_parameters_are_as_many_as_published():
    """The paper's Table 7 counts 2.2, 1.3, 0.6 and 0.2 millions without the classifier."""
    counts = [sum(each.numel() for each in OSNet(channels_of(width)).parameters()) for width in (1, 0.75, 0.5, 0.25)]
    assert [round(count / 1e6, 1) for count in counts] == [2.2, 1.3, 0.6, 0.2]


def test_another_length_of_embeddings(lively, tmp_path):
    torch.save(lively(OSNet((16, 64, 96, 128), embedding_length=24)).state_dict(), tmp_path / "weights.pth")
    assert OSNetReId(str(tmp_path / "weights.pth")).embedding_length == 24


def test_own_names_pass_the_conversion_unchanged(small):
    state = dict(OSNet(channels_of(0.25)).state_dict())
    once = OSNetReId.convert_weights(state)
    assert once.keys() == state.keys()
    assert OSNetReId.convert_weights(once) == once
    published = torch.load(small, weights_only=True)["state_dict"]
    assert OSNetReId.convert_weights(published).keys() == state.keys()


def test_built_from_a_table(small):
    component = plugin_host().component("reid", "osnet")
    reid = build(Configured(component, component.load_config()(weights=str(small))), BuildContext(device="cpu"))
    assert isinstance(reid, ReId)
    assert isinstance(reid, OSNetReId)
    assert reid.embedding_length == 512


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 1.0}, r"weights?.*osnet_x0_25.pth: holds OSNet x0.25, not x1: leave width out"),
        ({"variant": "ain"}, r"osnet_x0_25.pth: holds OSNet's variant 'plain', not 'ain': leave variant out"),
        ({"weights_sha256": "0" * 8}, "osnet_x0_25.pth: has the sha256 .{8}, not 00000000"),
    ],
)
def test_weights_of_another_kind_are_refused(small, options, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        OSNetReId(str(small), **options)
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused(tmp_path, small):
    path = tmp_path / "other.pth"
    torch.save({"backbone.conv1.weight": torch.zeros(64, 3, 7, 7)}, path)
    with pytest.raises(CheckpointError, match=r"other.pth: holds no weights of OSNet: there is no conv1.conv.weight"):
        OSNetReId(str(path))
    state = dict(torch.load(small, weights_only=True)["state_dict"])
    del state["module.conv5.conv.weight"]
    torch.save(state, path)
    with pytest.raises(CheckpointError, match=r"does not fit OSNet: .* 1 missing \(conv5.conv.weight\)"):
        OSNetReId(str(path))
    torch.save(OSNet(channels_of(0.25)).state_dict() | {"conv6.weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match=r"holds another network than OSNet: .* 1 unexpected \(conv6.weight\)"):
        OSNetReId(str(path))
    with pytest.raises(CheckpointError, match="there is no such file"):
        OSNetReId(str(tmp_path / "nowhere.pth"))


def test_sizes_that_no_network_has_are_refused(small, tmp_path):
    state = dict(torch.load(small, weights_only=True)["state_dict"])
    state["module.conv2.0.conv3.conv.weight"] = torch.zeros(2, 16, 1, 1)
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(CheckpointError, match=r"odd.pth: holds no OSNet: its stages have \[2, 96, 128\] channels"):
        OSNetReId(str(tmp_path / "odd.pth"))


def test_without_weights():
    with pytest.raises(CheckpointError, match=r'^no weights are given; write weights = "file or address"$'):
        OSNetReId()


def test_half_precision_is_near(small, picture, boxes):
    exact = OSNetReId(str(small), normalise=True, context=BuildContext(device="cpu"))
    half = OSNetReId(str(small), normalise=True, context=BuildContext(device="cpu", dtype="bfloat16"))
    wanted, found = (each.embed([picture()], [boxes])[0] for each in (exact, half))
    assert found.dtype == np.float32
    assert (wanted * found).sum(1)[wanted.any(1)].min() > 0.98
