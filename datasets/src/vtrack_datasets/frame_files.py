"""The images of a sequence, wherever they are named."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

__all__ = ["FrameFiles"]


class FrameFiles(Protocol):
    """Image files, one per frame; none is opened."""

    @property
    def place(self) -> Path:
        """Where they are, for messages."""

    @property
    def count(self) -> int:
        """Number of frames from the first to the last image there is, missing ones in between included."""

    @property
    def missing(self) -> int:
        """How many of the frames have no image."""

    def path(self, index: int) -> Path:
        """Return the image of a frame, which may be missing.

        Raises:
            DataError: There are no images at all.
        """
