"""Weights from the web: broken connections, lying servers, changed files, redirects."""

from __future__ import annotations

import hashlib
import io
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtrack_nets import DownloadError, local_file, web
from vtrack_nets.sources import cached_file

CONTENT = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()

Refused = Callable[..., str]


def test_fetched_once_and_there_offline(site: Any, tmp_path: Path, partial_of: Callable[[str], Path]) -> None:
    path = local_file(site.address)
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cache" / "weights")
    assert local_file(site.address) == path
    assert len(site.requests) == 1
    about = json.loads(path.with_name(path.name + ".json").read_text())
    assert (about["address"], about["sha256"], about["size"]) == (site.address, DIGEST, len(CONTENT))
    assert not partial_of(site.address).exists()


def test_a_broken_connection_is_gone_on_with(site: Any) -> None:
    site.breaks = [1000, 100_000, 7]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=1000-", "bytes=101000-", "bytes=101007-"]


def test_a_later_call_goes_on(site: Any, refused_address: Refused, partial_of: Callable[[str], Path]) -> None:
    site.breaks = [300_000, *[0] * 10]
    message = refused_address(site.address)
    assert message == (
        f"{site.address}: the connection ended after 300,000 of 512,000 bytes; what came so far, 300,000 bytes, is kept"
    )
    assert partial_of(site.address).stat().st_size == 300_000
    assert not cached_file(site.address).exists()
    site.breaks, site.requests = [], []
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT
    assert site.requests == [("/weights.pth", "bytes=300000-")]


def test_a_server_without_ranges_starts_again(site: Any) -> None:
    site.ranges, site.breaks = False, [1000, 2000]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=1000-", "bytes=2000-"]


def test_a_changed_file_starts_again(site: Any, refused_address: Refused) -> None:
    site.breaks = [1000, *[0] * 10]
    refused_address(site.address)
    site.breaks, site.content, site.tag = [], CONTENT[::-1], '"two"'
    assert local_file(site.address).read_bytes() == CONTENT[::-1]


def test_a_changed_file_on_a_server_that_does_not_say_so(site: Any, refused_address: Refused) -> None:
    """It sends the rest of another file under the same mark: the hash tells, and everything is fetched again."""
    site.breaks = [1000, *[0] * 10]
    refused_address(site.address)
    site.breaks, site.content = [], CONTENT[::-1]
    wanted = hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert local_file(site.address, wanted).read_bytes() == CONTENT[::-1]


def test_a_shorter_file_in_its_place(site: Any, refused_address: Refused) -> None:
    site.breaks = [1000, *[0] * 10]
    refused_address(site.address)
    site.breaks, site.content = [], CONTENT[:500]
    assert local_file(site.address).read_bytes() == CONTENT[:500]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_mark_of_the_file_nothing_is_gone_on_with(site: Any, tag: str) -> None:
    site.tag, site.breaks = tag, [1000]
    assert local_file(site.address).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, None]


def test_a_length_that_is_a_lie(site: Any, refused_address: Refused) -> None:
    site.claimed = 1000
    assert "the connection ended after 512,000 of 513,000 bytes" in refused_address(site.address)
    assert not cached_file(site.address).exists()


def test_without_a_length(site: Any) -> None:
    site.chunked = True
    assert local_file(site.address, DIGEST).read_bytes() == CONTENT


def test_an_empty_file(site: Any, refused_address: Refused) -> None:
    site.content = b""
    assert refused_address(site.address) == f"{site.address}: cannot be fetched: the file is empty"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(site: Any, status: int) -> None:
    moved = site.address.replace("weights.pth", "moved/release-12345678.pth")
    site.redirect = (status, "/signed?key=secret")
    path = local_file(moved, DIGEST)
    assert path.name == "release-12345678.pth"
    assert [asked for asked, _ in site.requests] == ["/moved/release-12345678.pth", "/signed?key=secret"]


def test_redirects_keep_the_range(site: Any) -> None:
    moved = site.address.replace("weights.pth", "moved.pth")
    site.breaks = [1000]
    assert local_file(moved).read_bytes() == CONTENT
    assert site.requests[-1] == ("/weights.pth", "bytes=1000-")


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirects_elsewhere_are_not_followed(site: Any, place: str, refused_address: Refused) -> None:
    site.redirect = (302, place)
    moved = site.address.replace("weights.pth", "moved.pth")
    assert refused_address(moved).startswith(f"{moved}: redirects ")
    assert site.requests == [("/moved.pth", None)]


def test_redirects_without_end(site: Any, refused_address: Refused) -> None:
    site.redirect = (302, "/moved.pth")
    assert "redirects in a way that is not followed" in refused_address(
        site.address.replace("weights.pth", "moved.pth")
    )


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
def test_refusals_are_told_at_once(site: Any, status: int, told: str, refused_address: Refused) -> None:
    site.statuses = [status] * 9
    assert refused_address(site.address).startswith(f"{site.address}: cannot be fetched: {told}")
    assert len(site.requests) == 1


def test_a_busy_server_is_asked_again(site: Any, refused_address: Refused) -> None:
    site.statuses = [503, 500, 429]
    assert local_file(site.address).read_bytes() == CONTENT
    site.statuses = [503] * 9
    other = site.address.replace("weights", "other")
    assert refused_address(other).startswith(f"{other}: the server answers 503 (Service Unavailable); try again later")
    assert len(site.requests) == 8


def test_a_web_page_is_no_file(site: Any, refused_address: Refused) -> None:
    site.kind = "text/html; charset=utf-8"
    assert refused_address(site.address).startswith(f"{site.address}: answers with a web page, not with a file")
    assert not cached_file(site.address).exists()


def test_a_silent_server(site: Any, monkeypatch: pytest.MonkeyPatch, refused_address: Refused) -> None:
    monkeypatch.setattr(web, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.pth"
        assert refused_address(address) == f"{address}: cannot be fetched: 127.0.0.1 did not answer for 0.05 s"


def test_without_a_network(site: Any, monkeypatch: pytest.MonkeyPatch, refused_address: Refused) -> None:
    path = local_file(site.address)

    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert local_file(site.address) == path
    assert refused_address("https://example.org/a.pth?key=secret") == (
        "https://example.org/a.pth: cannot be fetched: no address of example.org is known: without a network, weights "
        "that were fetched once still load; or give the path of a file"
    )


def test_nobody_listens(site: Any, refused_address: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "cannot be fetched: Connection refused; without a network" in refused_address(
        f"http://127.0.0.1:{port}/a.pth"
    )


def test_no_way_from_https_to_http() -> None:
    from urllib.request import Request

    safe = Request("https://example.org/a.pth")
    with pytest.raises(DownloadError, match=r"redirects to http://example\.org/b\.pth, which is not"):
        web._Redirects().redirect_request(safe, io.BytesIO(), 302, "", safe.headers, "http://example.org/b.pth")  # type: ignore[arg-type]
