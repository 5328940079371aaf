"""What a video file's container tells without decoding: its format, and whether its end is missing.

Decoders say too little about damage (a Matroska file that stops in the middle simply ends), but the three common
containers state their own sizes: boxes of MP4 and QuickTime (ISO/IEC 14496-12), RIFF chunks of AVI, the segment of
Matroska and WebM (RFC 8794, RFC 9559).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import attrs

__all__ = ["Container", "read_container"]

_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"moof", b"mfra", b"sidx", b"styp"}
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


@attrs.frozen
class Container:
    """What stands at the outside of a video file.

    Attributes:
        format: ``"mp4"``, ``"avi"``, ``"matroska"``, or empty for anything else.
        missing: How many bytes the file lacks of what it announces; 0 also where it announces nothing.
        has_index: False for an MP4 file without its ``moov`` box, which nothing can play.
    """

    format: str = ""
    missing: int = 0
    has_index: bool = True


def read_container(path: Path) -> Container:
    """Look at the outside of a video file.

    Raises:
        OSError: The file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in _BOXES:
            return _mp4(file, size)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return Container("avi", _avi_end(file, size) - size)
        if head[:4] == _EBML:
            return Container("matroska", _matroska_end(file, size) - size)
    return Container()


def _mp4(file: BinaryIO, size: int) -> Container:
    offset, names = 0, set()
    while offset + 8 <= size:
        file.seek(offset)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            wide = file.read(8)
            length = struct.unpack(">Q", wide)[0] if len(wide) == 8 else 16
        if length == 0:
            length = size - offset
        # Junk behind the last box is common and harmless.
        if length < 8 or (name not in _BOXES and not name.isalnum()):
            break
        names.add(name)
        offset += length
    return Container("mp4", max(0, offset - size), b"moov" in names)


def _avi_end(file: BinaryIO, size: int) -> int:
    offset = 0
    # Beyond a gigabyte, further RIFF chunks follow (OpenDML).
    while offset + 8 <= size:
        file.seek(offset)
        name, length = struct.unpack("<4sI", file.read(8))
        # A recorder that crashed leaves 0 behind: nothing is announced.
        if name != b"RIFF" or length == 0:
            break
        offset += 8 + length + length % 2
    return max(offset, size)


def _matroska_end(file: BinaryIO, size: int) -> int:
    file.seek(4)
    header = _variable_integer(file)
    if header is None:
        return size
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return size
    length = _variable_integer(file)
    return size if length is None else max(size, file.tell() + length)


def _variable_integer(file: BinaryIO) -> int | None:
    """Read an EBML size; None where it is cut off or says "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    if len(rest) != width - 1:
        return None
    value = int.from_bytes(bytes([first[0] & ((1 << (8 - width)) - 1)]) + rest, "big")
    return None if value == (1 << (7 * width)) - 1 else value
