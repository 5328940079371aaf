"""Detections of one sequence: found by the detector or replayed, described by the re-identification, stored."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from collections.abc import Sequence as Seq
from contextlib import closing
from typing import TYPE_CHECKING, Protocol, TypeVar

import attrs

from vtcore.ahead import Interrupts, run_ahead
from vtcore.errors import DataError, VtcoreError
from vtcore.frames import Frame, Sequence
from vtcore.grouping import grouped
from vtcore.instances import BoolArray, Instances
from vtcore.interfaces import Detector, ReId
from vtcore.labels import LabelMap
from vtcore.runs.asking import asked
from vtcore.runs.embedding import Looks, each_described

if TYPE_CHECKING:
    from vtcore.detection_cache.recording import Recording
    from vtcore.detection_cache.stored import StoredDetections

__all__ = ["Batch", "Detecting", "DetectionKeeping", "Found", "flattened", "gathered", "stored_detections"]

T = TypeVar("T")

Batch = tuple[list[Frame], list[Instances]]
"""Frames, and what was found in each."""
Found = Generator[Batch, None, None]

_FRAMES_AHEAD = 4
"""Frames that may wait between two stages, as far as batches allow: one batch may always wait."""

_FRAMES_TOGETHER = 8
_BOXES_TOGETHER = 32
"""Frames, and boxes in them, that are described at once at most where detections cost nothing."""


class DetectionKeeping(Protocol):
    """Where detections are found again and stored: `vtcore.detection_cache.RunCache`."""

    def stored(self, sequence: Sequence) -> StoredDetections | None:
        """Return the detections of a sequence to replay, None to have them computed."""

    def recording(self, sequence: Sequence) -> Recording | None:
        """Return what stores computed detections, None to have them forgotten."""

    def recorded(self, sequence: Sequence, recording: Recording) -> None:
        """Take note of a recording that is over."""


@attrs.define(eq=False, kw_only=True)
class Detecting:
    """How the frames of one sequence become batches of detections.

    Attributes:
        sequence: The sequence.
        detector: Finds them.
        classes: The detector's class names.
        to_labels: Turns the detector's labels into the sequence's.
        seconds: Time spent in each stage; ``detect`` and ``embed`` grow.
        cache: Where detections are stored, as the tracker sees them.
        reid: Describes them; None where nobody does.
        bare_cache: With a `reid`: where detections are stored as the detector returned them.
        stored: With a `reid`: detections to replay in place of what the detector would find.
        wants: Tells which detections the tracker wants embeddings of; None for all.
        ahead: Whether the detector works ahead in a thread of its own.
        interrupts: Asked by who waits for detections; None where nobody is to be asked.
    """

    sequence: Sequence
    detector: Detector
    classes: tuple[str, ...]
    to_labels: LabelMap
    seconds: dict[str, float]
    cache: DetectionKeeping | None = None
    reid: ReId | None = None
    bare_cache: DetectionKeeping | None = None
    stored: StoredDetections | None = None
    wants: Callable[[Instances], BoolArray] | None = None
    ahead: bool = True
    interrupts: Interrupts | None = None

    def batches(self, frames: Generator[Frame, None, None]) -> Found:
        """Yield the detections, with the sequence's labels, of all frames.

        What costs time is done ahead, in a thread for each stage, by some frames or one batch.
        """
        size = self._size()
        if self.reid is None:
            found = self._labelled(self._detected(frames, size, self.cache))
            yield from self._behind(found, size, "detect", ahead=self.ahead, interrupts=self.interrupts)
            return
        if self.stored is not None:
            found = self._replayed(frames, size, self.stored)
        else:
            found = self._behind(self._detected(frames, size, self.bare_cache), size, "detect", ahead=self.ahead)
        together = size
        if not self.sequence.live and (self.stored is not None or not self.ahead):
            # There is nothing to wait for, and a network does better with the boxes of several frames at once.
            found, together = gathered(found), max(size, _FRAMES_TOGETHER)
        described = self._described(found, size, self.reid)
        yield from self._behind(described, together, "embed", ahead=True, interrupts=self.interrupts)

    def _size(self) -> int:
        if self.sequence.live:
            # Waiting for a full batch would hold back the frames of a live source.
            return 1
        return self.detector.batch_size if self.stored is None else self.stored.batch_size

    def _behind(
        self,
        made: Generator[T, None, None],
        size: int,
        stage: str,
        *,
        ahead: bool,
        interrupts: Interrupts | None = None,
    ) -> Generator[T, None, None]:
        """Yield what a stage makes, ahead in a thread where that is wanted."""
        # A frame of a live source that waits for the tracker would not be its latest.
        if not ahead or self.sequence.live:
            yield from made
            return
        depth = max(1, _FRAMES_AHEAD // max(1, size))
        with run_ahead(made, depth, name=f"vtcore-{stage}", interrupts=interrupts) as items:
            yield from items

    def _detected(self, frames: Generator[Frame, None, None], size: int, keeping: DetectionKeeping | None) -> Found:
        """Detect, and store what was found where the cache asks for it and the source comes to its end."""
        with closing(frames), closing(_Keeping(keeping, self, size)) as keep:
            with closing(self._each_detected(_batches(frames, size))) as detected:
                for batch, answer in detected:
                    found = list(answer)
                    if len(found) != len(batch):
                        message = f"returned detections of {len(found)} frames, not of {len(batch)}"
                        raise DataError(f"{type(self.detector).__name__} {message}", file=self.sequence.name)
                    keep.add(batch, found)
                    yield batch, found
            keep.finish()

    def _each_detected(
        self, batches: Iterator[list[Frame]]
    ) -> Generator[tuple[list[Frame], Seq[Instances]], None, None]:
        each = None if self.sequence.live else getattr(self.detector, "detect_each", None)
        name = f"{type(self.detector).__name__}.detect_each"
        return asked(self.detector.detect, each, batches, self._spent("detect"), name=name)

    def _spent(self, stage: str) -> Callable[[float], None]:
        def spent(seconds: float) -> None:
            self.seconds[stage] += seconds

        return spent

    def _labelled(self, found: Found) -> Found:
        with closing(found):
            for frames, instances in found:
                yield frames, [self.to_labels(each) for each in instances]

    def _replayed(self, frames: Generator[Frame, None, None], size: int, stored: StoredDetections) -> Found:
        with closing(frames):
            for batch in _batches(frames, size):
                yield batch, [stored_detections(stored, frame, self.sequence) for frame in batch]

    def _described(self, found: Found, size: int, reid: ReId) -> Found:
        """Put embeddings into detections; all of them where they are stored for any tracker."""

        def looks() -> Iterator[Looks]:
            for frames, instances in found:
                if keep.wanted:
                    yield Looks.of(frames, instances)
                else:
                    yield Looks.of(frames, [self.to_labels(each) for each in instances], self.wants)

        with closing(found), closing(_Keeping(self.cache, self, size)) as keep:
            # Who waits for the latest frame of a live source cannot wait for the next, too.
            several = not self.sequence.live
            with closing(each_described(reid, looks(), self._spent("embed"), several=several)) as described:
                for frames, instances in described:
                    if keep.wanted:
                        keep.add(frames, instances)
                        yield frames, [self.to_labels(each) for each in instances]
                    else:
                        yield frames, instances
            keep.finish()


class _Keeping:
    """A recording, where a cache asks for one.

    Attributes:
        wanted: Whether it does.
    """

    def __init__(self, keeping: DetectionKeeping | None, detecting: Detecting, size: int) -> None:
        self._keeping = keeping
        self._detecting = detecting
        self._size = size
        self._recording = None if keeping is None else keeping.recording(detecting.sequence)
        self.wanted = self._recording is not None

    def add(self, frames: Seq[Frame], found: Seq[Instances]) -> None:
        if self._recording is not None:
            self._recording.add(frames, found)

    def finish(self) -> None:
        if self._keeping is not None and self._recording is not None:
            sequence = self._detecting.sequence
            self._recording.finish(sequence, classes=self._detecting.classes, batch_size=self._size)
            self._keeping.recorded(sequence, self._recording)

    def close(self) -> None:
        if self._recording is not None:
            self._recording.close()


def stored_detections(stored: StoredDetections, frame: Frame, sequence: Sequence) -> Instances:
    """Return the stored detections of a frame.

    Raises:
        DataError: There are none: the source is longer than it was.
    """
    if frame.index >= stored.length:
        message = f"has more frames than the {stored.length} whose detections are stored ({stored.folder})"
        raise DataError(f"{message}; compute them anew with vtcore cache --force", file=sequence.name)
    return stored.detections(frame.index)


def _batches(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    if size <= 1:
        for frame in frames:
            yield [frame]
        return
    while True:
        batch: list[Frame] = []
        try:
            for frame in itertools.islice(frames, size):
                batch.append(frame)  # noqa: PERF402 - what came before an error must not be lost with it
        except VtcoreError:
            if batch:
                yield batch
            raise
        if not batch:
            return
        yield batch


def gathered(found: Found) -> Found:
    """Yield several batches as one, as long as it has few frames and few boxes."""
    with closing(found):
        for batches in grouped(found, (_FRAMES_TOGETHER, _BOXES_TOGETHER), _measures):
            yield [each for frames, _ in batches for each in frames], [each for _, some in batches for each in some]


def _measures(batch: Batch) -> tuple[int, int]:
    frames, instances = batch
    return len(frames), sum(map(len, instances))


def flattened(batches: Iterable[Batch]) -> Iterator[tuple[Frame, Instances]]:
    """Yield frame by frame."""
    for frames, instances in batches:
        yield from zip(frames, instances, strict=True)
