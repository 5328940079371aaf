"""Weights from files: what loads, and what is refused, without ever being executed."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import re
import zipfile
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vtcore.errors import DataError
from vtrack_nets import CheckpointError, load_state

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, -1.0])}


class Touch:
    """Creates a file when it is unpickled: stands for whatever an attacker would run."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weights.pth"


def refusal(path: Path, **options: Any) -> str:
    """Return why a file is refused, less its name, in one line."""
    with pytest.raises(CheckpointError) as caught:
        load_state(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    assert isinstance(caught.value, DataError)
    return message.removeprefix(f"{path}: ")


def same(found: dict[str, torch.Tensor]) -> bool:
    return found.keys() == STATE.keys() and all(torch.equal(found[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize(
    "held",
    [
        STATE,
        OrderedDict(STATE),
        {"state_dict": STATE, "epoch": 3, "optimizer": {"state": {}}},
        {"meta": {"classes": ("a",)}, "model": OrderedDict(STATE)},
        {"model_state_dict": STATE},
        {"net": STATE, "acc": 0.9},
        {"params": STATE},
        {"state_dict": {"model": STATE}},
        {f"module.{name}": value for name, value in STATE.items()},
        {"state_dict": {f"_orig_mod.module.{name}": value for name, value in STATE.items()}},
        {**STATE, "steps": 7, 3: torch.zeros(1)},
    ],
    ids=range(11),
)
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_torch_files(file: Path, held: Any, zipped: bool) -> None:
    torch.save(held, file, _use_new_zipfile_serialization=zipped)
    assert same(load_state(file))


def test_safetensors_by_content_not_by_name(file: Path) -> None:
    save_file(STATE, file)
    assert same(load_state(str(file)))


def test_a_prefix_of_some_names_only_stays(file: Path) -> None:
    torch.save({"module.a": torch.zeros(1), "b": torch.zeros(1)}, file)
    assert list(load_state(file)) == ["module.a", "b"]


def test_parameters_of_a_network_are_weights(file: Path) -> None:
    torch.save(dict(Net().named_parameters()), file)
    assert list(load_state(file)) == ["a.weight", "a.bias"]


def test_hash(file: Path) -> None:
    save_file(STATE, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for given in (digest, digest[:8], digest.upper()):
        assert same(load_state(file, sha256=given))
    assert refusal(file, sha256="0" * 8) == (
        f"has the sha256 {digest[:8]}, not 00000000: it is another file, or damaged"
    )
    for given in ("abc", "x" * 64, digest + "0"):
        assert refusal(file, sha256=given) == f"sha256 {given!r} is none: give 8 to 64 hexadecimal digits"


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"x: cannot be read: File name too long$"):
        load_state(tmp_path / ("x" * 300))


def test_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.pth") == "there is no such file"
    assert refusal(tmp_path) == "is a folder, not a checkpoint"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>", "is a web page, not a checkpoint: the download went wrong"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "is a Git LFS pointer, not the file itself"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no checkpoint: expected safetensors, or a file that torch.save wrote"),
        (bytes(1000), "is no checkpoint: expected safetensors"),
        (b"\x10" + bytes(7) + b'{"a": nonsense  }' + bytes(64), "is damaged, or no checkpoint ("),
        (pickle.dumps(3), "is damaged, or no checkpoint ("),
        (pickle.dumps({"a": "b"}, 2), "is damaged, or no checkpoint ("),
        (b"\x80\x02" + b"\xff" * 100, "is damaged, or no checkpoint ("),
        (b"PK\x03\x04" + bytes(100), "is damaged, or no checkpoint ("),
    ],
    ids=range(10),
)
def test_no_checkpoint(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    assert refusal(file).startswith(message)


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_cut_short(file: Path, kind: str, share: float) -> None:
    if kind == "safetensors":
        save_file(STATE, file)
    else:
        torch.save(STATE, file, _use_new_zipfile_serialization=kind == "zip")
    whole = file.read_bytes()
    file.write_bytes(whole[: max(16, int(len(whole) * share))])
    assert "is damaged, or no checkpoint (" in refusal(file) or "is no checkpoint" in refusal(file)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, "holds no weights: its keys are none"),
        ({"epoch": 3, "lr": 0.1}, "holds no weights: its keys are epoch, lr"),
        ({"state_dict": {}}, "holds no weights: its keys are none"),
        ([torch.zeros(1)], "holds no weights: it holds a list, not tensors by name"),
        (torch.zeros(1), "holds no weights: it holds a Tensor, not tensors by name"),
    ],
    ids=range(5),
)
def test_no_weights(file: Path, held: Any, message: str) -> None:
    torch.save(held, file)
    assert refusal(file) == message


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("place", ["alone", "beside", "within"])
def test_what_would_execute_code_is_refused_and_does_not(file: Path, zipped: bool, place: str) -> None:
    trap = file.parent / "trapped"
    held = {
        "alone": Touch(trap),
        "beside": {"state_dict": STATE, "meta": Touch(trap)},
        "within": {**STATE, "c": Touch(trap)},
    }[place]
    torch.save(held, file, _use_new_zipfile_serialization=zipped)
    message = refusal(file)
    assert re.fullmatch(
        r"asks for \w+\.mkdir, which no weights need: refused, and nothing was executed; do not open it elsewhere",
        message,
    )
    assert not trap.exists()
    # The trap does work: a plain unpickler walks into it.
    pickle.loads(pickle.dumps(Touch(trap)))
    assert trap.is_dir()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_leftovers_of_training_are_passed_over(file: Path, zipped: bool) -> None:
    left = {"args": Namespace(lr=0.1), "best_ap": np.float64(0.5), "seed": np.random.default_rng(0), "path": Path("x")}
    torch.save({**left, "state_dict": STATE}, file, _use_new_zipfile_serialization=zipped)
    assert same(load_state(file))


@pytest.mark.parametrize("protocol", range(6))
def test_bare_pickles_that_would_execute_code(file: Path, protocol: int) -> None:
    trap = file.parent / "trapped"
    file.write_bytes(pickle.dumps(Touch(trap), protocol))
    refusal(file)
    assert not trap.exists()


def test_a_pickle_smuggled_into_the_archive(file: Path) -> None:
    """An archive with a pickle of another protocol in its place."""
    trap, plain = file.parent / "trapped", io.BytesIO()
    torch.save(STATE, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w") as archive:
        for name in source.namelist():
            evil = name.endswith("data.pkl")
            archive.writestr(name, pickle.dumps({"a": Touch(trap)}, 4) if evil else source.read(name))
    refusal(file)
    assert not trap.exists()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_pickled_network_gives_its_weights(file: Path, zipped: bool) -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.ModuleDict({"norm": nn.BatchNorm1d(2, affine=False)}))
    network.register_buffer("passing", torch.ones(1), persistent=False)
    network.register_buffer("kept", torch.ones(2))
    for held in (network, {"model": nn.DataParallel(network), "epoch": 3}):
        torch.save(held, file, _use_new_zipfile_serialization=zipped)
        found = load_state(file)
        assert found.keys() == network.state_dict().keys()
        assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())


def test_a_network_without_end_is_refused(file: Path) -> None:
    inner = nn.Linear(1, 1)
    for _ in range(40):
        inner = nn.ModuleList([inner, inner])
    torch.save(inner, file)
    assert refusal(file) == "is damaged, or no checkpoint (it holds a network without end)"


def test_scripted_programs_are_not_weights(file: Path) -> None:
    with pytest.warns((DeprecationWarning, FutureWarning), match="torch.jit"):
        torch.jit.save(torch.jit.script(Net()), file)
    assert refusal(file) == ("is a TorchScript program, not weights: save the state_dict() of the network instead")


def test_a_checkpoint_that_holds_itself(file: Path) -> None:
    held: dict[str, Any] = {}
    held["state_dict"] = held
    torch.save(held, file)
    assert refusal(file) == "holds no weights: its keys are state_dict"
    torch.save(held | STATE, file)
    assert same(load_state(file))


def test_wrappers_without_weights_are_passed_over(file: Path) -> None:
    """Some trainings keep the network's settings, or nothing, where others keep its weights."""
    torch.save({"state_dict": {}, "model": {"type": "ResNet"}, "net": STATE}, file)
    assert same(load_state(file))


def test_any_number_of_prefixes(file: Path) -> None:
    start = "module." * 3000 + "_orig_mod."
    torch.save({start + name: value for name, value in STATE.items()}, file)
    assert same(load_state(file))
    torch.save({"module.module.a": STATE["a.bias"], "module.b": STATE["a.bias"]}, file)
    assert list(load_state(file)) == ["module.a", "b"]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.eye(3).to_sparse(), "is sparse"),
        (torch.empty(3, device="meta"), "has no data (it is a meta tensor)"),
    ],
)
def test_tensors_that_are_none(file: Path, tensor: torch.Tensor, reason: str) -> None:
    torch.save(STATE | {"b": tensor}, file)
    assert refusal(file) == f"its weight b {reason}: save plain tensors instead"


def test_names_in_a_file_cannot_write_to_the_terminal(file: Path) -> None:
    torch.save({"\x1b[2J\n": 1, "x" * 5000: 2}, file)
    assert refusal(file) == f"holds no weights: its keys are \\x1b[2J\\n, {'x' * 100}..."
