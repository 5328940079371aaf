"""Frames that are kept for all trials, without their pixels: those are decoded again where someone looks."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq

from vtcore.frames import Frame, Image, Sequence
from vtcore.interfaces import Transform

__all__ = ["KeptFrame", "Pictures"]


class Pictures:
    """The pictures of one sequence, as the transforms leave them; one at a time is in memory."""

    def __init__(self, sequence: Sequence, transforms: Seq[Transform]) -> None:
        self._sequence = sequence
        self._transforms = transforms
        self._frames: Iterator[Frame] = iter(())
        self._next = -1
        self._held: tuple[int, Image | None] = (-1, None)

    def picture(self, index: int) -> Image | None:
        """Return a frame's pixels.

        Raises:
            DataError: It cannot be read.
        """
        if self._held[0] != index:
            frame = self._read(index)
            for transform in self._transforms:
                frame = transform(frame)
            self._held = (index, frame.image)
        return self._held[1]

    def _read(self, index: int) -> Frame:
        """Read one frame, going on from the last where that is cheaper than looking for it."""
        if self._sequence.random_access:
            return self._sequence.frame(index)
        if index < self._next or self._next < 0:
            self._frames, self._next = self._sequence.frames(), 0
        for frame in self._frames:
            self._next = frame.index + 1
            if frame.index >= index:
                return frame
        return self._sequence.frame(index)  # tells why there is none


class KeptFrame(Frame):
    """A frame that many trials see: what is found once for it stays in its `shared`."""

    __slots__ = ("_pictures",)

    def __init__(self, frame: Frame, pictures: Pictures | None) -> None:
        """Keep a frame's place.

        Args:
            frame: The frame; its pixels are not kept.
            pictures: Where its pixels come from, None where nobody needs them.
        """
        self._pictures = pictures
        super().__init__(frame.index, None, time=frame.time, sequence=frame.sequence)

    @property
    def image(self) -> Image | None:
        """The pixels, decoded when asked for."""
        return None if self._pictures is None else self._pictures.picture(self.index)

    @image.setter
    def image(self, value: Image | None) -> None:
        """Leave the pixels where they are."""
