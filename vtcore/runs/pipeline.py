"""From frames to tracks: transforms, detector, re-identification and tracker of one run.

Four things happen at once, each in a thread of its own and a bounded number of frames ahead of the next: frames are
decoded and transformed, detected in, their detections described, and tracked in the thread of the run (writing is the
fifth, see `vtcore.runs.writing`). Where detections cost nothing, since they are given or replayed, there is no thread
for them; a live source has none but that which decodes, so that the latest frame is tracked and not one that waited.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterator
from collections.abc import Sequence as Seq
from contextlib import closing
from typing import TYPE_CHECKING, cast

from vtcore.ahead import Interrupts
from vtcore.errors import PluginError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Detector, ReId, TargetProtocol, TargetTracker, Tracker, Transform
from vtcore.labels import LabelMap
from vtcore.runs.detecting import Detecting, DetectionKeeping, flattened, stored_detections
from vtcore.sources.prefetch import prefetch

if TYPE_CHECKING:
    from vtcore.detection_cache.stored import StoredDetections

__all__ = ["STAGES", "TRACK_SECONDS", "DetectionKeeping", "Pipeline", "Tracked", "tracks_of"]

Tracked = Generator[tuple[Frame, Instances, Instances], None, None]
"""Each frame with its detections and its tracks."""

TRACK_SECONDS = "track_seconds"
"""Key in `Frame.shared` of the seconds that tracking the frame took, where a protocol drives the tracker."""

STAGES = ("decode", "transform", "detect", "embed", "track", "write")
"""The stages whose time a run measures."""


def tracks_of(tracker: Tracker, protocol: TargetProtocol | None, frame: Frame, detections: Instances) -> Instances:
    """Return what a tracker answers for the next frame, driven by a protocol where there is one.

    Raises:
        PluginError: It answers no instances, or none with ids.
    """
    if protocol is None:
        tracks = tracker.update(frame, detections)
    else:
        tracks = protocol.step(cast("TargetTracker", tracker), frame)
    if isinstance(tracks, Instances) and (tracks.ids is not None or not len(tracks)):
        return tracks
    asked = tracker if protocol is None else protocol
    answered = "Instances without ids" if isinstance(tracks, Instances) else type(tracks).__name__
    raise PluginError(
        f"{type(asked).__module__}:{type(asked).__qualname__} answered {answered} for frame {frame.index}; tracks are "
        "vtcore.Instances with ids, as of detections.replace(ids=..., detection_index=...)"
    )


class Pipeline:
    """What turns the frames of a sequence into tracks.

    Attributes:
        seconds: Time spent in each stage of the sequence last started, those that there are; all but ``track`` run in
            the background.
        parts: The components that do the work of a stage, by the stage's name.
    """

    def __init__(
        self,
        *,
        transforms: Seq[Transform] = (),
        detector: Detector | None = None,
        reid: ReId | None = None,
        tracker: Tracker | None = None,
        protocol: TargetProtocol | None = None,
        images: bool = True,
        prefetch: int = 8,
        max_frames: int = 0,
        cache: DetectionKeeping | None = None,
        bare_cache: DetectionKeeping | None = None,
        replay_images: bool = True,
        ahead: bool = True,
    ) -> None:
        """Put the parts together.

        Args:
            transforms: Applied to each frame in order.
            detector: None where the tracker needs no detections.
            reid: Describes what was detected; None where nobody compares looks, or the detections bring embeddings.
            tracker: None where only detections are wanted.
            protocol: Drives the tracker, a `TargetTracker`; None where it is handed detections.
            images: Whether anyone needs decoded pixels.
            prefetch: Frames decoded ahead.
            max_frames: Stop after so many frames; 0 for never.
            cache: Where detections are found again and stored, with their embeddings where there is a `reid`.
            bare_cache: With a `reid`: where detections are found again and stored as the detector returns them.
            replay_images: Whether anyone but transforms, detector and `reid` needs decoded pixels.
            ahead: Whether detecting takes time, so that it is done ahead of the tracker, in a thread of its own.
        """
        self._transforms = transforms
        self._detector = detector
        self._reid = None if detector is None else reid
        self._tracker = tracker
        self._protocol = None if tracker is None else protocol
        self._images = images
        self._prefetch = prefetch
        self._max_frames = max_frames
        self._cache = cache
        self._bare_cache = bare_cache
        self._replay_images = images and replay_images
        self._ahead = ahead and images
        self._stored: StoredDetections | None = None
        self._classes = () if detector is None else tuple(detector.classes)
        self.parts = {
            stage: part
            for stage, part in (("detect", detector), ("embed", self._reid), ("track", tracker))
            if part is not None
        }
        self.seconds = self._stages()

    def _stages(self) -> dict[str, float]:
        present = {"decode", *self.parts, "write", *(["transform"] if self._transforms else [])}
        return {stage: 0.0 for stage in STAGES if stage in present}

    def name_classes(self, sequence: Sequence) -> None:
        """Give a sequence without class names the detector's."""
        sequence.classes = sequence.classes or self._classes

    def track(self, sequence: Sequence, *, interrupts: Interrupts | None = None) -> Tracked:
        """Prepare everything for a sequence, then yield each frame with its detections and tracks.

        Without a tracker the tracks are the detections. A sequence without class names takes the detector's, before
        the first frame is asked for.

        Args:
            sequence: The sequence.
            interrupts: Asked while detections are waited for.

        Raises:
            DataError: The source cannot be read, or detector and data have no class in common.
        """
        self.seconds = self._stages()
        # The key of stored detections holds the class names as the data set gives them.
        self._stored = None if self._cache is None else self._cache.stored(sequence)
        bare = None
        if self._stored is None and self._reid is not None and self._bare_cache is not None:
            bare = self._bare_cache.stored(sequence)
        self.name_classes(sequence)
        to_labels = LabelMap(self._classes, sequence.classes)
        replayed = self._stored or bare
        if replayed is not None:
            replayed.prepare(sequence)
        elif self._detector is not None:
            self._detector.reset(sequence)
        if self._tracker is not None:
            self._tracker.reset(sequence)
        if self._protocol is not None:
            self._protocol.reset(sequence)
        return self._tracked(sequence, self._detected(sequence, to_labels, bare, interrupts))

    def _tracked(self, sequence: Sequence, detected: Generator[tuple[Frame, Instances], None, None]) -> Tracked:
        clock = time.perf_counter
        seconds = self.seconds
        with closing(detected):
            for frame, detections in detected:
                if self._tracker is None:
                    yield frame, detections, detections
                    continue
                began = clock()
                tracks = tracks_of(self._tracker, self._protocol, frame, detections)
                spent = clock() - began
                seconds["track"] += spent
                if self._protocol is not None:
                    frame.shared[TRACK_SECONDS] = spent
                yield frame, detections, tracks

    def _detected(
        self, sequence: Sequence, to_labels: LabelMap, bare: StoredDetections | None, interrupts: Interrupts | None
    ) -> Generator[tuple[Frame, Instances], None, None]:
        if self._stored is not None:
            with closing(self._replayed(sequence, self._stored)) as replayed:
                for frame, found in replayed:
                    yield frame, to_labels(found)
            return
        if self._detector is None:
            nothing = Instances.empty()
            with closing(self._frames(sequence)) as frames:
                for frame in frames:
                    yield frame, nothing
            return
        detecting = Detecting(
            sequence=sequence,
            detector=self._detector,
            classes=self._classes,
            to_labels=to_labels,
            seconds=self.seconds,
            cache=self._cache,
            reid=self._reid,
            bare_cache=self._bare_cache,
            stored=bare,
            wants=getattr(self._tracker, "wants_embeddings", None),
            ahead=self._ahead,
            interrupts=interrupts,
        )
        with closing(detecting.batches(self._frames(sequence))) as batches:
            yield from flattened(batches)

    def _replayed(self, sequence: Sequence, stored: StoredDetections) -> Generator[tuple[Frame, Instances], None, None]:
        if not self._replay_images:
            yield from stored.replay(sequence, self._max_frames)
            return
        with closing(self._frames(sequence)) as frames:
            for frame in frames:
                yield frame, stored_detections(stored, frame, sequence)

    def _frames(self, sequence: Sequence) -> Generator[Frame, None, None]:
        frames = self._timed(sequence.frames(images=self._images), "decode")
        if self._max_frames:
            frames = itertools.islice(frames, self._max_frames)
        # A live source is to be read as fast as its frames come.
        early = not sequence.live
        if early:
            frames = self._transformed(frames)
        ahead = prefetch(frames, self._prefetch, sequence=sequence) if self._images else frames
        try:
            yield from ahead if early else self._transformed(ahead)
        finally:
            close = getattr(ahead, "close", None)
            if close is not None:
                close()

    def _transformed(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        if not self._transforms:
            return frames
        return self._each_transformed(frames)

    def _each_transformed(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        seconds = self.seconds
        for frame in frames:
            began = time.perf_counter()
            for transform in self._transforms:
                frame = transform(frame)
            seconds["transform"] += time.perf_counter() - began
            yield frame

    def _timed(self, frames: Iterator[Frame], stage: str) -> Iterator[Frame]:
        clock = time.perf_counter
        seconds = self.seconds
        while True:
            began = clock()
            try:
                frame = next(frames)
            except StopIteration:
                return
            finally:
                seconds[stage] += clock() - began
            yield frame
