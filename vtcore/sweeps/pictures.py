"""Frames that are kept for all trials; their pixels, too, as far as memory is set aside for them.

Where it is not, they are decoded again when someone looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq

from vtcore.frames import Frame, Image, Sequence
from vtcore.interfaces import Transform

__all__ = ["KeptFrame", "PictureMemory", "Pictures"]


class PictureMemory:
    """Memory that the pictures of all sequences share.

    Attributes:
        left: Bytes that nobody has taken.
    """

    def __init__(self, size: int) -> None:
        """Set `size` bytes aside."""
        self.left = size

    def take(self, size: int) -> bool:
        """Take so many bytes for good; False where there are not so many left."""
        if size > self.left:
            return False
        self.left -= size
        return True


class Pictures:
    """The pictures of one sequence, as the transforms leave them.

    Those for which there is memory are decoded once. Of a sequence that can only be read in order it is all or none:
    to leave out some would save nothing.
    """

    def __init__(
        self, sequence: Sequence, transforms: Seq[Transform], *, count: int = 0, memory: PictureMemory | None = None
    ) -> None:
        """Decode nothing yet.

        Args:
            sequence: Whose they are.
            transforms: Applied to each.
            count: How many frames there are.
            memory: Where they may stay; None keeps none but the last.
        """
        self._sequence = sequence
        self._transforms = transforms
        self._count = count
        self._memory = memory
        self._kept: dict[int, Image | None] = {}
        self._all_fit: bool | None = None
        self._frames: Iterator[Frame] = iter(())
        self._next = -1
        self._held: tuple[int, Image | None] = (-1, None)

    def picture(self, index: int) -> Image | None:
        """Return a frame's pixels.

        Raises:
            DataError: It cannot be read.
        """
        if index in self._kept:
            return self._kept[index]
        if self._held[0] != index:
            frame = self._read(index)
            for transform in self._transforms:
                frame = transform(frame)
            self._held = (index, frame.image)
            if self._fits(frame.image):
                self._kept[index] = frame.image
        return self._held[1]

    def _fits(self, image: Image | None) -> bool:
        """Whether there is memory for a picture, which is then taken."""
        if self._memory is None or image is None:
            return False
        if self._sequence.random_access:
            return self._memory.take(image.nbytes)
        if self._all_fit is None:
            self._all_fit = self._memory.take(image.nbytes * self._count)
        return self._all_fit

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
