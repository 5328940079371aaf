"""Torch files read as data: the same tensors as torch reads, from whatever training leaves behind."""

from __future__ import annotations

import argparse
import collections
import functools
import pickle
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from vtrack_nets import CheckpointError, load_state
from vtrack_nets.checkpoints import read_checkpoint

ZIPPED = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def states() -> dict[str, torch.Tensor]:
    """Tensors of every type and form that a state dict may hold."""
    generator = torch.Generator().manual_seed(1)
    base = torch.randn(40, generator=generator)
    grid = torch.randn(6, 8, generator=generator)
    return {
        "scalar": torch.tensor(3),
        "empty": torch.zeros(0, 4),
        "empty part": torch.zeros(3, 0)[2:],
        "end": base[40:],
        "double": base.double(),
        "half": base.half(),
        "bfloat16": base.bfloat16(),
        "bool": base > 0,
        "complex": torch.complex(base, base),
        "uint8": torch.arange(9, dtype=torch.uint8),
        "int8": torch.arange(-4, 4, dtype=torch.int8),
        "int16": torch.arange(4, dtype=torch.int16),
        "int32": torch.arange(4, dtype=torch.int32),
        "part": base[7:11],
        "strided": base[::3],
        "transposed": grid.T,
        "corner": grid[2:4, 3:5],
        "expanded": torch.ones(1).expand(5, 7),
        "channels last": torch.randn(2, 3, 4, 5, generator=generator).to(memory_format=torch.channels_last),
        "parameter": nn.Parameter(base.clone()),
        "frozen": nn.Parameter(base.clone(), requires_grad=False),
    }


@ZIPPED
def test_the_same_as_torch_reads(file: Path, zipped: bool) -> None:
    torch.save(states(), file, _use_new_zipfile_serialization=zipped)
    wanted = torch.load(file, weights_only=True)
    found = load_state(file)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name].dtype == value.dtype, name
        assert found[name].stride() == value.stride(), name
        assert torch.equal(found[name], value), name
        assert not found[name].requires_grad


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"])
def test_types_that_only_newer_torch_has(file: Path, name: str) -> None:
    dtype = getattr(torch, name, None)
    if dtype is None:
        pytest.skip(f"this torch has no {name}")
    value = torch.arange(6).to(dtype)
    torch.save({"a": value}, file)
    found = load_state(file)["a"]
    assert found.dtype == dtype
    assert torch.equal(found.view(torch.uint8), value.view(torch.uint8))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@ZIPPED
def test_every_protocol(file: Path, protocol: int, zipped: bool) -> None:
    state = {"a.b": torch.arange(3.0), "c": torch.ones(2, 2)}
    torch.save({"state_dict": state, "epoch": 7}, file, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    assert all(torch.equal(value, state[name]) for name, value in load_state(file).items())


def test_without_checksums(file: Path) -> None:
    torch.serialization.set_crc32_options(compute_crc32=False)
    try:
        torch.save({"a": torch.arange(5.0)}, file)
    finally:
        torch.serialization.set_crc32_options(compute_crc32=True)
    assert load_state(file)["a"].tolist() == [0, 1, 2, 3, 4]


def test_shared_numbers_stay_shared(file: Path) -> None:
    base = torch.arange(6.0)
    torch.save({"a": base, "b": base[2:]}, file)
    found = load_state(file)
    found["a"][3] = -1
    assert found["b"][1] == -1


def test_of_a_machine_with_another_order_of_bytes(file: Path) -> None:
    torch.save({"a": torch.arange(3.0), "b": torch.complex(torch.ones(2), torch.zeros(2))}, file)
    other = file.with_name("other.pth")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if "/data/" in name:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            target.writestr(name, b"big" if name.endswith("byteorder") else data)
    found = load_state(other)
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"].tolist() == [1, 1]


# --- What training code leaves beside the weights ---------------------------------------------------------------


class Settings:
    """Stands for a class of a training's own, which nobody has who loads its weights."""

    def __init__(self) -> None:
        self.lr = 0.1
        self.made = functools.partial(print, "x")


class Constructor:
    def __reduce__(self) -> tuple[Any, ...]:
        return (_remake, ("actor", {"deep": [1, (2, 3)]}), {"state": 1}, iter([1, 2]), iter({"k": 3}.items()))


def _remake(*arguments: Any) -> Any:
    raise AssertionError("nothing of a file is ever called")


class Weights(dict):  # type: ignore[type-arg]
    """A dictionary of a class of its own."""


def optimizer_of(network: nn.Module) -> dict[str, Any]:
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def published(style: str, network: nn.Module) -> dict[str, Any]:
    """Checkpoints as well-known training code saves them."""
    state = network.state_dict()
    if style == "mmcv":
        meta = {"time": "Mon", "config": "model = dict()", "hook_msgs": {"best_score": np.float32(0.5)}, "seed": None}
        return {"meta": meta, "state_dict": collections.OrderedDict(state), "optimizer": optimizer_of(network)}
    if style == "mmengine":
        message_hub = {"log_scalars": {"lr": Settings()}, "runtime_info": collections.OrderedDict(epoch=1)}
        return {"meta": {"cfg": "x"}, "state_dict": state, "message_hub": message_hub, "param_schedulers": [Settings()]}
    if style == "bytetrack":
        return {"start_epoch": 5, "model": state, "optimizer": optimizer_of(network), "best_ap": np.float64(0.4)}
    if style == "lightning":
        names = {f"model.{name}": value for name, value in state.items()}
        return {"pytorch-lightning_version": "2", "state_dict": names, "hyper_parameters": argparse.Namespace(a=Path())}
    if style == "pytracking":
        stats = collections.OrderedDict(train=Settings(), val=collections.defaultdict(list, a=[np.arange(3)]))
        names = {"epoch": 50, "actor_type": "DiMPActor", "net_type": "DiMPnet", "net": state, "net_info": Settings()}
        left = {"constructor": Constructor(), "optimizer": optimizer_of(network), "stats": stats}
        return {**names, **left, "settings": Settings()}
    if style == "own dictionary":
        return Weights(state_dict=Weights(state))
    return {"state_dict": state, "rng": torch.get_rng_state(), "args": types.SimpleNamespace(a=slice(1), b={1, 2})}


STYLES = ("mmcv", "mmengine", "bytetrack", "lightning", "pytracking", "own dictionary", "random state")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("protocol", [2, 4])
@ZIPPED
def test_published_checkpoints_load(file: Path, style: str, protocol: int, zipped: bool) -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    held = published(style, network)
    torch.save(held, file, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    found = {name.removeprefix("model."): value for name, value in load_state(file).items()}
    assert found.keys() == network.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())


def test_only_the_weights_are_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An optimizer's moments are twice as large."""
    network = nn.Linear(3, 400)
    torch.save(published("bytetrack", network), file)
    read: list[int] = []
    from vtrack_nets import torch_files

    original = torch_files._read
    monkeypatch.setattr(torch_files, "_read", lambda *given: (read.append(given[2]), original(*given))[1])
    load_state(file)
    assert sum(size for size in read if size >= 1600) <= (3 * 400 + 400) * 4 + 20_000


def test_what_lies_beside_is_told(file: Path) -> None:
    network = nn.Linear(3, 2)
    torch.save({**published("pytracking", network), "a": 1.5, "b": "x\n"}, file)
    found = read_checkpoint(file)
    assert (found.layout, found.wrapper, found.prefix) == ("torch archive", ("net",), "")
    assert {name: found.beside[name] for name in ("epoch", "a", "b", "stats")} == {
        "epoch": "50",
        "a": "1.5",
        "b": "x\\n",
        "stats": "dict of 2",
    }
    assert found.beside["settings"].endswith(".Settings")


def test_moving_averages(file: Path) -> None:
    state, average = {"a": torch.zeros(2)}, {"module.a": torch.ones(2)}
    for held in (
        {"state_dict": state, "ema_state_dict": {"steps": 3, **average}},
        {"model": state, "ema": {"model": average}},
        {"model": state, "model_ema": {"state_dict": average}},
    ):
        torch.save(held, file)
        assert read_checkpoint(file).state["a"].tolist() == [0, 0]
        assert read_checkpoint(file, average=True).state["a"].tolist() == [1, 1]


def test_the_dummies_do_work_as_objects_do(file: Path) -> None:
    """Where the classes are at hand, pickle itself makes the same of the file: the tests above are no straw men."""
    with pytest.raises(AssertionError, match="nothing of a file is ever called"):
        pickle.loads(pickle.dumps(Constructor()))


@pytest.mark.parametrize("name", ["qint8", "quint8", "qint32", "quint4x2", "quint2x4"])
def test_quantized_numbers_in_a_plain_tensors_place(file: Path, name: str) -> None:
    """Written as newer torch writes types, by name; to look at such a tensor would not even be an error of torch's."""
    torch.save({"a": torch.zeros(4, dtype=torch.uint16)}, file)
    other = file.with_name("other.pth")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for each in source.namelist():
            data = source.read(each)
            if each.endswith("data.pkl"):
                assert data.count(b"ctorch\nuint16\n") == 1
                data = data.replace(b"ctorch\nuint16\n", f"ctorch\n{name}\n".encode())
            target.writestr(each, data)
    with pytest.raises(CheckpointError, match=r"its weight a is quantized: save plain tensors instead$"):
        load_state(other)


def test_an_unknown_order_of_bytes(file: Path) -> None:
    torch.save({"a": torch.arange(3.0)}, file)
    other = file.with_name("other.pth")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"middle" if name.endswith("byteorder") else source.read(name))
    with pytest.raises(
        CheckpointError, match=r"is damaged, or no checkpoint \(an order of bytes 'middle' is not known\)$"
    ):
        load_state(other)
