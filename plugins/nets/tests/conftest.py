"""What tests of files of weights share: a server that misbehaves, and the one line that a refusal is."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from vtcore.errors import VtcoreError
from vtrack_nets import CheckpointError, DownloadError, local_file
from vtrack_nets import downloads as downloads_module
from vtrack_nets.checkpoints import read_checkpoint
from vtrack_nets.sources import cached_file

CONTENT = bytes(range(256)) * 2000


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


@pytest.fixture
def refused_address() -> Callable[..., str]:
    """Return what a refused address is told."""

    def refusal(address: str, **options: Any) -> str:
        with pytest.raises(DownloadError) as caught:
            local_file(address, **options)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, VtcoreError)
        return str(caught.value)

    return refusal


@pytest.fixture
def partial_of() -> Callable[[str], Path]:
    """Return where the beginning of an address's file lies."""

    def place(address: str) -> Path:
        path = cached_file(address)
        return path.with_name(path.name + ".partial")

    return place


@pytest.fixture
def refused_file() -> Callable[..., str]:
    """Return what a refused file is told, without its name."""

    def refusal(path: Path, **options: Any) -> str:
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(path, **options)
        message = str(caught.value)
        assert "\n" not in message
        assert message.isprintable()
        assert message.startswith(f"{path}: ")
        return message.removeprefix(f"{path}: ")

    return refusal
