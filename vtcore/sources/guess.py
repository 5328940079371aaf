"""What someone means who names a source in one word: ``vtcore track SOURCE``."""

from __future__ import annotations

import configparser
import difflib
import glob
import re
from pathlib import Path
from typing import Any

from vtcore.errors import DataError
from vtcore.sources.images import IMAGE_SUFFIXES
from vtcore.sources.naming import natural_key

__all__ = ["VIDEO_SUFFIXES", "open_source"]

VIDEO_SUFFIXES = frozenset(
    {".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm", ".wmv"}
)
"""Suffixes by which videos are found in a folder, in small letters; a file that is named may have any."""


def open_source(text: str) -> tuple[str, dict[str, Any]]:
    """Return the type and the options of the data set that a source stands for.

    A number, or ``/dev/video0``, is a camera; an address with ``://`` a stream; an image, a folder, or a pattern that
    matches images are images; any other file, a pattern of files, or a folder of videos is video. A folder laid out
    like a MOT Challenge sequence (``seqinfo.ini`` beside ``img1``) gives its images, with the
    frame rate that ``seqinfo.ini`` states.

    Args:
        text: What was named.

    Returns:
        ``("video", {"path": "clip.mp4"})``, as the ``[dataset]`` table of an experiment holds it.

    Raises:
        DataError: There is no such file; names like it are suggested.
    """
    if not text:
        raise DataError("the source is empty: name a video file, folder or glob of images, camera number, or address")
    if re.fullmatch(r"[0-9]+", text) and not Path(text).exists():
        return "camera", {"index": int(text)}
    device = re.fullmatch(r"/dev/video([0-9]+)", text)
    if device:
        return "camera", {"index": int(device[1])}
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        if text.lower().startswith("file://"):
            return open_source(text[len("file://") :])
        return "stream", {"url": text}
    path = Path(text).expanduser()
    if path.is_dir():
        return _folder(path)
    if path.exists():
        return _files(str(path), [path])
    matches = glob.glob(str(path), recursive=True) if glob.has_magic(text) else []  # noqa: PTH207 - may be absolute
    if matches:
        return _files(str(path), [Path(match) for match in matches])
    raise DataError(_nothing_there(path, glob.has_magic(text)), file=text)


def _files(text: str, paths: list[Path]) -> tuple[str, dict[str, Any]]:
    pictures = [path for path in paths if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES]
    return ("images" if len(pictures) == len(paths) else "video"), {"path": text}


def _folder(path: Path) -> tuple[str, dict[str, Any]]:
    info = path / "seqinfo.ini"
    if not info.is_file():
        return _plain_folder(path)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(info, encoding="utf-8")
        table = parser["Sequence"]
        name, images = table.get("name", path.name), path / table.get("imDir", "img1")
        frame_rate = table.getfloat("frameRate", 30.0)
    except (configparser.Error, KeyError, ValueError) as error:
        raise DataError(f"cannot be read: {' '.join(str(error).split())}", file=info) from error
    if not images.is_dir():
        raise DataError(f"holds seqinfo.ini, but its images are missing: no folder {images.name!r}", file=path)
    options: dict[str, Any] = {"path": str(images), "frame_rate": frame_rate, "name": name}
    return "images", options


def _plain_folder(path: Path) -> tuple[str, dict[str, Any]]:
    """Take a folder for its videos where it holds videos and no images."""
    files = [entry for entry in path.iterdir() if entry.is_file()]
    videos = [str(file) for file in files if file.suffix.lower() in VIDEO_SUFFIXES]
    if videos and not any(file.suffix.lower() in IMAGE_SUFFIXES for file in files):
        return "video", {"path": sorted(videos, key=natural_key)}
    return "images", {"path": str(path)}


def _nothing_there(path: Path, pattern: bool) -> str:
    if pattern:
        return "no file matches this pattern"
    folder = path.parent
    if not folder.is_dir():
        return f"no such file: there is no folder {str(folder)!r}"
    names = sorted(entry.name for entry in folder.iterdir())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    # A forgotten suffix is the commonest slip, and too far off for the comparison above where it is short.
    near += [name for name in names if name.startswith(path.name + ".") and name not in near][:3]
    if near:
        return f"no such file; did you mean {', '.join(repr(str(folder / name)) for name in near)}?"
    return "no such file, folder, camera number or address"
