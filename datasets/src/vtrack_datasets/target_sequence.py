"""One target's sequence: images, and an annotation of one box per frame.

Where frames and annotations differ in number, a sequence is as long as both are there. Frames without an annotation at
its end are not tracked, as in the published toolkits. Annotations without a frame are not scored;
`TargetSequence.check` tells of them, so that a run does not start on half of the data unless it is told to
(``partial``).
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from vtcore.tables import TrackTable
from vtrack_datasets.frame_files import FrameFiles
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["ONE_CLASS", "TargetSequence"]

ONE_CLASS = ("object",)
"""Class names of data whose targets have no class."""


class TargetSequence(LazySequence):
    """A sequence with one annotated target.

    Attributes:
        partial: Whether images may be fewer than annotated frames.
    """

    def __init__(
        self,
        name: str,
        images: FrameFiles,
        image_root: Path,
        *,
        classes: tuple[str, ...] = ONE_CLASS,
        partial: bool = False,
    ) -> None:
        """Name the files; none is opened."""
        super().__init__(name, images, image_root, classes)
        self.partial = partial

    @abstractmethod
    def _read_truth(self) -> TargetTruth | None:
        """Read the annotation and the labels of frames; None where there are none.

        Raises:
            DataError: A file is not as it must be.
        """

    @abstractmethod
    def files(self) -> Mapping[str, Path]:
        """Return the files that the annotation consists of, by what they tell; they may be missing."""

    def _label(self) -> int:
        """Return the label of the target."""
        return 0

    @functools.cached_property
    def truth(self) -> TargetTruth | None:
        """The annotation, frame by frame, as its files have it; None where there is none."""
        return self._read_truth()

    def _find_length(self) -> int:
        truth = self.truth
        if truth is None or truth.first_only:
            return self.images.count
        return min(self.images.count, len(truth)) if self.has_images else len(truth)

    def annotations(self) -> TrackTable | None:
        """Return the valid boxes, id 0; None where nothing is annotated.

        Raises:
            DataError: A file is not as it must be; file and line are named.
        """
        return None if self.truth is None else self._table

    @functools.cached_property
    def _table(self) -> TrackTable:
        return TrackTable.empty() if self.truth is None else self.truth.table(self.length or 0, self._label())

    def frame_labels(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return the labels of frames by the data set's own names, ``(length,)`` each.

        Raises:
            DataError: A file is not as it must be.
        """
        if self.truth is None or self.truth.first_only:
            return {}
        return {name: values[: self.length] for name, values in self.truth.labels.items()}

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what is missing of the images, and where there are fewer than annotated frames."""
        yield from super().check(needs)
        if "image" in needs and self.has_images and not self.partial:
            hint = "; fetch what is missing, or take what there is with dataset.partial = true"
            yield from (problem + hint for problem in self.mismatch(surplus=False))

    def remarks(self) -> Iterator[str]:
        """Yield where there are more images than annotated frames: the others are not tracked."""
        if self.has_images:
            problems = set(self.mismatch()) - set(self.mismatch(surplus=False))
            yield from (f"{problem}; only those are tracked" for problem in problems)

    def mismatch(self, *, surplus: bool = True) -> Iterator[str]:
        """Yield where images and annotation differ in number.

        Args:
            surplus: Whether more images than annotated frames count.
        """
        truth = self.truth
        if truth is None or truth.first_only or len(truth) == self.images.count:
            return
        if surplus or self.images.count < len(truth):
            yield f"{self.images.place}: {self.images.count} images, but {len(truth)} frames are annotated"
