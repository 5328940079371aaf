"""Data and detections, read once and replayed for every trial."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

import attrs

from vtcore.components import BuildContext, build
from vtcore.detection_cache.identity import DETECTING, detecting_needs
from vtcore.detection_cache.once import DetectOnce
from vtcore.detection_cache.stored import StoredDetections
from vtcore.detectors.files import DetectionFile
from vtcore.detectors.given import GivenDetector
from vtcore.experiments.experiment import Experiment
from vtcore.frames import Frame, Sequence
from vtcore.host import PluginHost
from vtcore.instances import Instances
from vtcore.interfaces import Transform
from vtcore.labels import LabelMap
from vtcore.runs.pipeline import Pipeline
from vtcore.sweeps.pictures import KeptFrame, PictureMemory, Pictures

__all__ = ["Replay", "detection_key"]

_KEPT = 8
"""Settings of a detector whose detections stay in memory: a sweep over its options goes through many."""


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


_Found = tuple[list[Frame], Iterable[Instances]]
"""The frames of one sequence, and what was detected in each."""


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
        *,
        picture_bytes: int = 0,
    ) -> None:
        """Keep the sequences, whose files have been read.

        Args:
            sequences: What the experiment runs on.
            context: For making detectors and transforms.
            host: The plugins.
            stored: Folders of detections that another process has found, by `detection_key`; one a sequence.
            picture_bytes: Memory for pictures that stay between trials.
        """
        self.notes: list[str] = []
        self._sequences = sequences
        self._context = context
        self._host = host
        self._stored = dict(stored or {})
        self._picture_memory = PictureMemory(picture_bytes)
        self._lasting: list[StoredDetections] = []
        self._frames: dict[str, list[list[KeptFrame]]] = {}
        self._detections: OrderedDict[str, list[_Found]] = OrderedDict()
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
        key, frames_key = detection_key(experiment), _frames_key(experiment)
        if key not in self._detections:
            self._detect(experiment, key)
        self._detections.move_to_end(key)
        pairs = self._detections[key]
        if frames_key not in self._frames:
            # The frames of the first detections stay: what was found for them is shared.
            self._frames[frames_key] = self._kept_frames(experiment, [frames for frames, _ in pairs])
        triples = zip(self._sequences, self._frames[frames_key], pairs, strict=True)
        return [Replayed(sequence, kept, found) for sequence, kept, (_, found) in triples]

    def _detect(self, experiment: Experiment, key: str) -> None:
        looks = experiment.detector is not None and "image" in detecting_needs(experiment)
        self._detections[key] = list(self._computed(experiment, key) if looks else self._looked_up(experiment))
        while len(self._detections) > _KEPT:
            self._detections.popitem(last=False)

    def _kept_frames(self, experiment: Experiment, frames: Seq[Seq[Frame]]) -> list[list[KeptFrame]]:
        """Return the frames of each sequence, with pictures where somebody looks at them."""
        watched = _is_watched(experiment)
        transforms: list[Transform] = [build(each, self._context) for each in experiment.transforms] if watched else []
        kept = []
        for sequence, found in zip(self._sequences, frames, strict=True):
            pictures = None
            if watched:
                pictures = Pictures(sequence, transforms, count=len(found), memory=self._picture_memory)
            kept.append([KeptFrame(frame, pictures) for frame in found])
        return kept

    def _looked_up(self, experiment: Experiment) -> Iterator[_Found]:
        """Yield frames and detections of each sequence where nobody looks at pictures."""
        detector = None if experiment.detector is None else build(experiment.detector, self._context)
        if isinstance(detector, GivenDetector):
            detector.files = self._files
        pipeline = Pipeline(detector=detector, images=False, max_frames=experiment.run.max_frames)
        for sequence in self._sequences:
            tracked = [(frame, found) for frame, found, _ in pipeline.track(sequence)]
            yield [frame for frame, _ in tracked], [found for _, found in tracked]

    def _computed(self, experiment: Experiment, key: str) -> Iterator[_Found]:
        """Yield frames and detections of each sequence from the cache, where they are computed at most once."""
        limit = experiment.run.max_frames
        folders = self._stored.get(key)
        once = DetectOnce(experiment, host=self._host, classes=self._context.classes)
        made: list[StoredDetections] = []
        for place, sequence in enumerate(self._sequences):
            stored = None if folders is None else _reopened(folders[place])
            stored = stored or once(sequence)
            made.append(stored)
            stored.prepare(sequence)
            length = min(stored.length, limit or stored.length)
            frames = [Frame(index, time=stored.time(index), sequence=sequence) for index in range(length)]
            yield frames, _Mapped(stored, LabelMap(stored.classes, sequence.classes), length)
        self.notes += [note for note in once.notes if note not in self.notes]
        self._stored[key] = [stored.folder for stored in made]
        # Files that lie in no cache are there as long as they are held here.
        self._lasting += [stored for stored in made if stored.temporary]


def _reopened(folder: Path) -> StoredDetections | None:
    """Return detections that were there before, None where someone has taken them away since."""
    try:
        return StoredDetections.open(folder)
    except (OSError, ValueError):
        return None


def detection_key(experiment: Experiment) -> str:
    """Return what experiments with the same detections, and only they, have in common."""
    tables = experiment.resolved()
    return json.dumps([tables.get(name) for name in DETECTING], sort_keys=True, default=str)


def _frames_key(experiment: Experiment) -> str:
    transforms = experiment.resolved().get("transforms")
    return json.dumps([transforms, _is_watched(experiment)], sort_keys=True, default=str)


def _is_watched(experiment: Experiment) -> bool:
    """Whether anything in an experiment looks at pictures; one trial's tracker may, and another's not."""
    return "image" in experiment.needs()
