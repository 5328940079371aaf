"""``seqinfo.ini``: name, length, size and frame rate of a MOT Challenge sequence."""

from __future__ import annotations

import configparser
import math
from collections.abc import Mapping
from pathlib import Path

import attrs

from vtcore.errors import DataError

__all__ = ["FILE_NAME", "SequenceInfo", "read_seqinfo"]

FILE_NAME = "seqinfo.ini"
_SECTION = "Sequence"
_EXAMPLES = {"seqLength": "600", "frameRate": "30", "imWidth": "1920", "imHeight": "1080"}


@attrs.frozen
class SequenceInfo:
    """What ``seqinfo.ini`` says.

    Attributes:
        name: The sequence's own name (``MOT17-04-FRCNN``), which a renamed folder may no longer bear.
        length: Number of frames.
        frame_rate: Frames a second.
        width, height: Size of the frames in pixels.
        image_folder: Folder of the images below the sequence's; ``img1`` where the file does not say.
        image_suffix: Ending of the images with its dot; ``.jpg`` where the file does not say.
    """

    name: str
    length: int
    frame_rate: float
    width: int
    height: int
    image_folder: str = "img1"
    image_suffix: str = ".jpg"


def read_seqinfo(folder: Path) -> SequenceInfo:
    """Read the ``seqinfo.ini`` of a sequence's folder.

    Raises:
        DataError: The file is missing or cannot be read, or a key is missing or no number that makes sense; the
            message names file, line and key.
    """
    path = folder / FILE_NAME
    text = _read(path)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        reason = str(error).replace("\n", " ").replace("'<string>'", "the file").replace("<string>", "the file")
        raise DataError(f"not an ini file: {reason}", file=path, line=getattr(error, "lineno", None)) from None
    if not parser.has_section(_SECTION):
        raise DataError(f"has no section [{_SECTION}]; its first line must be [{_SECTION}]", file=path)
    section = parser[_SECTION]
    suffix = section.get("imExt", "").strip() or ".jpg"
    return SequenceInfo(
        name=section.get("name", "").strip() or folder.name,
        length=_whole_number(section, "seqLength", path, text),
        frame_rate=_number(section, "frameRate", path, text),
        width=_whole_number(section, "imWidth", path, text),
        height=_whole_number(section, "imHeight", path, text),
        image_folder=section.get("imDir", "").strip() or "img1",
        image_suffix=suffix if suffix.startswith(".") else f".{suffix}",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        lines = ", ".join(f"{key}={value}" for key, value in _EXAMPLES.items())
        raise DataError(
            f"missing; write the line [{_SECTION}] and below it one line for each of {lines} with the sequence's own "
            "numbers (imDir and imExt where they are not img1 and .jpg)",
            file=path,
        ) from None
    except UnicodeDecodeError:
        raise DataError("not a text file; write it anew as UTF-8", file=path) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from None


def _whole_number(section: Mapping[str, str], key: str, path: Path, text: str) -> int:
    value = _number(section, key, path, text)
    if value != int(value):
        raise _wrong(section[key], key, "a whole number above 0", path, text)
    return int(value)


def _number(section: Mapping[str, str], key: str, path: Path, text: str) -> float:
    written = section.get(key)
    if written is None:
        raise DataError(f"{key}: missing; add a line such as {key}={_EXAMPLES[key]} below [{_SECTION}]", file=path)
    try:
        value = float(written)
    except ValueError:
        raise _wrong(written, key, "a number above 0", path, text) from None
    if not math.isfinite(value) or value <= 0:
        raise _wrong(written, key, "a number above 0", path, text)
    return value


def _wrong(written: str, key: str, wanted: str, path: Path, text: str) -> DataError:
    lines = enumerate(text.splitlines(), start=1)
    names = ((number, line.partition("=")[0].partition(":")[0].strip().lower()) for number, line in lines)
    line = next((number for number, name in names if name == key.lower()), None)
    return DataError(f"{key}: must be {wanted}, got {written!r}", file=path, line=line)
