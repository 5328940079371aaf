"""Width and height of an image file, of its header alone where that says it."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from vtcore.errors import DataError
from vtcore.sources.images import read_image

__all__ = ["image_size"]

_PNG = b"\x89PNG\r\n\x1a\n"
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers that nothing follows."""
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
"""JPEG markers among those of frames that are none."""
_EXIF = 0xE1


def image_size(path: Path) -> tuple[int, int]:
    """Return width and height in pixels, as the image is decoded.

    Raises:
        DataError: It is missing, or no image.
    """
    try:
        with path.open("rb") as file:
            told = _told(file)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from None
    if told is not None:
        return told
    shape = read_image(path).shape
    return shape[1], shape[0]


def _told(file: IO[bytes]) -> tuple[int, int] | None:
    """Return what a header says; None where only decoding tells, as with an orientation mark."""
    start = file.read(24)
    if start[:8] == _PNG and start[12:16] == b"IHDR":
        width, height = int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")
        return (width, height) if width and height else None
    if start[:2] != b"\xff\xd8":
        return None
    file.seek(2)
    while True:
        marker = _marker(file)
        if marker is None or marker == _EXIF:
            return None
        if marker in _NO_LENGTH:
            continue
        length = int.from_bytes(file.read(2), "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            frame = file.read(5)
            height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
            return (width, height) if width and height else None
        if length < 2:
            return None
        file.seek(length - 2, 1)


def _marker(file: IO[bytes]) -> int | None:
    if file.read(1) != b"\xff":
        return None
    byte = file.read(1)
    # A marker may be padded.
    while byte == b"\xff":
        byte = file.read(1)
    return byte[0] if byte else None
