"""The table of the writer ``video``; imports nothing heavy."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import ClassVar

import attrs

from vtcore.options import option

__all__ = ["CODECS", "PYAV_CODECS", "PYAV_INSTALL", "VideoWriterConfig"]

CODECS = ("auto", "av1", "vp9", "mp4v", "mjpg")
"""What ``codec`` may be."""
PYAV_CODECS = ("av1", "vp9")
"""Codecs that every browser plays; OpenCV's wheels cannot write them."""
PYAV_INSTALL = "pip install 'vtcore[av]'"
"""What brings PyAV."""


@attrs.frozen(kw_only=True)
class VideoWriterConfig:
    """Annotated video of each sequence, below ``videos``."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    codec: str = option(
        "auto",
        "av1 (MP4) and vp9 (WebM) play in browsers and need PyAV; mp4v (MP4) and mjpg (AVI) are OpenCV's; "
        "auto takes the first of av1, vp9, mp4v that is there.",
        choices=CODECS,
    )
    crf: int = option(35, "Constant quality of av1 and vp9; higher is smaller and coarser.", ge=0, le=63)
    preset: int = option(
        12, "Speed of av1 and vp9; higher is faster and larger (vp9 takes values above 8 as 8).", ge=0, le=13
    )
    threads: int = option(
        0,
        "Threads that encode av1 and vp9; 0 takes one, or two from four cores on: more do more work in all.",
        ge=0,
        le=64,
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
