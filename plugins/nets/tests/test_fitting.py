"""Weights into networks: what fits, and how what does not is told."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from vtrack_nets import CheckpointError, Reshaped, fit


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)


NAMES = ("conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")


@pytest.fixture
def state() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {name: torch.rand_like(value.float()) for name, value in Small().state_dict().items() if value.ndim}


def told(module: nn.Module, state: dict[str, Tensor], **options: object) -> str:
    """Return why weights are refused; the network must stay as it was."""
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        fit(module, state, source="x.pth", **options)  # type: ignore[arg-type]
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_fits(state: dict[str, Tensor]) -> None:
    """Even without the counter of batches, which older files lack."""
    module = Small()
    report = fit(module, state)
    assert report.complete
    assert report.matched == NAMES
    assert (report.missing, report.unexpected, report.reshaped, report.ignored) == ((), (), (), ())
    assert str(report) == "6 matched, none missing, none unexpected, none reshaped"
    assert all(torch.equal(module.state_dict()[name], state[name]) for name in NAMES)


def test_type_and_values_of_the_network_stay_its_own(state: dict[str, Tensor]) -> None:
    module = Small()
    halves = {name: value.half() for name, value in state.items()}
    fit(module, halves)
    assert module.conv.weight.dtype is torch.float32
    halves["conv.weight"].zero_()
    assert module.conv.weight.abs().sum() > 0


def test_unexpected_weights_are_reported(state: dict[str, Tensor]) -> None:
    report = fit(Small(), {**state, "fc.weight": torch.zeros(3)})
    assert (report.complete, report.unexpected) == (True, ("fc.weight",))


def test_missing_and_reshaped_weights_are_refused(state: dict[str, Tensor]) -> None:
    del state["conv.bias"]
    state["conv.weight"] = torch.zeros(4, 1, 3, 3)
    state |= {f"fc.{index}": torch.zeros(1) for index in range(5)}
    assert told(Small(), state) == (
        "x.pth: does not fit Small: 4 matched, 1 missing (conv.bias), 5 unexpected (fc.0, fc.1, fc.2 and 2 more), "
        "1 reshaped (conv.weight: (2, 1, 3, 3) in the network, (4, 1, 3, 3) in the file); give the weights of this "
        "very network and size"
    )
    report = fit(Small(), state, strict=False)
    assert not report.complete
    assert report.missing == ("conv.bias",)
    assert report.reshaped == (Reshaped("conv.weight", (2, 1, 3, 3), (4, 1, 3, 3)),)


@pytest.mark.parametrize("strict", [True, False])
def test_nothing_matched(state: dict[str, Tensor], strict: bool) -> None:
    other = {f"layer.{name}": value for name, value in state.items()}
    assert told(Small(), other, strict=strict) == (
        "x.pth: holds another network than Small: no name matches (there: layer.conv.weight, layer.conv.bias, "
        "layer.bn.weight and 3 more; expected: conv.weight, conv.bias, bn.weight and 4 more); give the weights of this "
        "very network"
    )
    assert "there: none;" in told(Small(), {}, strict=strict)
    assert "1 reshaped" in told(Small(), {"conv.weight": torch.zeros(1)}, strict=strict)


def test_renaming(state: dict[str, Tensor]) -> None:
    theirs = {f"backbone.{name}": value for name, value in state.items()} | {"head": torch.zeros(1)}

    def rename(name: str) -> str | None:
        return name.removeprefix("backbone.") if name.startswith("backbone.") else None

    report = fit(Small(), theirs, rename=rename)
    assert (report.matched, report.ignored) == (NAMES, ("head",))
    state["c.w"] = state.pop("conv.weight")
    assert fit(Small(), state, rename={"c.w": "conv.weight"}).complete


def test_two_weights_of_one_name(state: dict[str, Tensor]) -> None:
    message = told(Small(), state, rename={"conv.bias": "bn.bias"})
    assert message == "x.pth: both conv.bias and bn.bias are the network's bn.bias"


def test_what_is_no_real_number_is_refused(state: dict[str, Tensor]) -> None:
    state["bn.bias"] = torch.tensor([1.0, float("nan")])
    assert told(Small(), state) == (
        "x.pth: its weight bn.bias holds nan, which is no number: its training failed; take an earlier checkpoint"
    )
    state["bn.bias"] = torch.tensor([1.0, 2.0 + 1j])
    assert told(Small(), state) == ("x.pth: its weight bn.bias is complex, the network's is real: it is another's")


def test_infinite_weights_are_taken(state: dict[str, Tensor]) -> None:
    """Masks of attention are made of them."""
    state["bn.bias"] = torch.tensor([1.0, -float("inf")])
    assert fit(Small(), state).complete


def test_names_of_a_file_are_told_in_one_line(state: dict[str, Tensor]) -> None:
    assert "there: a\\nb, " in told(Small(), {"a\nb": torch.ones(1), "x" * 200: torch.ones(1)})


def test_a_type_that_cannot_be_made_the_networks(state: dict[str, Tensor]) -> None:
    state["bn.bias"] = torch.zeros(2, dtype=torch.uint8).view(torch.bits8)
    network = Small()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert told(network, state) == ("x.pth: its weight bn.bias is of the type bits8, which cannot be made float32 here")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_numbers_that_old_torch_wrote_as_rows(state: dict[str, Tensor]) -> None:
    """torch before 0.4 had no tensors without dimensions; its own loader takes these rows, too."""
    state["bn.num_batches_tracked"] = torch.tensor([7])
    network = Small()
    assert fit(network, state).complete
    assert network.bn.num_batches_tracked.tolist() == 7
