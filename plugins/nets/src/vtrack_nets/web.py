"""Requests for files: redirects, ranges, and errors in plain words."""

from __future__ import annotations

import email.message
import http.client
import re
import socket
import ssl
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import quote, urlsplit

import attrs

import vtcore
from vtrack_nets.errors import DownloadError, shown

__all__ = ["Answer", "PassingError", "ask", "shown_address"]

TIMEOUT_SECONDS = 30.0
"""How long a server may be silent."""

_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that another try may change."""

_REASONS = {
    401: "it wants a login, which vtcore does not have: fetch the file yourself, and give its path",
    403: "it does not give this file to us: fetch it yourself, and give its path",
    404: "there is no such file: is the address right?",
    410: "the file is gone",
}


class PassingError(Exception):
    """What another try may mend: a broken connection, a busy server."""


@attrs.frozen
class Answer:
    """What a server answers to a request for a file.

    Attributes:
        body: The bytes.
        start: Where in the file they begin.
        size: Of the whole file in bytes, None where the server does not say.
        mark: What changes when the file does (a strong ETag, or the time of its last change); empty for none.
    """

    body: http.client.HTTPResponse
    start: int
    size: int | None
    mark: str


def ask(address: str, *, start: int = 0, mark: str = "") -> Answer | None:
    """Ask for a file, or for the rest of it.

    Args:
        address: With http or https.
        start: Bytes that are here already.
        mark: The mark of the file that these are of.

    Returns:
        The answer, which may begin at 0 all the same; None where the server has no rest of that very file.

    Raises:
        PassingError: Another try may help.
        DownloadError: None would.
    """
    headers = {"User-Agent": f"vtcore/{vtcore.__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": mark}
    request = urllib.request.Request(_quoted(address), headers=headers)
    try:
        body = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                return None
            raise _told(address, error) from error
    except DownloadError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(address, error) from error
    try:
        return _answer(address, body, start, mark)
    except BaseException:
        body.close()
        raise


def shown_address(address: str) -> str:
    """Return an address as messages may show it: what follows a ``?`` can be a key to the file."""
    return shown(urlsplit(address)._replace(query="", fragment="").geturl())


def _answer(address: str, body: Any, start: int, mark: str) -> Answer | None:
    headers = body.headers
    if headers.get_content_type() in ("text/html", "application/xhtml+xml"):
        raise DownloadError(
            f"{shown_address(address)}: answers with a web page, not with a file: take the address of the file itself"
        )
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DownloadError(f"{shown_address(address)}: the server sends the file compressed, unasked")
    found = _mark(headers)
    if body.status == http.HTTPStatus.PARTIAL_CONTENT:
        range_of = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
        if range_of is None or int(range_of[1]) != start or (found and found != mark):
            body.close()
            return None
        return Answer(body, start, None if range_of[2] == "*" else int(range_of[2]), mark)
    length = headers.get("Content-Length", "")
    return Answer(body, 0, int(length) if length.isdecimal() else None, found)


def _mark(headers: email.message.Message) -> str:
    tag = headers.get("ETag", "").strip()
    # A weak tag says that files mean the same, not that their bytes are.
    return tag if tag.startswith('"') else headers.get("Last-Modified", "").strip()


def _told(address: str, error: urllib.error.HTTPError) -> Exception:
    code = error.code
    place = shown_address(address)
    if code // 100 == http.HTTPStatus.MULTIPLE_CHOICES // 100:
        told = next(iter(str(error.msg).splitlines()), "")
        return DownloadError(f"{place}: redirects in a way that is not followed: {shown(told)}")
    if code in _PASSING:
        return PassingError(f"{place}: the server answers {code} ({shown(str(error.reason))}); try again later")
    reason = _REASONS.get(code, shown(str(error.reason)))
    return DownloadError(f"{place}: cannot be fetched: the server answers {code}: {reason}")


def _unreachable(address: str, error: Exception) -> Exception:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    place, host = shown_address(address), urlsplit(address).hostname
    if isinstance(reason, ssl.SSLError):
        return DownloadError(f"{place}: cannot be fetched: no safe connection to {host}: {shown(str(reason))}")
    if isinstance(reason, socket.gaierror):
        told = f"no address of {host} is known: without a network, weights that were fetched once still load"
        return DownloadError(f"{place}: cannot be fetched: {told}; or give the path of a file")
    if isinstance(reason, TimeoutError):
        return PassingError(f"{place}: cannot be fetched: {host} did not answer for {TIMEOUT_SECONDS:g} s")
    told = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason) or type(reason).__name__
    return PassingError(
        f"{place}: cannot be fetched: {shown(told)}; without a network, weights that were fetched once still load"
    )


def _quoted(address: str) -> str:
    """Return an address in the letters that requests may hold; what is quoted already stays."""
    parts = urlsplit(address)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    return parts._replace(netloc=host, path=path, query=query, fragment="").geturl()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the web only, and from https to https only; 308 also before Python 3.11."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme == "http"):
            fp.close()
            place = shown_address(req.full_url)
            raise DownloadError(f"{place}: redirects to {shown_address(newurl)}, which is not followed: it is not safe")
        permanent = http.HTTPStatus.PERMANENT_REDIRECT
        code = int(http.HTTPStatus.TEMPORARY_REDIRECT if code == permanent else code)
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302
