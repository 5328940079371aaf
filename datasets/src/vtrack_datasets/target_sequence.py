"""One target's sequence: a folder of images and an annotation beside it, read when asked.

Listing a data set of thousands of sequences opens no image and no annotation; a sequence finds out its length, size
and rate when somebody asks for them.

Where frames and annotations differ in number, a sequence is as long as both are there: frames without an annotation at
its end are not tracked, annotations without a frame are not scored. `TargetSequence.check` tells of it, so that a run
does not start on half of the data unless it is told to (``partial``).
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.sources.images import read_frame_image, read_image
from vtcore.tables import TrackTable
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["ONE_CLASS", "TargetSequence"]

ONE_CLASS = ("object",)
"""Class names of data whose targets have no class."""

_FOUND_OUT = ("length", "width", "height", "frame_rate", "has_images", "attributes", "object_class")
"""Attributes that cost something: they are set when first asked for."""


class TargetSequence(Sequence):
    """A sequence with one annotated target.

    Attributes:
        width, height: Of the first image, or as the data set says; single frames may differ.
        object_class: What the target is, in the data set's words; empty where it does not say.
        images: Its images.
        image_root: Folder that file names in converted annotations are relative to.
        partial: Whether frames and annotations may differ in number.
    """

    random_access: ClassVar[bool] = True
    object_class: str

    def __init__(self, name: str, images: FrameFolder, image_root: Path, *, partial: bool = False) -> None:
        """Name the files; none is opened."""
        super().__init__(name, classes=ONE_CLASS)
        self.images = images
        self.image_root = image_root
        self.partial = partial
        # The base class has set them to what it knows, nothing; absent ones are found out on first use.
        for known in _FOUND_OUT:
            self.__dict__.pop(known, None)

    # --- What a data set's own sequence says ---

    @abstractmethod
    def _read_truth(self) -> TargetTruth | None:
        """Read the annotation and the labels of frames; None where there are none.

        Raises:
            DataError: A file is not as it must be.
        """

    @abstractmethod
    def files(self) -> Mapping[str, Path]:
        """Return the files that the annotation consists of, by what they tell; they may be missing."""

    def _told_size(self) -> tuple[int, int] | None:
        """Return the size of the frames, width and height, where a file tells it."""
        return None

    def _told_rate(self) -> float | None:
        """Return the frames a second where known."""
        return None

    def _told_attributes(self) -> tuple[str, ...]:
        """Return the challenge attributes."""
        return ()

    def _told_class(self) -> str:
        """Return what the target is."""
        return ""

    # --- What follows from it ---

    @functools.cached_property
    def truth(self) -> TargetTruth | None:
        """The annotation, frame by frame, as its files have it; None where there is none."""
        return self._read_truth()

    def __getattr__(self, name: str) -> Any:
        """Find out what is asked for the first time, and keep it."""
        if name not in _FOUND_OUT:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = getattr(self, f"_find_{name}")()
        setattr(self, name, value)
        return value

    def _find_length(self) -> int:
        truth = self.truth
        if truth is None or truth.first_only:
            return self.images.count
        return min(self.images.count, len(truth)) if self.has_images else len(truth)

    def _find_has_images(self) -> bool:
        return self.images.count > 0

    def _find_width(self) -> int | None:
        return None if self._size is None else self._size[0]

    def _find_height(self) -> int | None:
        return None if self._size is None else self._size[1]

    def _find_frame_rate(self) -> float | None:
        return self._told_rate()

    def _find_attributes(self) -> tuple[str, ...]:
        return self._told_attributes()

    def _find_object_class(self) -> str:
        return self._told_class()

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

    def annotations(self) -> TrackTable | None:
        """Return the valid boxes, id and label 0; None where nothing is annotated.

        Raises:
            DataError: A file is not as it must be; file and line are named.
        """
        return None if self.truth is None else self._table

    @functools.cached_property
    def _table(self) -> TrackTable:
        return TrackTable.empty() if self.truth is None else self.truth.table(self.length or 0)

    def frame_labels(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return the labels of frames by the data set's own names, ``(length,)`` each.

        Raises:
            DataError: A file is not as it must be.
        """
        if self.truth is None or self.truth.first_only:
            return {}
        return {name: values[: self.length] for name, values in self.truth.labels.items()}

    def content(self) -> Iterator[Path | str]:
        """Yield the image files, and the frame rate."""
        yield f"frame rate {self.frame_rate}"
        for index in range(self.length or 0):
            yield self.images.path(index)

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what is missing of the images, and where they and the annotation differ in number."""
        if "image" not in needs or not self.has_images:
            return
        if self.images.missing:
            yield f"{self.images.folder}: {self.images.missing} of {self.images.count} images are missing"
        if not self.partial:
            yield from self.mismatch()
        for index in range(self.length or 0):
            path = self.images.path(index)
            if path.is_file() and path.stat().st_size == 0:
                yield f"{path}: empty file; fetch it anew"

    def mismatch(self) -> Iterator[str]:
        """Yield where images and annotation differ in number."""
        truth = self.truth
        if truth is not None and not truth.first_only and len(truth) != self.images.count:
            yield (
                f"{self.images.folder}: {self.images.count} images, but {len(truth)} frames are annotated; fetch what "
                "is missing, or take what both have with dataset.partial = true"
            )
