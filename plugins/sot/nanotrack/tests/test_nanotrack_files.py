from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from vtcore.components import BuildContext
from vtcore.errors import MissingPackageError, VtcoreError
from vtrack_plugin_nanotrack import NanoTrack, network_files
from vtrack_plugin_nanotrack.config import NanoTrackConfig
from vtrack_plugin_nanotrack.network_files import NetworkFileError


def test_files_are_needed(write_head: Any) -> None:
    with pytest.raises(ValueError, match="backbone: no file is given"):
        NanoTrack(head=write_head())
    assert list(NanoTrackConfig(head=write_head()).check()) == [
        'backbone: no file is given; write backbone = "file or address"'
    ]


def test_the_preflight_tells_of_missing_files(write_head: Any, tmp_path: Path) -> None:
    config = NanoTrackConfig(backbone=str(tmp_path / "none.onnx"), head=str(tmp_path))
    assert list(config.check()) == [
        f"backbone: there is no file {tmp_path / 'none.onnx'}",
        f"head: {tmp_path} is a folder",
    ]
    for part in ("backbone", "head"):
        with pytest.raises(NetworkFileError, match=r"no such file|is a folder"):
            NanoTrack(**{"backbone": write_head("a.onnx"), "head": write_head("b.onnx"), part: getattr(config, part)})


def test_files_that_are_named_are_part_of_a_key(write_backbone: Any, write_head: Any) -> None:
    config = NanoTrackConfig(backbone=write_backbone(), head=write_head())
    assert list(config.files()) == [config.backbone, config.head]
    assert list(config.check()) == []
    assert config.needs == {"image", "targets"}


def test_hashes_are_compared(make: Any, write_head: Any) -> None:
    head = write_head("hashed.onnx")
    digest = hashlib.sha256(Path(head).read_bytes()).hexdigest()
    make(head=head, head_sha256=digest[:12].upper())
    with pytest.raises(NetworkFileError, match=r"hashed.onnx: has the sha256 .*, not 00000000: it is another file"):
        make(head=head, head_sha256="00000000")
    with pytest.raises(ValueError, match="head_sha256: must be 8 to 64 hexadecimal digits, got 'x'"):
        NanoTrackConfig(head_sha256="x")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("penalty_k", -1.0, "penalty_k: must be >= 0"),
        ("window_influence", 1.5, "window_influence: must be <= 1"),
        ("lr", -0.1, "lr: must be >= 0"),
        ("channel_order", "gbr", "channel_order: must be one of"),
        ("compat", "cv", "compat: must be one of"),
        ("threads", -1, "threads: must be >= 0"),
    ],
)
def test_options_out_of_bounds(make: Any, option: str, value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make(**{option: value})


def test_what_is_no_network(make: Any, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network at all")
    with pytest.raises(NetworkFileError, match=r"text.onnx: is damaged, or no ONNX network"):
        make(backbone=str(tmp_path / "text.onnx"))


def test_files_that_are_exchanged_or_of_others(make: Any, write_backbone: Any, write_head: Any) -> None:
    with pytest.raises(
        NetworkFileError, match=r"head.onnx: is no backbone of NanoTrack: it must take pictures, and has 2 inputs"
    ):
        make(backbone=write_head())
    with pytest.raises(NetworkFileError, match=r"backbone.onnx: is no head of NanoTrack"):
        make(head=write_backbone())
    with pytest.raises(NetworkFileError, match=r"its outputs must be scores \(1, 2, n, n\)"):
        make(head=write_head("other.onnx", outputs=(3, 4)))


def test_devices(make: Any) -> None:
    with pytest.raises(VtcoreError, match="device 'tpu': this onnxruntime has no such device"):
        make(context=BuildContext(device="tpu"))
    assert make(threads=0)._network.grid == 16


def test_an_address_needs_the_package_that_fetches(monkeypatch: pytest.MonkeyPatch, write_head: Any) -> None:
    address = "https://example.invalid/nanotrack_backbone.onnx"
    monkeypatch.setattr(network_files, "find_spec", lambda name: None)
    config = NanoTrackConfig(backbone=address, head=write_head())
    assert list(config.check()) == [
        "backbone: an address needs vtrack-nets: pip install 'vtrack-plugin-nanotrack[download]', or fetch the file "
        "yourself"
    ]
    with pytest.raises(MissingPackageError, match=r"vtrack-plugin-nanotrack\[download\]"):
        NanoTrack(backbone=address, head=config.head)


def test_an_address_of_a_file(make: Any, write_head: Any) -> None:
    pytest.importorskip("vtrack_nets", reason="vtrack-nets is not installed")
    address = Path(write_head("there.onnx")).as_uri()
    assert list(NanoTrackConfig(backbone=address, head=address).check()) == []
    make(head=address)
