"""Sequences of image files that find out about themselves when asked.

Listing a data set of thousands of sequences opens no image and no annotation; a sequence finds out its length, size
and rate when somebody asks for them, and keeps what it found.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, ClassVar

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.sources.images import read_frame_image, read_image
from vtrack_datasets.frame_files import FrameFiles

__all__ = ["LazySequence"]

_FOUND_OUT = ("length", "width", "height", "frame_rate", "has_images", "attributes", "object_class")
"""Attributes that cost something: they are set when first asked for."""


class LazySequence(Sequence):
    """A sequence of image files.

    Attributes:
        width, height: Of the first image, or as the data set says; single frames may differ.
        object_class: What the target is where there is one, in the data set's words; empty where it does not say.
        images: Its images.
        image_root: Folder that file names in converted annotations are relative to.
    """

    random_access: ClassVar[bool] = True
    object_class: str

    def __init__(self, name: str, images: FrameFiles, image_root: Path, classes: tuple[str, ...]) -> None:
        """Name the files; none is opened."""
        super().__init__(name, classes=classes)
        self.images = images
        self.image_root = image_root
        # The base class has set them to what it knows, nothing; absent ones are found out on first use.
        for known in _FOUND_OUT:
            self.__dict__.pop(known, None)

    def __getattr__(self, name: str) -> Any:
        """Find out what is asked for the first time, and keep it."""
        if name not in _FOUND_OUT:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = getattr(self, f"_find_{name}")()
        setattr(self, name, value)
        return value

    @abstractmethod
    def _find_length(self) -> int: ...

    def _find_has_images(self) -> bool:
        return self.images.count > 0

    def _find_width(self) -> int | None:
        return None if self._size is None else self._size[0]

    def _find_height(self) -> int | None:
        return None if self._size is None else self._size[1]

    def _find_frame_rate(self) -> float | None:
        return None

    def _find_attributes(self) -> tuple[str, ...]:
        return ()

    def _find_object_class(self) -> str:
        return ""

    def _told_size(self) -> tuple[int, int] | None:
        """Return the size of the frames, width and height, where a file tells it."""
        return None

    @functools.cached_property
    def _size(self) -> tuple[int, int] | None:
        told = self._told_size()
        if told is not None or not self.has_images:
            return told
        try:
            shape = read_image(self.images.path(0)).shape
        except DataError:
            return None
        return shape[1], shape[0]

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame.

        Raises:
            DamagedSourceError: An image is missing or cannot be decoded; the frames before it were yielded.
            DataError: That is so of the first, or there are no images at all.
        """
        for index in range(self.length or 0):
            yield self._frame(index, images=images)
        if images and not self.has_images:
            self.images.path(0)

    def frame(self, index: int) -> Frame:
        """Return one frame, reading its file alone.

        Raises:
            IndexError: There is no such frame.
            DataError: Its image is missing or cannot be decoded.
        """
        if not 0 <= index < (self.length or 0):
            raise self._no_frame(index)
        return self._frame(index, images=True)

    def _frame(self, index: int, *, images: bool) -> Frame:
        image = read_frame_image(self.images.path(index), index) if images else None
        return Frame(index, image, time=index / self.frame_rate if self.frame_rate else None, sequence=self)

    def content(self) -> Iterator[Path | str]:
        """Yield the image files, and the frame rate."""
        yield f"frame rate {self.frame_rate}"
        for index in range(self.length or 0):
            yield self.images.path(index)

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what is missing of the images, where they are asked for."""
        if "image" not in needs or not self.has_images:
            return
        if self.images.missing:
            yield f"{self.images.place}: {self.images.missing} of {self.images.count} images are missing"
        for index in range(self.length or 0):
            path = self.images.path(index)
            if _is_empty(path):
                yield f"{path}: empty file; fetch it anew"


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False
