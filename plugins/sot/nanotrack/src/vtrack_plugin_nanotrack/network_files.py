"""The files of a network: where they are, and that they are what their SHA-256 says. Light.

`vtrack_nets` does the same for all weights; it comes with torch, which this tracker does without. So it is asked only
to fetch an address.
"""

from __future__ import annotations

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

from vtcore.errors import DataError, MissingPackageError

__all__ = ["NetworkFileError", "checked_file", "file_problem", "is_address", "is_hash", "local_file"]

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_HASH = re.compile(r"[0-9a-fA-F]{8,64}")
_FETCHER = "an address needs vtrack-nets: pip install 'vtrack-plugin-nanotrack[download]', or fetch the file yourself"


class NetworkFileError(DataError):
    """A file of the network is missing, damaged, or of another network; the message names it."""


def is_address(source: str) -> bool:
    """Say whether a source is an address (``https://...``), not a path."""
    return _ADDRESS.match(source) is not None


def is_hash(text: str) -> bool:
    """Say whether a text is a SHA-256, or the beginning of one."""
    return _HASH.fullmatch(text) is not None


def file_problem(source: str) -> str:
    """Say what keeps a file from being opened, as far as can be told without reading it; empty for nothing."""
    if is_address(source):
        if find_spec("vtrack_nets") is None:
            return _FETCHER
        from vtrack_nets.sources import source_problem

        return source_problem(source)
    path = Path(source).expanduser()
    return "" if path.is_file() else f"{source} is a folder" if path.is_dir() else f"there is no file {source}"


def local_file(source: str, sha256: str = "") -> Path:
    """Return the file of a source, fetched first where it is an address.

    Args:
        source: Path or address.
        sha256: For what is fetched.

    Raises:
        MissingPackageError: It is an address, and vtrack-nets is not installed.
        VtcoreError: The address cannot be fetched.
    """
    if not is_address(source):
        return Path(source).expanduser()
    if find_spec("vtrack_nets") is None:
        raise MissingPackageError(f"{source}: {_FETCHER}")
    from vtrack_nets import sources

    return sources.local_file(source, sha256)


def checked_file(source: str, sha256: str = "") -> Path:
    """Return the file of a source, whose content is compared with a hash where one is given.

    Raises:
        NetworkFileError: There is no such file, or it has another hash.
        MissingPackageError: It is an address, and vtrack-nets is not installed.
        VtcoreError: The address cannot be fetched.
    """
    path = local_file(source, sha256)
    if not path.is_file():
        raise NetworkFileError("is a folder, not a network" if path.is_dir() else "there is no such file", file=path)
    if sha256:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if not found.startswith(sha256.lower()):
            raise NetworkFileError(
                f"has the sha256 {found[: len(sha256)]}, not {sha256.lower()}: it is another file, or damaged",
                file=path,
            )
    return path
