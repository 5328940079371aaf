"""Files that are what their SHA-256 says; without torch, for networks that need none."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from vtrack_nets.errors import CheckpointError
from vtrack_nets.sources import local_file

__all__ = ["check_hash", "checked_file", "file_hash"]

_SHORTEST = 8


def checked_file(source: str | Path, sha256: str = "") -> Path:
    """Return the file of a source, as `local_file` does, whose content is compared with a hash where one is given.

    Raises:
        CheckpointError: It has another hash, or what is given is none.
        DownloadError: The address cannot be fetched, or gives another file than the hash says.
        OSError: It cannot be read.
    """
    path = local_file(source, sha256)
    if sha256 and path.is_file():
        check_hash(path, sha256)
    return path


def check_hash(path: Path, wanted: str) -> None:
    """Compare a file with the SHA-256 that it must have, or the first 8 digits or more of it.

    Raises:
        CheckpointError: It has another, or that is none.
        OSError: It cannot be read.
    """
    if len(wanted) < _SHORTEST or re.fullmatch(r"[0-9a-fA-F]{1,64}", wanted) is None:
        raise CheckpointError(f"sha256 {wanted!r} is none: give 8 to 64 hexadecimal digits", file=path)
    found = file_hash(path)
    if not found.startswith(wanted.lower()):
        raise CheckpointError(
            f"has the sha256 {found[: len(wanted)]}, not {wanted.lower()}: it is another file, or damaged", file=path
        )


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
