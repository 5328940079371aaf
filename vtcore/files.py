"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

from vtcore.errors import OutputError

__all__ = ["PARTIAL", "write_whole"]

PARTIAL = ".partial"
"""Ending of a file in progress."""


def write_whole(path: Path, text: str) -> None:
    """Write a text file under another name and rename it, making its folder where needed.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
