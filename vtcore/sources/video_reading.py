"""What the two video backends have in common: what they tell of a file, and how they tell of damage.

Both give uint8 blue-green-red images: grey videos have three equal channels, and those of 10 to 16 bits are scaled to 8
by FFmpeg, within one level of the upper 8 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import attrs

from vtcore.errors import MissingPackageError
from vtcore.frames import Image

__all__ = ["Damage", "ReadFrame", "VideoInfo", "VideoReader", "video_reader"]


@attrs.frozen
class VideoInfo:
    """What a video's header says.

    Attributes:
        width, height: Size of the frames as shown (rotation applied), in pixels.
        frame_rate: Average frames a second, None where unknown.
        length: Exact number of frames, None where the header does not tell.
        estimated_length: Number of frames going by duration and rate, None where these are unknown.
    """

    width: int | None
    height: int | None
    frame_rate: float | None
    length: int | None
    estimated_length: int | None


@attrs.frozen(eq=False)
class ReadFrame:
    """One frame as read: its image, None where none was asked for, and seconds since the first frame."""

    image: Image | None
    time: float | None


class Damage(Exception):  # noqa: N818 - not an error of its own: VideoSequence makes one of it
    """The decoder came upon damage; every frame before it has been yielded."""


class VideoReader(Protocol):
    """Reads one video file."""

    def info(self, path: Path) -> VideoInfo:
        """Return what the header says.

        Raises:
            DataError: It is no video, or cannot be opened.
        """

    def frames(self, path: Path, *, images: bool) -> Iterator[ReadFrame]:
        """Yield the frames.

        Raises:
            Damage: After the last frame before damage.
            DataError: It is no video, or cannot be opened.
        """


def video_reader(backend: str) -> VideoReader:
    """Return the reader that ``backend`` names.

    Raises:
        MissingPackageError: PyAV is asked for by name and not installed.
    """
    if backend != "opencv" and find_spec("av") is not None:
        from vtcore.sources.video_pyav import PyAvReader

        return PyAvReader()
    if backend == "pyav":
        raise MissingPackageError("backend 'pyav' needs the package av: pip install 'vtcore[av]', or use 'opencv'")
    from vtcore.sources.video_opencv import OpenCvReader

    return OpenCvReader()
