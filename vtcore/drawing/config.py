"""The table of the writer ``video``; imports nothing heavy."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import ClassVar

import attrs

from vtcore.options import option

__all__ = ["CODECS", "PYAV_CODECS", "PYAV_INSTALL", "VideoWriterConfig"]

CODECS = ("auto", "vp9", "mp4v", "mjpg")
"""What ``codec`` may be."""
PYAV_CODECS = ("vp9",)
"""Codecs that every browser plays; OpenCV's wheels write them too, at two pictures of 1080p a second."""
PYAV_INSTALL = "pip install 'vtcore[av]'"
"""What brings PyAV."""


@attrs.frozen(kw_only=True)
class VideoWriterConfig:
    """Annotated video of each sequence, below ``videos``."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    codec: str = option(
        "auto",
        "vp9 (WebM) plays in browsers and needs PyAV; mp4v (MP4) and mjpg (AVI) are OpenCV's; "
        "auto is vp9 where PyAV is installed, else mp4v.",
        choices=CODECS,
    )
    crf: int = option(35, "Constant quality of vp9; higher is smaller and coarser.", ge=0, le=63)
    speed: int = option(9, "Speed of vp9; higher is faster and larger.", ge=0, le=9)
    threads: int = option(
        0, "Threads that encode vp9; 0 takes two where there are two cores: more do more work in all.", ge=0, le=64
    )
    frame_rate: float = option(
        0.0,
        "Frames of the sequence a second; 0 takes the sequence's own, 30 where unknown.",
        unit="frames/s",
        ge=0,
        le=1000,
    )
    width: int = option(0, "Width of the video, the height follows; 0 keeps the frame's size.", unit="px", ge=0)
    trails: int = option(30, "How far back the trail of a track reaches; 0 draws none.", unit="frames", ge=0, le=10_000)
    show_scores: bool = option(True, "Write the score beside identity and class.")
    every: int = option(1, "Write only each n-th frame, at a frame rate lower by as much.", unit="frames", ge=1)

    def check(self) -> Iterator[str]:
        """Yield what is wrong on this machine, without importing PyAV or OpenCV."""
        if self.codec in PYAV_CODECS and importlib.util.find_spec("av") is None:
            yield (
                f"codec {self.codec!r} needs PyAV, which is not installed: {PYAV_INSTALL}, "
                'or choose codec = "mp4v" or leave it "auto"'
            )
