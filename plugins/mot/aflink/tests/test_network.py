"""The network: shapes, modes, and what its files may be."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vtrack_nets import CheckpointError
from vtrack_plugin_aflink import AFLink, LinkNetwork


@pytest.fixture
def network(state):
    network = LinkNetwork()
    network.load_state_dict(state)
    return network.eval()


@pytest.mark.parametrize("length", [25, 30, 41])
def test_each_pair_is_judged_alone(network, length):
    pairs = torch.randn(2, 5, 1, length, 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        together = network(*pairs)
        alone = torch.cat([network(first[None], second[None]) for first, second in zip(*pairs, strict=True)])
    assert together.shape == (5,)
    assert ((together > 0) & (together < 1)).all()
    assert len(set(together.tolist())) == 5
    assert torch.allclose(together, alone, atol=1e-6)


def test_order_matters(network):
    first, second = torch.randn(2, 1, 1, 30, 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert not torch.allclose(network(first, second), network(second, first))


def test_it_can_be_trained(network):
    """A few steps on made pairs: the same line, or another."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.arange(32) % 2
    steps = torch.linspace(-1, 1, 60).view(1, 60, 1).expand(32, 60, 3).clone()
    steps[truth == 0, 30:, 1:] *= -1
    pairs = (steps + 0.01 * torch.randn(32, 60, 3, generator=generator))[:, None]
    optimizer = torch.optim.Adam(network.train().parameters(), 1e-3)
    losses = []
    for _ in range(8):
        loss = nn.functional.binary_cross_entropy(network(pairs[:, :, :30], pairs[:, :, 30:]), truth.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("wrapped", ["bare", "wrapped", "parallel", "safetensors"])
def test_files(state, tmp_path, wrapped):
    path = str(tmp_path / "link.pth")
    if wrapped == "safetensors":
        save_file(state, path)
    else:
        held = {f"module.{name}": value for name, value in state.items()} if wrapped == "parallel" else state
        torch.save({"state_dict": held} if wrapped == "wrapped" else held, path)
    network = AFLink(path).network
    assert not network.training
    assert all(torch.equal(state[name], value.cpu()) for name, value in network.state_dict().items())


def test_weights_of_another_network(tmp_path, state):
    path = tmp_path / "other.pth"
    torch.save(nn.Linear(2, 3).state_dict(), path)
    with pytest.raises(CheckpointError, match=r"other.pth: holds another network than LinkNetwork: no name matches"):
        AFLink(str(path))
    torch.save({name: value for name, value in state.items() if "classifier" not in name}, path)
    with pytest.raises(CheckpointError, match=r"140 matched, 4 missing \(classifier.fc1.weight, "):
        AFLink(str(path))
    with pytest.raises(CheckpointError, match=r"nothing.pth: there is no such file"):
        AFLink(str(tmp_path / "nothing.pth"))


def test_a_whole_pickled_network_is_read_for_its_weights(tmp_path, network, state):
    path = tmp_path / "whole.pth"
    torch.save(network, path)
    read = AFLink(str(path)).network.state_dict()
    assert all(torch.equal(state[name], value.cpu()) for name, value in read.items())
