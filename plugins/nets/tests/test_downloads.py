"""Weights from the web: broken connections, lying servers, changed files, two processes at once."""

from __future__ import annotations

import errno
import hashlib
import http.server
import io
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from torch import nn

from vtcore.errors import VtcoreError
from vtrack_nets import CheckpointError, DownloadError, load_weights, local_file, web
from vtrack_nets import downloads as downloads_module
from vtrack_nets.sources import cached_file, hash_in_name

CONTENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@attrs.define
class Site:
    """A server on this machine, and what it does with the next requests.

    Attributes:
        ranges: Answers requests for a part with that part.
        tag: ETag; empty for none.
        breaks: After how many bytes of the body each request's connection breaks, first to last; None for never.
        claimed: Bytes added to the length that it tells.
        statuses: Answers before anything else, first to last.
        kind: Content type.
        redirect: Where it sends those who ask for /moved.
        chunked: Sends without a length.
        requests: Header lines asked with: path and Range.
    """

    address: str = ""
    content: bytes = CONTENT
    ranges: bool = True
    tag: str = '"one"'
    breaks: list[int | None] = attrs.field(factory=list)
    claimed: int = 0
    statuses: list[int] = attrs.field(factory=list)
    kind: str = "application/octet-stream"
    redirect: tuple[int, str] = (302, "/weights.pth")
    chunked: bool = False
    requests: list[tuple[str, str | None]] = attrs.field(factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        site = self.site
        asked = self.headers.get("Range")
        site.requests.append((self.path, asked))
        if self.path.startswith("/moved"):
            status, place = site.redirect
            self.send_response(status)
            self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if site.statuses and (status := site.statuses.pop(0)) != 200:
            self.send_error(status)
            return
        start = 0
        if asked and site.ranges and self.headers.get("If-Range", site.tag) == site.tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(site.content):
                self.send_error(416)
                return
        self._send(site, start)

    def _send(self, site: Site, start: int) -> None:
        body = site.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
        if not site.chunked:
            self.send_header("Content-Length", str(len(body) + site.claimed))
        if site.tag:
            self.send_header("ETag", site.tag)
        self.send_header("Content-Type", site.kind)
        self.end_headers()
        length = site.breaks.pop(0) if site.breaks else None
        self.wfile.write(body if length is None else body[:length])
        self.close_connection = True


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(downloads_module, "_PAUSE_SECONDS", 0.001)
    served = Site()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": served}))
    served.address = f"http://127.0.0.1:{server.server_port}/weights.pth"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(address: str, **options: Any) -> str:
    with pytest.raises(DownloadError) as caught:
        local_file(address, **options)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, VtcoreError)
    return str(caught.value)


def partial_of(address: str) -> Path:
    path = cached_file(address)
    return path.with_name(path.name + ".partial")


def test_fetched_once_and_there_offline(site: Site, tmp_path: Path) -> None:
    path = local_file(site.address)
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cache" / "weights")
    assert local_file(site.address) == path
    assert len(site.requests) == 1
    about = json.loads(path.with_name(path.name + ".json").read_text())
    assert (about["address"], about["sha256"], about["size"]) == (site.address, DIGEST, len(CONTENT))
    assert not partial_of(site.address).exists()


def test_a_broken_connection_is_gone_on_with(site: Site) -> None:
    site.breaks = [1000, 100_000, 7]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=1000-", "bytes=101000-", "bytes=101007-"]


def test_a_later_call_goes_on(site: Site) -> None:
    site.breaks = [300_000, *[0] * 10]
    message = refusal(site.address)
    assert message == (
        f"{site.address}: the connection ended after 300,000 of 512,000 bytes; what came so far, 300,000 bytes, is kept"
    )
    assert partial_of(site.address).stat().st_size == 300_000
    assert not cached_file(site.address).exists()
    site.breaks, site.requests = [], []
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT
    assert site.requests == [("/weights.pth", "bytes=300000-")]


def test_a_server_without_ranges_starts_again(site: Site) -> None:
    site.ranges, site.breaks = False, [1000, 2000]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=1000-", "bytes=2000-"]


def test_a_changed_file_starts_again(site: Site) -> None:
    site.breaks = [1000, *[0] * 10]
    refusal(site.address)
    site.breaks, site.content, site.tag = [], CONTENT[::-1], '"two"'
    assert local_file(site.address).read_bytes() == CONTENT[::-1]


def test_a_changed_file_on_a_server_that_does_not_say_so(site: Site) -> None:
    """It sends the rest of another file under the same mark: the hash tells, and everything is fetched again."""
    site.breaks = [1000, *[0] * 10]
    refusal(site.address)
    site.breaks, site.content = [], CONTENT[::-1]
    wanted = hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert local_file(site.address, wanted).read_bytes() == CONTENT[::-1]


def test_a_shorter_file_in_its_place(site: Site) -> None:
    site.breaks = [1000, *[0] * 10]
    refusal(site.address)
    site.breaks, site.content = [], CONTENT[:500]
    assert local_file(site.address).read_bytes() == CONTENT[:500]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_mark_of_the_file_nothing_is_gone_on_with(site: Site, tag: str) -> None:
    site.tag, site.breaks = tag, [1000]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, None]


def test_a_length_that_is_a_lie(site: Site) -> None:
    site.claimed = 1000
    assert "the connection ended after 512,000 of 513,000 bytes" in refusal(site.address)
    assert not cached_file(site.address).exists()


def test_without_a_length(site: Site) -> None:
    site.chunked = True
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT


def test_an_empty_file(site: Site) -> None:
    site.content = b""
    assert refusal(site.address) == f"{site.address}: cannot be fetched: the file is empty"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(site: Site, status: int) -> None:
    moved = site.address.replace("weights.pth", "moved/release-12345678.pth")
    site.redirect = (status, "/signed?key=secret")
    path = local_file(moved, DIGEST)
    assert path.name == "release-12345678.pth"
    assert [asked for asked, _ in site.requests] == ["/moved/release-12345678.pth", "/signed?key=secret"]


def test_redirects_keep_the_range(site: Site) -> None:
    moved = site.address.replace("weights.pth", "moved.pth")
    site.breaks = [1000]
    assert local_file(moved).read_bytes() == CONTENT
    assert site.requests[-1] == ("/weights.pth", "bytes=1000-")


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirects_elsewhere_are_not_followed(site: Site, place: str) -> None:
    site.redirect = (302, place)
    moved = site.address.replace("weights.pth", "moved.pth")
    assert refusal(moved).startswith(f"{moved}: redirects ")
    assert site.requests == [("/moved.pth", None)]


def test_redirects_without_end(site: Site) -> None:
    site.redirect = (302, "/moved.pth")
    assert "redirects in a way that is not followed" in refusal(site.address.replace("weights.pth", "moved.pth"))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "the server answers 404: there is no such file: is the address right?"),
        (403, "the server answers 403: it does not give this file to us: fetch it yourself, and give its path"),
        (401, "the server answers 401: it wants a login"),
        (410, "the server answers 410: the file is gone"),
        (418, "the server answers 418: "),
    ],
)
def test_refusals_are_told_at_once(site: Site, status: int, told: str) -> None:
    site.statuses = [status] * 9
    assert refusal(site.address).startswith(f"{site.address}: cannot be fetched: {told}")
    assert len(site.requests) == 1


def test_a_busy_server_is_asked_again(site: Site) -> None:
    site.statuses = [503, 500, 429]
    assert local_file(site.address).read_bytes() == CONTENT
    site.statuses = [503] * 9
    other = site.address.replace("weights", "other")
    assert refusal(other).startswith(f"{other}: the server answers 503 (Service Unavailable); try again later")
    assert len(site.requests) == 8


def test_a_web_page_is_no_file(site: Site) -> None:
    site.kind = "text/html; charset=utf-8"
    assert refusal(site.address).startswith(f"{site.address}: answers with a web page, not with a file")
    assert not cached_file(site.address).exists()


def test_a_silent_server(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.pth"
        assert refusal(address) == f"{address}: cannot be fetched: 127.0.0.1 did not answer for 0.05 s"


def test_without_a_network(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = local_file(site.address)

    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert local_file(site.address) == path
    assert refusal("https://example.org/a.pth?key=secret") == (
        "https://example.org/a.pth: cannot be fetched: no address of example.org is known: without a network, weights "
        "that were fetched once still load; or give the path of a file"
    )


def test_nobody_listens(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "cannot be fetched: Connection refused; without a network" in refusal(f"http://127.0.0.1:{port}/a.pth")


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


def test_the_hash_in_the_name_is_checked(site: Site) -> None:
    good = site.address.replace("weights", f"weights-{DIGEST[:8]}")
    assert local_file(good).read_bytes() == CONTENT
    bad = site.address.replace("weights", "weights-deadbeef")
    assert refusal(bad) == (
        f"{bad}: has the sha256 {DIGEST}, but its name says deadbeef: it was damaged on its way, or changed; where it "
        "is the right one all the same, give that hash as weights_sha256; it is not kept"
    )
    assert not cached_file(bad).exists()
    assert not partial_of(bad).exists()
    assert local_file(bad, DIGEST[:12]).read_bytes() == CONTENT


def test_another_file_than_the_hash_says(site: Site) -> None:
    assert refusal(site.address, sha256="0" * 64) == (
        f"{site.address}: has the sha256 {DIGEST}, not {'0' * 64}: it is another file, or was damaged on its way; it "
        "is not kept"
    )
    assert local_file(site.address, DIGEST.upper()).read_bytes() == CONTENT


def test_a_mismatch_removes_nothing_that_is_good(site: Site) -> None:
    path = local_file(site.address)
    site.content = CONTENT[::-1]
    with pytest.raises(DownloadError, match="it is not kept"):
        downloads_module.download(site.address, path, sha256=DIGEST, force=True)
    assert path.read_bytes() == CONTENT
    downloads_module.download(site.address, path, force=True)
    assert path.read_bytes() == CONTENT[::-1]


# --- The disk, and other processes ------------------------------------------------------------------------------


def test_a_full_disk(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = cached_file(site.address).parent
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
        assert refusal(site.address) == (
            f"{site.address}: needs 512,000 bytes in {folder}, where 1,000 are free; make room, or name another folder "
            "by VTCORE_CACHE"
        )
    with monkeypatch.context() as patched:

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(downloads_module.os, "fsync", full)
        assert refusal(site.address) == (
            f"{site.address}: cannot be kept in {folder}: No space left on device; VTCORE_CACHE names another folder"
        )
    assert not cached_file(site.address).exists()
    assert local_file(site.address).read_bytes() == CONTENT


def test_a_folder_that_cannot_be(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "taken"))
    assert "cannot be kept in" in refusal(site.address)
    assert site.requests == []


FETCH = "import sys; from vtrack_nets import local_file; print(local_file(sys.argv[1]))"


def test_two_processes_fetch_once(site: Site) -> None:
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


def test_many_threads_fetch_once(site: Site) -> None:
    threads = [threading.Thread(target=local_file, args=(site.address,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.requests) == 1
    assert cached_file(site.address).read_bytes() == CONTENT


def test_a_file_system_without_locks(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fetches to a file of its own; nothing is gone on with, and nothing mixed."""
    fcntl = pytest.importorskip("fcntl")

    def unknown(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    assert local_file(site.address).read_bytes() == CONTENT
    assert [path.suffix for path in cached_file(site.address).parent.glob("*.partial")] == []


def test_what_a_killed_process_left_is_gone_on_with(site: Site) -> None:
    code = FETCH.replace(
        "print", "import os; from vtrack_nets import downloads; downloads.os.fsync = lambda _: os._exit(9); print"
    )
    done = subprocess.run([sys.executable, "-c", code, site.address], check=False, timeout=60)
    assert done.returncode == 9
    assert partial_of(site.address).exists()
    assert local_file(site.address).read_bytes() == CONTENT


# --- What people see --------------------------------------------------------------------------------------------


def test_progress_on_a_terminal_only(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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


def test_same_names_of_other_addresses_are_other_files(site: Site) -> None:
    one = local_file(site.address)
    site.content = CONTENT[::-1]
    two = local_file(site.address.replace("/weights", "/v2/weights"))
    assert one.name == two.name
    assert one.read_bytes() != two.read_bytes()


def test_names_with_spaces_and_letters_of_all_languages(site: Site) -> None:
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
def test_addresses_that_are_none(address: str, told: str) -> None:
    assert refusal(address).startswith(told)


def test_addresses_of_files(tmp_path: Path) -> None:
    path = tmp_path / "a b.pth"
    path.write_bytes(b"x")
    assert local_file(path.as_uri()) == path
    assert local_file(str(path)) == path
    assert local_file(tmp_path / "nothing") == tmp_path / "nothing"


def test_weights_of_an_address_into_a_network(site: Site, tmp_path: Path) -> None:
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


def test_an_address_that_moved_on(site: Site) -> None:
    path = local_file(site.address)
    newer = hashlib.sha256(CONTENT[::-1]).hexdigest()
    message = refusal(site.address, sha256=newer)
    assert message.endswith(f"it is not kept (what was fetched earlier has the sha256 {DIGEST})")
    assert path.read_bytes() == CONTENT
    site.content, site.tag = CONTENT[::-1], '"two"'
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT
    assert local_file(site.address, newer[:10].upper()) == path
    assert path.read_bytes() == CONTENT[::-1]


def test_no_way_from_https_to_http() -> None:
    from urllib.request import Request

    safe = Request("https://example.org/a.pth")
    with pytest.raises(DownloadError, match=r"redirects to http://example\.org/b\.pth, which is not"):
        web._Redirects().redirect_request(safe, io.BytesIO(), 302, "", safe.headers, "http://example.org/b.pth")  # type: ignore[arg-type]
