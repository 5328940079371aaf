"""The detector that hands batches of pictures to a network."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from contextlib import contextmanager
from itertools import chain, groupby, islice

import numpy as np

from vtcore.frames import Frame, Image, Sequence
from vtcore.grouping import grouped
from vtcore.instances import Float32Array, Instances, Int64Array
from vtrack_common_det.class_filter import ClassFilter

__all__ = ["Found", "NetworkDetector", "Spread"]

_log = logging.getLogger("vtcore")

Found = Instances | tuple[Float32Array, Float32Array, Int64Array]
"""What a network found in one picture: boxes in pixels of the original, scores, labels as the network counts them."""

_Group = Seq[Seq[Frame]]
_Answers = list[list[Instances]]

Spread = Callable[[Callable[[_Group], _Answers], Iterable[_Group]], Iterator[_Answers]]
"""Calls a function with each item, several at a time, and yields what it makes of them in their order."""


class NetworkDetector(ABC):
    """A detector that looks at each frame by itself, in batches.

    A subclass gives `_infer`. Here frames become pictures, pictures of one size batches; what was found is cut down to
    the classes that are kept and to the best `max_detections`.

    Attributes:
        seconds: Time spent so far, by stage: ``"preprocess"``, ``"forward"``, ``"postprocess"``.
    """

    def __init__(
        self,
        class_names: Seq[str],
        *,
        classes: Seq[str] = (),
        max_detections: int = 0,
        batch_size: int = 1,
        name: str = "detector",
        spread: Spread | None = None,
        together: int = 1,
    ) -> None:
        """Choose what to keep.

        Args:
            class_names: What the network's classes are called, in its order.
            classes: Names of those to keep; empty for all.
            max_detections: Most detections of a frame; 0 for any number.
            batch_size: Frames at once.
            name: For messages: ``detector 'yolox'``.
            spread: How several batches are looked at side by side; None for one after the other.
            together: Frames up to which batches that are spread are joined, where small ones leave a core waiting.

        Raises:
            OptionError: The network has no class of a name.
        """
        self._filter = ClassFilter(class_names, classes)
        self._most = max_detections
        self._batch_size = batch_size
        self._name = name
        self._warned = False
        self._side_by_side = spread
        self._together = together
        self._clock_lock = threading.Lock()
        self.seconds = {"preprocess": 0.0, "forward": 0.0, "postprocess": 0.0}

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that are kept, in the network's order; labels index them."""
        return self._filter.names

    @property
    def batch_size(self) -> int:
        """Frames that `detect` wants at once."""
        return self._batch_size

    def reset(self, sequence: Sequence | None = None) -> None:  # noqa: B027 - a subclass may need it, most do not
        """Do nothing: every frame is looked at by itself."""

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return the instances of each frame, best first, boxes in pixels of the original frame.

        Raises:
            ValueError: A frame has no image.
        """
        return self._detected(frames, self._batch_size)

    def _detected(self, frames: Seq[Frame], most: int) -> list[Instances]:
        images = [self._image(frame) for frame in frames]
        found: list[Found] = []
        # A batch is one array: what a picture is scaled and padded to must not hang on its neighbours.
        for _, alike in groupby(images, key=lambda image: image.shape):
            run = list(alike)
            for start in range(0, len(run), most):
                found += self._infer(run[start : start + most])
        return [self._kept(each) for each in found]

    def detect_each(self, batches: Iterable[Seq[Frame]]) -> Iterator[list[Instances]]:
        """Return what `detect` does of each batch, in their order; batches are taken ahead where that is sooner.

        Raises:
            ValueError: A frame has no image.
        """
        if self._side_by_side is None:
            yield from map(self.detect, batches)
            return
        answers = self._side_by_side(
            self._detect_group, grouped(batches, (self._together,), lambda batch: (len(batch),))
        )
        try:
            for each in answers:
                yield from each
        finally:
            close = getattr(answers, "close", None)
            if close is not None:
                close()

    def _detect_group(self, group: _Group) -> _Answers:
        found = iter(self._detected(list(chain.from_iterable(group)), max(self._batch_size, self._together)))
        return [list(islice(found, len(batch))) for batch in group]

    @abstractmethod
    def _infer(self, images: Seq[Image]) -> Seq[Found]:
        """Return what the network finds in each of at most `batch_size` pictures of one size.

        Args:
            images: uint8 ``(height, width, 3)``, blue-green-red.
        """

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage's."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            with self._clock_lock:
                self.seconds[stage] += spent

    def _image(self, frame: Frame) -> Image:
        if frame.image is None:
            raise ValueError(f"{frame!r} has no image; {self._name} needs one")
        return frame.image

    def _kept(self, found: Found) -> Instances:
        """Leave out what nobody asked for."""
        instances = found if isinstance(found, Instances) else self._numbers(*found)
        if not self._filter.everything:
            instances = instances[self._filter.kept(instances.labels)]
        order = np.argsort(-instances.scores, kind="stable")
        if self._most:
            order = order[: self._most]
        instances = instances[order]
        if not self._filter.everything:
            instances.labels = self._filter.numbered(instances.labels)
        return instances

    def _numbers(self, boxes: Float32Array, scores: Float32Array, labels: Int64Array) -> Instances:
        """Leave out boxes that are no numbers, as networks give them that overflow, and say so once."""
        finite = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
        if finite.all():
            return Instances(boxes, scores, labels)
        if not self._warned:
            self._warned = True
            count = int(len(finite) - finite.sum())
            _log.warning(
                "%s: %d of %d boxes are no numbers and are left out; the weights are damaged, or need "
                'dtype = "float32" in [run]',
                self._name,
                count,
                len(finite),
            )
        return Instances(boxes[finite], scores[finite], labels[finite])
