"""Files from the web: their hashes, names and places, a full disk, two processes at once."""

from __future__ import annotations

import errno
import hashlib
import io
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from vtrack_nets import CheckpointError, DownloadError, load_weights, local_file
from vtrack_nets import downloads as downloads_module
from vtrack_nets.sources import cached_file, hash_in_name

CONTENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()

Refused = Callable[..., str]


# --- Hashes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("resnet50-19c8e357.pth", "19c8e357"),
        ("faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth", "047c8118"),
        ("model-" + "0a" * 32 + ".safetensors", "0a" * 32),
        ("model-20240131.pth", ""),
        ("model_19c8e357.pth", ""),
        ("model-19c8e35.pth", ""),
        ("model-19C8E357.pth", ""),
        ("model-19c8e357", ""),
    ],
)
def test_hashes_in_names(name: str, found: str) -> None:
    assert hash_in_name(name) == found


def test_the_hash_in_the_name_is_checked(
    site: Any, refused_address: Refused, partial_of: Callable[[str], Path]
) -> None:
    good = site.address.replace("weights", f"weights-{DIGEST[:8]}")
    assert local_file(good).read_bytes() == CONTENT
    bad = site.address.replace("weights", "weights-deadbeef")
    assert refused_address(bad) == (
        f"{bad}: has the sha256 {DIGEST}, but its name says deadbeef: it was damaged on its way, or changed; where it "
        "is the right one all the same, give that hash as weights_sha256; it is not kept"
    )
    assert not cached_file(bad).exists()
    assert not partial_of(bad).exists()
    assert local_file(bad, DIGEST[:12]).read_bytes() == CONTENT


def test_another_file_than_the_hash_says(site: Any, refused_address: Refused) -> None:
    assert refused_address(site.address, sha256="0" * 64) == (
        f"{site.address}: has the sha256 {DIGEST}, not {'0' * 64}: it is another file, or was damaged on its way; it "
        "is not kept"
    )
    assert local_file(site.address, DIGEST.upper()).read_bytes() == CONTENT


def test_a_mismatch_removes_nothing_that_is_good(site: Any) -> None:
    path = local_file(site.address)
    site.content = CONTENT[::-1]
    with pytest.raises(DownloadError, match="it is not kept"):
        downloads_module.download(site.address, path, sha256=DIGEST, force=True)
    assert path.read_bytes() == CONTENT
    downloads_module.download(site.address, path, force=True)
    assert path.read_bytes() == CONTENT[::-1]


# --- The disk, and other processes ------------------------------------------------------------------------------


def test_a_full_disk(site: Any, monkeypatch: pytest.MonkeyPatch, refused_address: Refused) -> None:
    folder = cached_file(site.address).parent
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
        assert refused_address(site.address) == (
            f"{site.address}: needs 512,000 bytes in {folder}, where 1,000 are free; make room, or name another folder "
            "by VTCORE_CACHE"
        )
    with monkeypatch.context() as patched:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(downloads_module.os, "fsync", full)
        assert refused_address(site.address) == (
            f"{site.address}: cannot be kept in {folder}: No space left on device; VTCORE_CACHE names another folder"
        )
    assert not cached_file(site.address).exists()
    assert local_file(site.address).read_bytes() == CONTENT


def test_a_folder_that_cannot_be(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused_address: Refused
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "taken"))
    assert "cannot be kept in" in refused_address(site.address)
    assert site.requests == []


FETCH = "import sys; from vtrack_nets import local_file; print(local_file(sys.argv[1]))"


def test_two_processes_fetch_once(site: Any) -> None:
    site.content = CONTENT * 40
    both = [
        subprocess.Popen([sys.executable, "-c", FETCH, site.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert cached_file(site.address).read_bytes() == site.content
    assert len(site.requests) == 1
    assert [error for _, error in told] == [b"", b""]


def test_many_threads_fetch_once(site: Any) -> None:
    threads = [threading.Thread(target=local_file, args=(site.address,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.requests) == 1
    assert cached_file(site.address).read_bytes() == CONTENT


def test_a_file_system_without_locks(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fetches to a file of its own; nothing is gone on with, and nothing mixed."""
    fcntl = pytest.importorskip("fcntl")

    def unknown(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    assert local_file(site.address).read_bytes() == CONTENT
    assert [path.suffix for path in cached_file(site.address).parent.glob("*.partial")] == []


def test_what_a_killed_process_left_is_gone_on_with(site: Any, partial_of: Callable[[str], Path]) -> None:
    code = FETCH.replace(
        "print", "import os; from vtrack_nets import downloads; downloads.os.fsync = lambda _: os._exit(9); print"
    )
    done = subprocess.run([sys.executable, "-c", code, site.address], check=False, timeout=60)
    assert done.returncode == 9
    assert partial_of(site.address).exists()
    assert local_file(site.address).read_bytes() == CONTENT


# --- What people see --------------------------------------------------------------------------------------------


def test_progress_on_a_terminal_only(
    site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    local_file(site.address)
    assert capsys.readouterr() == ("", "")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    local_file(site.address.replace("weights", "others"))
    assert "fetching others.pth" in screen.getvalue()


def test_same_names_of_other_addresses_are_other_files(site: Any) -> None:
    one = local_file(site.address)
    site.content = CONTENT[::-1]
    two = local_file(site.address.replace("/weights", "/v2/weights"))
    assert one.name == two.name
    assert one.read_bytes() != two.read_bytes()


def test_names_with_spaces_and_letters_of_all_languages(site: Any) -> None:
    local_file(site.address.replace("weights", "größe 1%20a"))
    assert site.requests[0][0] == "/gr%C3%B6%C3%9Fe%201%20a.pth"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ftp://example.org/a.pth", "ftp://example.org/a.pth: an address must begin with http://, https:// or file://"),
        ("https:///a.pth", "https:///a.pth: names no host"),
        ("https://example.org/", "https://example.org/: names no file"),
        ("https://example.org:x/a.pth", "https://example.org:x/a.pth: is no address: "),
        ("https://example..org/a.pth", "https://example..org/a.pth: is no address: "),
        ("https://äxample..org/a.pth", "https://äxample..org/a.pth: is no address: "),
        (f"https://{'x' * 70}.org/a.pth", f"https://{'x' * 70}.org/a.pth: is no address: "),
        ("https://me:word@example.org/a.pth", "example.org: an address with a password would end up in files"),
        ("file:///nowhere/a.pth", "there is no file file:///nowhere/a.pth"),
    ],
)
def test_addresses_that_are_none(address: str, told: str, refused_address: Refused) -> None:
    assert refused_address(address).startswith(told)


def test_addresses_of_files(tmp_path: Path) -> None:
    path = tmp_path / "a b.pth"
    path.write_bytes(b"x")
    assert local_file(path.as_uri()) == path
    assert local_file(str(path)) == path
    assert local_file(tmp_path / "nothing") == tmp_path / "nothing"


def test_weights_of_an_address_into_a_network(site: Any, tmp_path: Path) -> None:
    network, other = nn.Linear(2, 3), nn.Linear(2, 3)
    torch.save({"model": network.state_dict()}, tmp_path / "x.pth")
    site.content = (tmp_path / "x.pth").read_bytes()
    assert load_weights(other, site.address).complete
    assert torch.equal(network.weight, other.weight)
    with pytest.raises(DownloadError, match=r"has the sha256 .*, not 00000000: it is another file"):
        load_weights(other, site.address, sha256="00000000")
    cached_file(site.address).write_bytes(site.content[:-1] + b"x")
    with pytest.raises(CheckpointError, match=r"has the sha256 .*, not .*: it is another file, or damaged"):
        load_weights(other, site.address, sha256=hashlib.sha256(site.content).hexdigest())


def test_an_address_that_moved_on(site: Any, refused_address: Refused) -> None:
    path = local_file(site.address)
    newer = hashlib.sha256(CONTENT[::-1]).hexdigest()
    message = refused_address(site.address, sha256=newer)
    assert message.endswith(f"it is not kept (what was fetched earlier has the sha256 {DIGEST})")
    assert path.read_bytes() == CONTENT
    site.content, site.tag = CONTENT[::-1], '"two"'
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT
    assert local_file(site.address, newer[:10].upper()) == path
    assert path.read_bytes() == CONTENT[::-1]
