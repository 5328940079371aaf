"""Data and detections, read once and replayed for every trial."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

import attrs

from vtcore.components import BuildContext, build
from vtcore.detection_cache.once import DetectOnce
from vtcore.detection_cache.stored import StoredDetections
from vtcore.detectors.files import DetectionFile
from vtcore.detectors.given import GivenDetector
from vtcore.experiments.experiment import Experiment, needs_of
from vtcore.frames import Frame, Sequence
from vtcore.host import PluginHost
from vtcore.instances import Instances
from vtcore.interfaces import Transform
from vtcore.labels import LabelMap
from vtcore.runs.pipeline import Pipeline
from vtcore.sweeps.pictures import KeptFrame, Pictures

__all__ = ["Replay", "detection_key"]

_KEPT = 8
"""Detection settings that stay in memory: a sweep over a detector's option goes through many."""


@attrs.frozen(eq=False)
class Replayed:
    """One sequence, as the tracker sees it.

    Attributes:
        sequence: The sequence.
        frames: Its frames.
        detections: What was detected in each; can be gone through again and again.
    """

    sequence: Sequence
    frames: list[KeptFrame]
    detections: Iterable[Instances]


@attrs.frozen(eq=False)
class _Mapped:
    """Detections that stay in a file, read as they are asked for, with the sequence's labels."""

    stored: StoredDetections
    labels: LabelMap
    length: int

    def __iter__(self) -> Iterator[Instances]:
        """Yield each frame's."""
        return (self.labels(self.stored.detections(index)) for index in range(self.length))


class Replay:
    """The sequences of an experiment with their detections, by the settings of transforms and detector.

    Attributes:
        notes: What is worth telling of the detections.
    """

    def __init__(
        self,
        sequences: Seq[Sequence],
        context: BuildContext,
        host: PluginHost,
        stored: Mapping[str, Seq[Path]] | None = None,
    ) -> None:
        """Keep the sequences, whose files have been read.

        Args:
            sequences: What the experiment runs on.
            context: For making detectors and transforms.
            host: The plugins.
            stored: Folders of detections that another process has found, by `detection_key`; one a sequence.
        """
        self.notes: list[str] = []
        self._sequences = sequences
        self._context = context
        self._host = host
        self._stored = dict(stored or {})
        self._frames: dict[str, list[list[KeptFrame]]] = {}
        self._detections: OrderedDict[str, list[Iterable[Instances]]] = OrderedDict()
        self._files: dict[tuple[str, int | None], DetectionFile] = {}

    @property
    def stored(self) -> dict[str, Seq[Path]]:
        """Folders of the detections that lie in files, by `detection_key`; they last as long as this."""
        return self._stored

    def sequences(self, experiment: Experiment) -> list[Replayed]:
        """Return every sequence with the detections that a trial's experiment finds in it.

        Raises:
            DataError: A source cannot be read, or detector and data have no class in common.
        """
        key = detection_key(experiment)
        if key not in self._detections:
            self._detect(experiment, key)
        self._detections.move_to_end(key)
        frames = self._frames[_frames_key(experiment)]
        triples = zip(self._sequences, frames, self._detections[key], strict=True)
        return [Replayed(sequence, kept, found) for sequence, kept, found in triples]

    def _detect(self, experiment: Experiment, key: str) -> None:
        transforms: list[Transform] = [build(transform, self._context) for transform in experiment.transforms]
        looks = experiment.detector is not None and "image" in needs_of(experiment.detector)
        pairs = list(self._computed(experiment, key) if looks else self._looked_up(experiment))
        watched = "image" in experiment.needs()
        all_frames = []
        for sequence, (frames, _) in zip(self._sequences, pairs, strict=True):
            pictures = Pictures(sequence, transforms) if watched else None
            all_frames.append([KeptFrame(frame, pictures) for frame in frames])
        # The frames of the first detections stay: what was found for them is shared.
        self._frames.setdefault(_frames_key(experiment), all_frames)
        self._detections[key] = [found for _, found in pairs]
        while len(self._detections) > _KEPT:
            self._detections.popitem(last=False)

    def _looked_up(self, experiment: Experiment) -> Iterator[tuple[list[Frame], Iterable[Instances]]]:
        """Yield frames and detections of each sequence where nobody looks at pictures."""
        detector = None if experiment.detector is None else build(experiment.detector, self._context)
        if isinstance(detector, GivenDetector):
            detector.files = self._files
        pipeline = Pipeline(detector=detector, images=False, max_frames=experiment.run.max_frames)
        for sequence in self._sequences:
            tracked = [(frame, found) for frame, found, _ in pipeline.track(sequence)]
            yield [frame for frame, _ in tracked], [found for _, found in tracked]

    def _computed(self, experiment: Experiment, key: str) -> Iterator[tuple[list[Frame], Iterable[Instances]]]:
        """Yield frames and detections of each sequence from the cache, where they are computed at most once."""
        limit = experiment.run.max_frames
        folders = self._stored.get(key)
        once = DetectOnce(experiment, host=self._host, classes=self._context.classes)
        made: list[StoredDetections] = []
        for place, sequence in enumerate(self._sequences):
            stored = once(sequence) if folders is None else StoredDetections.open(folders[place])
            made.append(stored)
            stored.prepare(sequence)
            length = min(stored.length, limit or stored.length)
            frames = [Frame(index, time=stored.time(index), sequence=sequence) for index in range(length)]
            yield frames, _Mapped(stored, LabelMap(stored.classes, sequence.classes), length)
        self.notes += [note for note in once.notes if note not in self.notes]
        self._stored[key] = [stored.folder for stored in made]


def detection_key(experiment: Experiment) -> str:
    """Return what experiments with the same detections, and only they, have in common."""
    tables = experiment.resolved()
    return json.dumps([tables.get("transforms"), tables.get("detector")], sort_keys=True, default=str)


def _frames_key(experiment: Experiment) -> str:
    return json.dumps(experiment.resolved().get("transforms"), sort_keys=True, default=str)
