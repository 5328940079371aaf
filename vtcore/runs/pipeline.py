"""From frames to tracks: transforms, detector and tracker of one run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterator
from collections.abc import Sequence as Seq
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from vtcore.errors import DataError, VtcoreError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Detector, Tracker, Transform
from vtcore.labels import LabelMap
from vtcore.sources.prefetch import prefetch

if TYPE_CHECKING:
    from vtcore.detection_cache.recording import Recording
    from vtcore.detection_cache.stored import StoredDetections

__all__ = ["STAGES", "DetectionKeeping", "Pipeline", "Tracked"]

Tracked = Generator[tuple[Frame, Instances, Instances], None, None]
"""Each frame with its detections and its tracks."""

STAGES = ("decode", "transform", "detect", "track", "write")
"""The stages whose time a run measures."""


class DetectionKeeping(Protocol):
    """Where detections are found again and stored: `vtcore.detection_cache.RunCache`."""

    def stored(self, sequence: Sequence) -> StoredDetections | None:
        """Return the detections of a sequence to replay, None to have them computed."""

    def recording(self, sequence: Sequence) -> Recording | None:
        """Return what stores computed detections, None to have them forgotten."""

    def recorded(self, sequence: Sequence, recording: Recording) -> None:
        """Take note of a recording that is over."""


class Pipeline:
    """What turns the frames of a sequence into tracks.

    Attributes:
        seconds: Time spent in each stage of the sequence last started, those that there are; ``decode`` runs in the
            background.
    """

    def __init__(
        self,
        *,
        transforms: Seq[Transform] = (),
        detector: Detector | None = None,
        tracker: Tracker | None = None,
        images: bool = True,
        prefetch: int = 8,
        max_frames: int = 0,
        cache: DetectionKeeping | None = None,
        replay_images: bool = True,
    ) -> None:
        """Put the parts together.

        Args:
            transforms: Applied to each frame in order.
            detector: None where the tracker needs no detections.
            tracker: None where only detections are wanted.
            images: Whether anyone needs decoded pixels.
            prefetch: Frames decoded ahead.
            max_frames: Stop after so many frames; 0 for never.
            cache: Where detections are found again and stored.
            replay_images: Whether anyone but transforms and detector needs decoded pixels.
        """
        self._transforms = transforms
        self._detector = detector
        self._tracker = tracker
        self._images = images
        self._prefetch = prefetch
        self._max_frames = max_frames
        self._cache = cache
        self._replay_images = images and replay_images
        self._stored: StoredDetections | None = None
        self._classes = () if detector is None else tuple(detector.classes)
        self.seconds = self._stages()

    def _stages(self) -> dict[str, float]:
        absent = {"transform": not self._transforms, "detect": self._detector is None, "track": self._tracker is None}
        return {stage: 0.0 for stage in STAGES if not absent.get(stage, False)}

    def name_classes(self, sequence: Sequence) -> None:
        """Give a sequence without class names the detector's."""
        sequence.classes = sequence.classes or self._classes

    def track(self, sequence: Sequence) -> Tracked:
        """Prepare everything for a sequence, then yield each frame with its detections and tracks.

        Without a tracker the tracks are the detections. A sequence without class names takes the detector's, before
        the first frame is asked for.

        Raises:
            DataError: The source cannot be read, or detector and data have no class in common.
        """
        self.seconds = self._stages()
        # The key of stored detections holds the class names as the data set gives them.
        self._stored = None if self._cache is None else self._cache.stored(sequence)
        self.name_classes(sequence)
        to_labels = LabelMap(self._classes, sequence.classes)
        if self._stored is not None:
            self._stored.prepare(sequence)
        elif self._detector is not None:
            self._detector.reset(sequence)
        if self._tracker is not None:
            self._tracker.reset(sequence)
        return self._tracked(sequence, to_labels)

    def _tracked(self, sequence: Sequence, to_labels: LabelMap) -> Tracked:
        clock = time.perf_counter
        with closing(self._detected(sequence)) as detected:
            for frame, found in detected:
                detections = to_labels(found)
                if self._tracker is None:
                    yield frame, detections, detections
                    continue
                began = clock()
                tracks = self._tracker.update(frame, detections)
                self.seconds["track"] += clock() - began
                yield frame, detections, tracks

    def _detected(self, sequence: Sequence) -> Generator[tuple[Frame, Instances], None, None]:
        if self._stored is not None:
            yield from self._replayed(sequence, self._stored)
            return
        frames = self._frames(sequence)
        with closing(frames):
            if self._detector is None:
                nothing = Instances.empty()
                for frame in frames:
                    yield frame, nothing
                return
            yield from self._computed(sequence, frames, self._detector)

    def _computed(
        self, sequence: Sequence, frames: Iterator[Frame], detector: Detector
    ) -> Generator[tuple[Frame, Instances], None, None]:
        """Detect, and store what was found where the cache asks for it and the source comes to its end."""
        clock = time.perf_counter
        # Waiting for a full batch would hold back the frames of a live source.
        size = 1 if sequence.live else detector.batch_size
        recording = None if self._cache is None else self._cache.recording(sequence)
        try:
            for batch in _batches(frames, size):
                began = clock()
                found = detector.detect(batch)
                self.seconds["detect"] += clock() - began
                if recording is not None:
                    recording.add(batch, found)
                yield from zip(batch, found, strict=True)
            if self._cache is not None and recording is not None:
                recording.finish(sequence, classes=self._classes, batch_size=size)
                self._cache.recorded(sequence, recording)
        finally:
            if recording is not None:
                recording.close()

    def _replayed(self, sequence: Sequence, stored: StoredDetections) -> Generator[tuple[Frame, Instances], None, None]:
        if not self._replay_images:
            yield from stored.replay(sequence, self._max_frames)
            return
        with closing(self._frames(sequence)) as frames:
            for frame in frames:
                if frame.index >= stored.length:
                    message = f"has more frames than the {stored.length} whose detections are stored ({stored.folder})"
                    raise DataError(f"{message}; compute them anew with vtcore cache --force", file=sequence.name)
                yield frame, stored.detections(frame.index)

    def _frames(self, sequence: Sequence) -> Generator[Frame, None, None]:
        frames = self._timed(sequence.frames(images=self._images), "decode")
        if self._max_frames:
            frames = itertools.islice(frames, self._max_frames)
        ahead = prefetch(frames, self._prefetch, sequence=sequence) if self._images else frames
        try:
            if not self._transforms:
                yield from ahead
                return
            for frame in ahead:
                began = time.perf_counter()
                for transform in self._transforms:
                    frame = transform(frame)
                self.seconds["transform"] += time.perf_counter() - began
                yield frame
        finally:
            close = getattr(ahead, "close", None)
            if close is not None:
                close()

    def _timed(self, frames: Iterator[Frame], stage: str) -> Iterator[Frame]:
        clock = time.perf_counter
        while True:
            began = clock()
            try:
                frame = next(frames)
            except StopIteration:
                return
            finally:
                self.seconds[stage] += clock() - began
            yield frame


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
