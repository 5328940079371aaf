"""ResNet-50 with a linear head: sizes from weights, alone or within a tracker's; losses."""

from __future__ import annotations

import pytest
import torch

from vtrack_nets import CheckpointError
from vtrack_plugin_reid import LinearReIdHead, ResNet50ReId, ResNet50ReIdNetwork


@pytest.fixture(scope="module")
def network(lively) -> ResNet50ReIdNetwork:
    return lively(ResNet50ReIdNetwork(fc_channels=48, embedding_length=20, num_classes=5))


def test_loads_from_a_trackers_checkpoint(network, tmp_path):
    state = {f"reid.{name}": value for name, value in network.state_dict().items()}
    state |= {"detector.backbone.conv1.weight": torch.zeros(64, 3, 7, 7), "track_head.fc.weight": torch.zeros(3)}
    torch.save({"state_dict": state, "meta": {"epoch": 6}}, tmp_path / "tracker.pth")
    reid = ResNet50ReId(str(tmp_path / "tracker.pth"))
    assert reid.embedding_length == 20
    assert reid.network.head.classifier.out_features == 5
    crops = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        assert torch.allclose(reid.network(crops), network(crops), atol=1e-5)


@pytest.mark.parametrize("hidden", [0, 2])
def test_layers_are_as_many_as_the_weights_have(hidden, lively, tmp_path):
    made = lively(ResNet50ReIdNetwork(num_fcs=hidden, fc_channels=2048 if hidden == 0 else 16, embedding_length=4))
    torch.save(made.state_dict(), tmp_path / "reid.pth")
    reid = ResNet50ReId(str(tmp_path / "reid.pth"))
    assert len(reid.network.head.fcs) == hidden
    with pytest.raises(ValueError, match="this head has no classifier: make it with num_classes"):
        reid.network.head.classify(torch.zeros(1, 4))


def test_conversion_is_idempotent(network):
    state = dict(network.state_dict())
    assert ResNet50ReId.convert_weights(state) == state
    prefixed = {f"reid.{name}": value for name, value in state.items()} | {"data_preprocessor.mean": torch.zeros(3)}
    assert ResNet50ReId.convert_weights(prefixed).keys() == state.keys()


def test_weights_without_a_head_are_refused(network, tmp_path):
    state = {name: value for name, value in network.state_dict().items() if name.startswith("backbone.")}
    torch.save(state, tmp_path / "backbone.pth")
    with pytest.raises(CheckpointError, match=r"backbone.pth: holds no weights of ResNet-50 with a linear head: there"):
        ResNet50ReId(str(tmp_path / "backbone.pth"))


def test_weights_of_a_deeper_backbone_are_refused(network, tmp_path):
    state = dict(network.state_dict())
    state["backbone.layer3.6.conv1.weight"] = torch.zeros(256, 1024, 1, 1)
    torch.save(state, tmp_path / "deeper.pth")
    with pytest.raises(CheckpointError, match=r"holds another network than ResNet50ReIdNetwork: .*1 unexpected"):
        ResNet50ReId(str(tmp_path / "deeper.pth"))


def test_a_classifier_that_is_none_is_refused(network, tmp_path):
    torch.save(network.state_dict() | {"head.classifier.weight": torch.tensor(3.0)}, tmp_path / "odd.pth")
    with pytest.raises(CheckpointError, match=r"odd.pth: holds no weights of .*: there is no head.classifier.weight"):
        ResNet50ReId(str(tmp_path / "odd.pth"))


def test_losses_have_weights():
    torch.manual_seed(1)
    plain = LinearReIdHead(in_channels=8, fc_channels=4, num_classes=3).eval()
    weighed = LinearReIdHead(in_channels=8, fc_channels=4, num_classes=3, triplet_weight=0.25, class_weight=2).eval()
    weighed.load_state_dict(plain.state_dict())
    features, identities = torch.randn(6, 8), torch.tensor([0, 0, 1, 1, 2, 2])
    one, other = (head.loss(features, identities) for head in (plain, weighed))
    assert torch.allclose(other["triplet_loss"], 0.25 * one["triplet_loss"])
    assert torch.allclose(other["ce_loss"], 2 * one["ce_loss"])


def test_losses_can_be_minimised():
    """The head alone learns to part four clusters."""
    torch.manual_seed(0)
    head = LinearReIdHead(in_channels=16, fc_channels=32, out_channels=8, num_classes=4)
    identities = torch.arange(4).repeat_interleave(4)
    features = torch.randn(4, 16)[identities] + 0.3 * torch.randn(16, 16)
    optimizer = torch.optim.Adam(head.parameters(), 1e-2)
    totals = []
    for _ in range(60):
        losses = head.loss(features, identities)
        assert losses.keys() == {"triplet_loss", "ce_loss"}
        total = sum(losses.values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.1 * totals[0]
    assert LinearReIdHead(in_channels=16, fc_channels=4).loss(features, identities).keys() == {"triplet_loss"}
