"""The stages of a run one after the other, each measured with nothing beside it."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from collections.abc import Sequence as Seq
from contextlib import closing
from pathlib import Path

from vtcore.ahead import Interrupts, run_ahead
from vtcore.benchmarking.clocks import StageClock, grown, parts_of
from vtcore.files import PARTIAL
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Detector, ReId, TargetProtocol, Tracker, Transform, Writer
from vtcore.labels import LabelMap
from vtcore.runs.detecting import Found, gathered
from vtcore.runs.embedding import embedded
from vtcore.runs.pipeline import tracks_of

__all__ = ["AlonePass"]


class AlonePass:
    """Takes sequences through all stages, a batch at a time.

    Attributes:
        clock: Time of each stage.
        parts: What components tell of their finer stages, by stage.
    """

    def __init__(
        self,
        *,
        transforms: Seq[Transform],
        detector: Detector | None,
        reid: ReId | None,
        tracker: Tracker | None,
        protocol: TargetProtocol | None,
        writers: Seq[Writer],
        images: bool,
        folder: Path,
        limit: int,
        ahead: bool = True,
    ) -> None:
        """Keep the components.

        Args:
            transforms: As `vtcore.runs.pipeline.Pipeline` takes them.
            detector: The same.
            reid: The same.
            tracker: The same.
            protocol: The same.
            writers: Where the results go.
            images: Whether anyone needs decoded pixels.
            folder: Where the writers write.
            limit: Frames after which a sequence ends; 0 for never.
            ahead: As `Pipeline` takes it.
        """
        self.clock = StageClock()
        self.parts: dict[str, dict[str, float]] = {}
        self._transforms = transforms
        self._detector = detector
        self._reid = reid
        self._tracker = tracker
        self._protocol = protocol
        self._writers = writers
        self._images = images
        self._folder = folder
        self._limit = limit
        self._ahead = ahead and images

    def do(self, sequence: Sequence, interrupts: Interrupts) -> None:
        """Take a sequence through all stages.

        It is done in a thread of its own, as in a run: libraries of parallel loops treat the main thread otherwise.

        Args:
            sequence: The sequence.
            interrupts: Asked after every batch, and while it is waited for.
        """
        with run_ahead(self._steps(sequence), 1, name="vtcore-alone", interrupts=interrupts) as steps:
            for _ in steps:
                interrupts.check()

    def _steps(self, sequence: Sequence) -> Generator[int, None, None]:
        """Do all that is to be done, yielding after every batch how many frames it had."""
        named = {"detect": self._detector, "embed": self._reid, "associate": self._tracker}
        before = {stage: parts_of(component) for stage, component in named.items()}
        classes = () if self._detector is None else tuple(self._detector.classes)
        to_labels = LabelMap(classes, sequence.classes)
        for part in (self._detector, self._tracker, self._protocol):
            if part is not None:
                part.reset(sequence)
        paths = self._open(sequence)
        size = 1 if self._detector is None else max(1, self._detector.batch_size)
        frames = self._frames(sequence)
        try:
            with closing(self._detected(frames, size, to_labels)) as found:
                for batch, instances in found:
                    self._batch(batch, instances)
                    yield len(batch)
        finally:
            with self.clock.measure("write"):
                for writer in self._writers:
                    writer.close(complete=True)
        for path in paths:
            path.unlink(missing_ok=True)
        for stage, component in named.items():
            for name, spent in grown(before[stage], parts_of(component)).items():
                told = self.parts.setdefault(stage, {})
                told[name] = told.get(name, 0.0) + spent

    def _open(self, sequence: Sequence) -> list[Path]:
        """Open the files; they are removed in the end, since those of the run lie beside them."""
        paths = []
        with self.clock.measure("write"):
            for writer in self._writers:
                path = self._folder / writer.folder / f"{sequence.name}.alone{writer.suffix}{PARTIAL}"
                path.parent.mkdir(parents=True, exist_ok=True)
                writer.open(sequence, path)
                paths.append(path)
        return paths

    def _frames(self, sequence: Sequence) -> Generator[Frame, None, None]:
        frames = sequence.frames(images=self._images)
        for count in itertools.count(1):
            with self.clock.measure("decode"):
                frame = next(frames, None)
            if frame is None:
                return
            if self._transforms:
                with self.clock.measure("transform"):
                    for transform in self._transforms:
                        frame = transform(frame)
            yield frame
            if count == self._limit:
                return

    def _detected(self, frames: Generator[Frame, None, None], size: int, to_labels: LabelMap) -> Found:
        """Yield batches, as large as a run has them, with what was found in them."""
        found = self._each_detected(frames, size, to_labels)
        # A run, too, waits for nothing where detections cost nothing.
        yield from found if self._reid is None or self._ahead else gathered(found)

    def _each_detected(self, frames: Generator[Frame, None, None], size: int, to_labels: LabelMap) -> Found:
        with closing(frames):
            while batch := list(itertools.islice(frames, size)):
                found = [Instances.empty()] * len(batch)
                if self._detector is not None:
                    with self.clock.measure("detect"):
                        found = list(self._detector.detect(batch))
                    found = [to_labels(each) for each in found]
                yield batch, found

    def _batch(self, frames: list[Frame], found: list[Instances]) -> None:
        if self._detector is not None and self._reid is not None:
            with self.clock.measure("embed"):
                found = embedded(self._reid, frames, found, getattr(self._tracker, "wants_embeddings", None))
        for frame, detections in zip(frames, found, strict=True):
            tracks = detections
            if self._tracker is not None:
                with self.clock.measure("associate"):
                    tracks = tracks_of(self._tracker, self._protocol, frame, detections)
            with self.clock.measure("write"):
                for writer in self._writers:
                    writer.write(frame, detections, tracks)
                    wait = getattr(writer, "wait", None)
                    if wait is not None:
                        wait()
