"""``vtcore weights``: inspect, convert, publish, fetch, list, clear."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

import vtcore
from vtcore.cli import main
from vtcore.components import Component
from vtcore.hookspecs import hookimpl
from vtcore.host import plugin_host
from vtrack_nets import load_state
from vtrack_nets.locks import locked
from vtrack_nets.sources import cached_file
from vtrack_nets.weights_publication import publish, without_average


@attrs.frozen(kw_only=True)
class Config:
    """Options of a detector with weights."""


class Detector:
    """A detector whose network has names of its own."""

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if not any(name.startswith(("theirs.", "ours.")) for name in state):
            raise KeyError("theirs.weight")
        return {name.replace("theirs.", "ours."): value for name, value in state.items() if not name.endswith("extra")}


class Other(Detector):
    """Another, of another kind."""


class Weighty:
    """A plugin with components that have weights."""

    @hookimpl
    def vtcore_detectors(self) -> tuple[Component, ...]:
        return tuple(
            Component("detector", name, f"{__name__}:Config", f"{__name__}:Detector", "One.")
            for name in ("weighty", "twice")
        )

    @hookimpl
    def vtcore_transforms(self) -> tuple[Component, ...]:
        return (Component("transform", "twice", f"{__name__}:Config", f"{__name__}:Other", "Two."),)


@pytest.fixture
def registered() -> Iterator[None]:
    with plugin_host().register(Weighty(), "weighty"):
        yield


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    state = {"theirs.weight": torch.ones(2, 3), "theirs.bias": torch.zeros(2), "theirs.extra": torch.tensor(1)}
    held = {
        "epoch": 12,
        "state_dict": {f"module.{name}": value for name, value in state.items()},
        "ema_state_dict": {name: value + 1 for name, value in state.items()},
        "optimizer": {"state": {0: torch.ones(1000)}},
        "best": np.float64(3),
    }
    torch.save(held, tmp_path / "trained-12345678.pth")
    return tmp_path / "trained-12345678.pth"


@pytest.fixture
def vtcore_weights(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: Any) -> tuple[int, list[str], list[str]]:
        status = main(["weights", *map(str, words)])
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err.splitlines()

    return run


def test_inspect(vtcore_weights: Any, checkpoint: Path) -> None:
    status, lines, errors = vtcore_weights("inspect", checkpoint, "--names")
    assert (status, errors) == (0, [])
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert lines == [
        f"file:        {checkpoint}",
        f"size:        {checkpoint.stat().st_size:,} bytes",
        f"sha256:      {digest}",
        "layout:      torch archive",
        "under:       state_dict",
        "prefix:      module.",
        "tensors:     3",
        "parameters:  9",
        "types:       float32 (2), int64 (1)",
        "names:       theirs (3)",
        "beside:      epoch: 12",
        "beside:      ema_state_dict: dict of 3",
        "beside:      optimizer: dict of 1",
        lines[13],
        "theirs.weight  (2, 3)  float32",
        "theirs.bias  (2,)  float32",
        "theirs.extra  ()  int64",
    ]
    assert lines[13].startswith("beside:      best: numpy.")
    status, lines, _ = vtcore_weights("inspect", checkpoint, "--json", "--ema", "--names")
    facts = json.loads("\n".join(lines))
    assert (facts["wrapper"], facts["prefix"], facts["names"][0]["shape"]) == (["ema_state_dict"], "", [2, 3])


def test_inspect_refuses_in_one_line(vtcore_weights: Any, checkpoint: Path, tmp_path: Path) -> None:
    assert vtcore_weights("inspect", tmp_path / "no.pth")[::2] == (
        2,
        [f"vtcore: error: {tmp_path / 'no.pth'}: there is no such file"],
    )
    status, _, errors = vtcore_weights("inspect", checkpoint, "--sha256", "00000000")
    assert status == 2
    assert "not 00000000: it is another file, or damaged" in errors[0]
    torch.save({"state_dict": {}}, tmp_path / "x.pth")
    assert vtcore_weights("inspect", tmp_path / "x.pth", "--ema")[2] == [
        f"vtcore: error: {tmp_path / 'x.pth'}: holds no moving average of the weights: its keys are state_dict"
    ]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_convert(vtcore_weights: Any, checkpoint: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / "new" / f"ours{suffix}"
    status, lines, errors = vtcore_weights("convert", checkpoint, target, "--component", "weighty")
    assert (status, errors) == (0, [])
    assert lines == [
        f"{target}: 2 tensors for detector 'weighty'",
        "of 3 in trained-12345678.pth: 0 kept their names, 3 were renamed, joined or left out",
    ]
    found = load_state(target)
    assert found.keys() == {"ours.weight", "ours.bias"}
    assert found["ours.weight"].tolist() == [[1, 1, 1]] * 2
    again = tmp_path / f"again{suffix}"
    assert vtcore_weights("convert", target, again, "--component", "weighty")[1][1] == (
        f"of 2 in ours{suffix}: 2 kept their names, 0 were renamed, joined or left out"
    )
    vtcore_weights("convert", checkpoint, again, "--component", "weighty", "--ema", "--force")
    assert load_state(again)["ours.bias"].tolist() == [1, 1]


@pytest.mark.usefixtures("registered")
def test_what_cannot_be_converted(vtcore_weights: Any, checkpoint: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.pth"

    def error(*words: Any) -> str:
        status, _, errors = vtcore_weights("convert", *words)
        assert (status, len(errors)) == (2, 1)
        return str(errors[0].removeprefix("vtcore: error: "))

    assert error(checkpoint, new, "--component", "wheighty") == "unknown component 'wheighty'; did you mean 'weighty'?"
    assert error(checkpoint, new, "--component", "mot-text") == "writer 'mot-text' has no weights to convert"
    assert error(checkpoint, new, "--component", "twice") == (
        "'twice' is the name of several components: add --kind detector or --kind transform"
    )
    assert error(checkpoint, checkpoint, "--component", "weighty").endswith("is there already; --force replaces it")
    assert error(checkpoint, tmp_path / "new.txt", "--component", "weighty").endswith(
        "weights are written to files that end in .safetensors, .pth, .pt"
    )
    torch.save({"other": torch.ones(1)}, tmp_path / "other.pth")
    assert error(tmp_path / "other.pth", new, "--component", "weighty").endswith(
        "holds another network's weights: they cannot be converted (KeyError: 'theirs.weight')"
    )
    assert not new.exists()
    assert vtcore_weights("convert", checkpoint, new, "--component", "twice", "--kind", "detector")[0] == 0


def test_publish(vtcore_weights: Any, checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    status, lines, errors = vtcore_weights("publish", checkpoint, folder, "--meta", "author=us", "--meta", "data = x=y")
    assert (status, errors) == (0, [])
    path = Path(lines[0])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert lines[1] == f"sha256 {digest}"
    assert path == folder / f"trained-{digest[:8]}.safetensors"
    assert list(folder.iterdir()) == [path]
    with safe_open(path, "pt") as opened:
        assert opened.metadata() == {
            "format": "pt",
            "author": "us",
            "data": "x=y",
            "source": checkpoint.name,
            "source_sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
            "vtcore": vtcore.__version__,
        }
    assert load_state(path).keys() == {"theirs.weight", "theirs.bias", "theirs.extra"}
    assert path.stat().st_size < 1000
    # The same weights always make the same file.
    assert vtcore_weights("publish", checkpoint, folder, "--meta", "data=x=y", "--meta", "author=us")[1] == lines


def test_publish_a_torch_file_of_the_average(vtcore_weights: Any, checkpoint: Path, tmp_path: Path) -> None:
    words = ("publish", checkpoint, tmp_path / "out", "--ema", "--format", "pth", "--name", "ours v2", "--meta", "a=b")
    status, lines, _ = vtcore_weights(*words)
    path = Path(lines[0])
    assert status == 0
    assert (path.name.rpartition("-")[0], path.suffix) == ("ours v2", ".pth")
    held = torch.load(path, weights_only=True)
    assert held["meta"]["a"] == "b"
    assert held["state_dict"]["theirs.bias"].tolist() == [1, 1]


def test_publish_copies_what_is_shared(tmp_path: Path) -> None:
    base = torch.arange(6.0)
    torch.save({"a": base, "b": base[2:4], "c": nn.Parameter(base.reshape(2, 3).T)}, tmp_path / "x.pth")
    path, _ = publish(tmp_path / "x.pth", tmp_path)
    found = load_state(path)
    assert {name: value.tolist() for name, value in found.items()} == {
        "a": [0, 1, 2, 3, 4, 5],
        "b": [2, 3],
        "c": [[0, 3], [1, 4], [2, 5]],
    }


def test_averages_among_the_weights_are_left_out() -> None:
    state = {"a.weight": 1, "a.ema_rate": 2, "ema_a_weight": 3, "ema_a_ema_rate": 4, "ema_other": 5}
    kept = without_average(state)  # type: ignore[arg-type]
    assert kept == {"a.weight": 1, "a.ema_rate": 2, "ema_other": 5}


@pytest.mark.parametrize("pair", ["author", "=x", "vtcore=2", "source=x"])
def test_notes_that_are_none(vtcore_weights: Any, checkpoint: Path, tmp_path: Path, pair: str) -> None:
    status, _, errors = vtcore_weights("publish", checkpoint, tmp_path, "--meta", pair)
    assert status == 2
    assert "--meta" in errors[-1]


def test_a_type_that_safetensors_does_not_know(vtcore_weights: Any, tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(3, dtype=torch.complex128)}, tmp_path / "fourier.pth")
    assert vtcore_weights("publish", tmp_path / "fourier.pth", tmp_path / "new")[2] == [
        f"vtcore: error: {tmp_path / 'new' / 'fourier.partial.safetensors'}: cannot be written: safetensors has no "
        "type complex128; write a file that ends in .pth"
    ]
    assert list((tmp_path / "new").iterdir()) == []
    assert vtcore_weights("publish", tmp_path / "fourier.pth", tmp_path / "new", "--format", "pth")[0] == 0


@pytest.mark.parametrize("name", ["a/b", "..", "\\", "a\nb", "\x1b[31m"])
def test_names_that_are_none(vtcore_weights: Any, checkpoint: Path, tmp_path: Path, name: str) -> None:
    assert vtcore_weights("publish", checkpoint, tmp_path, "--name", name)[2] == [
        f"vtcore: error: {name!r} is no name of a file"
    ]


def test_a_folder_that_cannot_be_written(vtcore_weights: Any, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    status, _, errors = vtcore_weights("publish", checkpoint, tmp_path / "taken" / "deeper")
    assert (status, len(errors)) == (2, 1)
    assert "cannot be written: " in errors[0]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "site"
    folder.mkdir()
    torch.save({"a": torch.ones(2)}, folder / "a.pth")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/a.pth"
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetch_list_clear(vtcore_weights: Any, address: str, cache: Path) -> None:
    assert vtcore_weights("list")[1] == [f"nothing was fetched to {cache / 'weights'}"]
    path = cached_file(address)
    for words in ((), (), ("--force",), ("--sha256", hashlib.sha256(b"").hexdigest()[:8])):
        status, lines, errors = vtcore_weights("fetch", address, *words)
        if not words or words == ("--force",):
            assert (status, lines, errors) == (0, [str(path)], [])
        else:
            assert (status, len(errors)) == (2, 1)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = vtcore_weights("list")[1]
    assert lines[0].split() == ["file", "bytes", "sha256", "address"]
    assert lines[1].split() == ["a.pth", f"{path.stat().st_size:,}", digest[:8], address]
    (row,) = json.loads("\n".join(vtcore_weights("list", "--json")[1]))
    assert (row["file"], row["sha256"], row["complete"]) == (str(path), digest, True)
    assert vtcore_weights("inspect", address)[0] == 0
    assert vtcore_weights("clear", address + "x")[2] == [
        f"vtcore: error: {address}x: was not fetched; vtcore weights list shows what was"
    ]
    size = path.stat().st_size
    assert vtcore_weights("clear", address)[1] == [f"removed 1 file, {size:,} bytes, from {cache / 'weights'}"]
    assert not path.parent.exists()
    assert vtcore_weights("clear")[1] == [f"removed 0 files, 0 bytes, from {cache / 'weights'}"]


def test_what_is_just_being_fetched_stays(vtcore_weights: Any, address: str, cache: Path) -> None:
    path = cached_file(address)
    path.parent.mkdir(parents=True)
    partial = path.with_name("a.pth.partial")
    partial.write_bytes(b"half")
    assert vtcore_weights("list")[1][1].split() == ["a.pth", "4", "unfinished"]
    with locked(path.with_name("a.pth.lock")):
        assert vtcore_weights("clear")[1][1] == "a.pth.partial is just being fetched, and stays"
    assert partial.exists()
    assert vtcore_weights("clear")[1] == [f"removed 1 file, 4 bytes, from {cache / 'weights'}"]
    assert not partial.exists()


def test_fetch_takes_addresses_only(vtcore_weights: Any, cache: Path) -> None:
    for word in ("a.pth", "file:///a.pth"):
        assert vtcore_weights("fetch", word)[2] == [
            f"vtcore: error: {word}: an address begins with http:// or https://"
        ]
    assert vtcore_weights("fetch", "https:///a.pth")[2] == ["vtcore: error: https:///a.pth: names no host"]
    assert vtcore_weights("fetch", "http://127.0.0.1:9/a.pth", "--sha256", "zz")[2] == [
        "vtcore: error: http://127.0.0.1:9/a.pth: sha256 'zz' is none: give 8 to 64 hexadecimal digits"
    ]


def test_help(vtcore_weights: Any) -> None:
    status, lines, _ = vtcore_weights("--help")
    assert status == 0
    assert all(any(word in line for line in lines) for word in ("inspect", "convert", "publish", "fetch", "clear"))
    assert vtcore_weights("convert", "--help")[0] == 0
