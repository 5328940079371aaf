"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from vtcore.errors import OutputError

__all__ = ["PARTIAL", "write_whole"]

PARTIAL = ".partial"
"""Ending of a file in progress."""


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file under another name and rename it, making its folder where needed.

    Args:
        path: The file.
        text: All of it.
        private: Whether nobody but its owner may read it, where the system knows such rights.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with os.fdopen(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb"
        ) as file:
            file.write(text.encode("utf-8"))
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
