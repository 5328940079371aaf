"""Where weights come from: a file as it is, or an address that is fetched once and kept. Light: no torch."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from vtcore.detection_cache.cache import default_folder
from vtrack_nets.errors import CheckpointError, DownloadError

__all__ = ["cached_file", "hash_in_name", "is_address", "local_file", "source_problem", "weights_folder"]

SCHEMES = ("http", "https", "file")
"""What addresses may begin with."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_HASH = re.compile(r"-([0-9a-f]{8,64})\.[A-Za-z0-9.]+$")
_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def is_address(source: str | Path) -> bool:
    """Say whether a source is an address (``https://...``), not a path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def local_file(source: str | Path, sha256: str = "") -> Path:
    """Return the file of a source, which is fetched first where it is an address that was not yet.

    Args:
        source: A path, or an address with ``http``, ``https`` or ``file``.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more, checked when it is fetched; empty
            for what the file's name says, as in ``resnet50-19c8e357.pth``, if anything. A file that was fetched with
            another hash is fetched again.

    Returns:
        The file; a path is given back whether or not it is there.

    Raises:
        CheckpointError: The path begins with the home of a user who has none.
        DownloadError: The address cannot be fetched, or gives another file than the hash says.
    """
    if not is_address(source):
        return _expanded(source)
    if problem := source_problem(source):
        raise DownloadError(problem)
    if urlsplit(str(source)).scheme == "file":
        return _path_of(str(source))
    path = cached_file(str(source))
    if not path.is_file():
        from vtrack_nets.downloads import download

        download(str(source), path, sha256=sha256)
    elif sha256:
        from vtrack_nets.downloads import replace_another

        replace_another(str(source), path, sha256)
    return path


def source_problem(source: str | Path) -> str:
    """Say what keeps a source from being loaded, as far as can be told without a request; empty for nothing."""
    if not is_address(source):
        try:
            path = _expanded(source)
            there, folder = path.is_file(), path.is_dir()
        except (CheckpointError, OSError) as error:
            return f"{source}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        return "" if there else f"{source} is a folder" if folder else f"there is no file {source}"
    address = str(source)
    scheme = address.partition("://")[0].lower()
    if scheme not in SCHEMES:
        return f"{address}: an address must begin with http://, https:// or file://"
    if scheme == "file":
        return "" if _path_of(address).is_file() else f"there is no file {address}"
    try:
        parts = urlsplit(address)
        host, secret = parts.hostname, parts.username is not None
        _ = parts.port
        (host or "").encode("idna")
    except ValueError as error:
        return f"{address}: is no address: {error}"
    if secret:
        return f"{parts.hostname}: an address with a password would end up in files; fetch such weights yourself"
    if not host:
        return f"{address}: names no host"
    return "" if file_name(address) else f"{address}: names no file"


def cached_file(address: str) -> Path:
    """Return where the file of an address is kept once it is fetched.

    The folder above is named by a hash of the address, since different files often have the same name.
    """
    parts = urlsplit(address)
    without_fragment = parts._replace(fragment="").geturl()
    digest = hashlib.sha256(without_fragment.encode("utf-8", "surrogatepass")).hexdigest()
    return weights_folder() / digest[:16] / file_name(address)


def weights_folder() -> Path:
    """Return the folder of fetched weights: ``weights`` in the cache, see `vtcore.detection_cache`."""
    return default_folder() / "weights"


def file_name(address: str) -> str:
    """Return the name of an address's file, as it may stand in a folder; empty where it names none."""
    name = unquote(urlsplit(address).path).rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".")[-150:]


def hash_in_name(name: str) -> str:
    """Return the beginning of the SHA-256 that a file's name ends in, as published weights have it; or nothing.

    ``resnet50-19c8e357.pth`` has one; the date in ``resnet50-20240131.pth`` is none.
    """
    found = _HASH.search(name)
    return "" if found is None or _DATE.fullmatch(found[1]) else found[1]


def _expanded(source: str | Path) -> Path:
    try:
        return Path(source).expanduser()
    except RuntimeError as error:
        user = Path(source).parts[0]
        raise CheckpointError(f"the home folder {user} is not known; write the whole path", file=source) from error


def _path_of(address: str) -> Path:
    parts = urlsplit(address)
    host = "" if parts.netloc in ("", "localhost") else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))
