"""How a component of each kind is put to work on a scene: what checks of any kind build on."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from vtcore.comparison import EvaluatedSequence
from vtcore.errors import VtcoreError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.answers import expect_instances
from vtcore.testing.comparisons import plain_copy
from vtcore.testing.definitions import TARGET_TRACKER
from vtcore.testing.failures import NotChecked
from vtcore.testing.mixing import mixed
from vtcore.testing.scenes import CLASSES, FRAMES, Scene, SceneSequence
from vtcore.testing.torch_module import torch_module

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.testing.subjects import Subject

__all__ = ["DRIVEN", "Driver", "StubTargetTracker", "answers", "driver_of"]


class Driver(ABC):
    """Puts a component to work, step by step.

    Attributes:
        resets: Whether components of the kind have a `reset`, and may remember what they saw since.
        tolerance: By how much numbers of two runs of the same may differ.
    """

    resets: ClassVar[bool] = False
    tolerance: ClassVar[float] = 0.0

    def scene(self, subject: Subject, variant: int = 0, length: int = FRAMES) -> Scene:
        """Return what the component is shown."""
        return Scene.made(variant, length, images="image" in subject.needs())

    @abstractmethod
    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Show a scene to a component, from a reset on, and yield what it answers."""


class TrackerDriver(Driver):
    """A tracker of detections."""

    resets: ClassVar[bool] = True

    def scene(self, subject: Subject, variant: int = 0, length: int = FRAMES) -> Scene:
        """Return a scene whose detections are as mixed as those of a detector."""
        scene = super().scene(subject, variant, length)
        scene.detections = mixed(scene.detections)
        return scene

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the tracks of each frame."""
        target.reset(scene.sequence)
        yield from self.rest(target, scene, 0)

    def rest(self, target: Any, scene: Scene, first: int) -> Iterator[Any]:
        """Go on from a frame, without a reset."""
        for frame, detections in zip(scene.frames[first:], scene.detections[first:], strict=True):
            yield _tracks(target.update(frame, detections), frame)


class TargetTrackerDriver(TrackerDriver):
    """A tracker of targets."""

    def rest(self, target: Any, scene: Scene, first: int) -> Iterator[Any]:
        """Go on from a frame, without a reset: in each, `update` comes first, then what is started."""
        for frame in scene.frames[first:]:
            yield _tracks(target.update(frame, Instances.empty()), frame)
            if frame.index in scene.targets:
                target.start(frame, scene.targets[frame.index])


class DetectorDriver(Driver):
    """A detector."""

    resets: ClassVar[bool] = True

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the detections of each batch."""
        target.reset(scene.sequence)
        size = max(1, int(target.batch_size))
        for start in range(0, len(scene.frames), size):
            yield list(target.detect(scene.frames[start : start + size]))


class ReIdDriver(Driver):
    """A re-identification."""

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the embeddings of each two frames."""
        for start in range(0, len(scene.frames), 2):
            some = scene.frames[start : start + 2]
            yield list(target.embed(some, [scene.detections[frame.index].boxes for frame in some]))


class TransformDriver(Driver):
    """A transform."""

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield each frame, changed."""
        for frame in scene.frames:
            yield target(frame)


class DatasetDriver(Driver):
    """A data set: it is shown nothing, and answers with the beginning of its first sequences."""

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield sequences, some frames, annotations and detections."""
        for sequence in list(target.sequences())[:2]:
            yield sequence
            if sequence.live:
                continue
            for frame, _ in zip(sequence.frames(images=sequence.has_images), range(3), strict=False):
                yield frame
            yield sequence.annotations()
            yield sequence.detections()


class RefinerDriver(Driver):
    """A refiner."""

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the refined results."""
        sequence = scene.sequence
        yield target.refine(sequence.results(), sequence=sequence.name, length=sequence.length)


class MetricDriver(Driver):
    """A metric."""

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield what it makes of a sequence, and the report."""
        compared = compared_of(scene)
        try:
            counts = target.evaluate(compared)
        except VtcoreError:
            # Metrics of single targets refuse many; what they say of one target counts.
            compared = compared_of(scene, single=True)
            counts = target.evaluate(compared)
        yield counts
        yield target.report({compared.name: counts}, compared.classes)


class WriterDriver(Driver):
    """A writer: it answers each frame with nothing, and the file at the end."""

    def scene(self, subject: Subject, variant: int = 0, length: int = FRAMES) -> Scene:
        """Return a scene of many objects, or of one target where the format holds no more."""
        images = "image" in subject.needs()
        try:
            for _ in self.steps(subject.make(), Scene.made(0, 2, images=images)):
                pass
        except VtcoreError:
            return single_scene(variant, length, images=images)
        return Scene.made(variant, length, images=images)

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the bytes of the file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"scene{target.suffix}.partial"
            target.open(scene.sequence, path)
            complete = False
            try:
                for frame, tracks in zip(scene.frames, tracks_of(scene), strict=True):
                    target.write(frame, scene.detections[frame.index], tracks)
                    yield None
                complete = True
            finally:
                target.close(complete=complete)
            yield path.read_bytes() if path.is_file() else None


class ProtocolDriver(Driver):
    """A protocol, with a tracker that answers each target where it was started."""

    resets: ClassVar[bool] = True

    def scene(self, subject: Subject, variant: int = 0, length: int = FRAMES) -> Scene:
        """Return a scene of one target, as data sets of single-object tracking have it."""
        return single_scene(variant, length)

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield what is written of each frame."""
        tracker = StubTargetTracker()
        tracker.reset(scene.sequence)
        target.reset(scene.sequence)
        for frame in scene.frames:
            yield target.step(tracker, frame)


class BackboneDriver(Driver):
    """A backbone."""

    tolerance: ClassVar[float] = 1e-5

    def scene(self, subject: Subject, variant: int = 0, length: int = FRAMES) -> Scene:
        """Return a scene with images, which is what backbones are for."""
        return Scene.made(variant, 1)

    def steps(self, target: Any, scene: Scene) -> Iterator[Any]:
        """Yield the maps of all frames."""
        torch = torch_module()

        pictures = np.stack([frame.image for frame in scene.frames if frame.image is not None])
        images = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255)
        with torch.inference_mode():
            maps = list(_evaluating(target)(images))
        # Not within the block: who leaves this generator half-way would leave the mode on for the whole thread.
        yield maps


def _tracks(answer: Any, frame: Frame) -> Instances:
    """Return what a tracker answers, if anything can be said of it."""
    if not isinstance(answer, Instances):
        expect_instances(answer, f"the answer to frame {frame.index}")
    return cast("Instances", answer)


class StubTargetTracker:
    """A tracker of targets that answers each where it was started: for checks of protocols.

    Attributes:
        started: Frames in which something was started, with the ids.
    """

    def __init__(self) -> None:
        self.started: list[tuple[int, list[int]]] = []
        self._rows: dict[int, tuple[list[float], int]] = {}

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget all targets."""
        self._rows.clear()

    def start(self, frame: Frame, targets: Instances) -> None:
        """Take up targets."""
        ids = [] if targets.ids is None else targets.ids.tolist()
        self.started.append((frame.index, ids))
        for row, name in enumerate(ids):
            self._rows[name] = (targets.boxes[row].tolist(), int(targets.labels[row]))

    def update(self, frame: Frame, detections: Instances) -> Instances:
        """Answer all targets."""
        boxes = np.array([box for box, _ in self._rows.values()], np.float32).reshape(-1, 4)
        labels = [label for _, label in self._rows.values()]
        count = len(boxes)
        return Instances(
            boxes, np.full(count, 0.5), labels, ids=list(self._rows), detection_index=np.full(count, -1, np.int64)
        )


def single_scene(variant: int, length: int, *, images: bool = True) -> Scene:
    """Return a scene of one target, as a run leaves it that drove a tracker of targets."""
    sequence = SceneSequence(variant, length, single=True)
    frames = list(sequence.frames(images=images))
    for frame in frames:
        frame.shared["track_seconds"] = 0.01
    return Scene(sequence, frames, [Instances.empty()] * length)


def compared_of(scene: Scene, *, single: bool = False) -> EvaluatedSequence:
    """Return annotations and results of a scene side by side."""
    sequence = SceneSequence(scene.sequence.variant, scene.sequence.length or 0, single=single)
    classes = CLASSES[:1] if single else CLASSES
    return EvaluatedSequence(
        sequence.name,
        sequence.length or 0,
        classes,
        sequence.annotations(),
        sequence.results(),
        width=sequence.width,
        height=sequence.height,
    )


def tracks_of(scene: Scene) -> list[Instances]:
    """Return tracks of each frame, as a tracker would answer them."""
    table = scene.sequence.results()
    return [table.instances(frame.index) for frame in scene.frames]


def _evaluating(network: Any) -> Any:
    return network.eval() if hasattr(network, "eval") else network


DRIVEN: dict[str, Driver] = {
    "tracker": TrackerDriver(),
    TARGET_TRACKER: TargetTrackerDriver(),
    "detector": DetectorDriver(),
    "reid": ReIdDriver(),
    "dataset": DatasetDriver(),
    "transform": TransformDriver(),
    "refiner": RefinerDriver(),
    "metric": MetricDriver(),
    "writer": WriterDriver(),
    "protocol": ProtocolDriver(),
    "backbone": BackboneDriver(),
}
"""The kinds that the kit knows how to put to work, and how."""


def driver_of(subject: Subject) -> Driver:
    """Return how to put a component to work.

    Raises:
        NotChecked: The kit does not know components of that kind.
    """
    driver = DRIVEN.get(subject.checked_as)
    if driver is None:
        raise NotChecked(f"nobody but its own users can say how to put a {subject.kind} to work")
    return driver


def answers(driver: Driver, target: Any, scene: Scene) -> list[Any]:
    """Return copies of all that a component answers to a scene."""
    return [plain_copy(answer) for answer in driver.steps(target, scene)]
