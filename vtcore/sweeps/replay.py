"""Data and detections, read once and replayed for every trial."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.components import BuildContext, build
from vtcore.detectors.given import GivenDetector
from vtcore.experiments.experiment import Experiment, needs_of
from vtcore.frames import Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Transform
from vtcore.runs.pipeline import Pipeline
from vtcore.sweeps.pictures import KeptFrame, Pictures

if TYPE_CHECKING:
    from vtcore.components import Configured

__all__ = ["Replay", "detection_key"]

_KEPT = 8
"""Detection settings that stay in memory: a sweep over a detector's option goes through many."""


@attrs.frozen(eq=False)
class Replayed:
    """One sequence, as the tracker sees it.

    Attributes:
        sequence: The sequence.
        frames: Its frames.
        detections: What was detected in each.
    """

    sequence: Sequence
    frames: list[KeptFrame]
    detections: list[Instances]


class Replay:
    """The sequences of an experiment with their detections, by the settings of transforms and detector."""

    def __init__(self, sequences: Seq[Sequence], context: BuildContext) -> None:
        """Keep the sequences, whose files have been read.

        Args:
            sequences: What the experiment runs on.
            context: For making detectors and transforms.
        """
        self._sequences = sequences
        self._context = context
        self._frames: dict[str, list[list[KeptFrame]]] = {}
        self._detections: OrderedDict[str, list[list[Instances]]] = OrderedDict()
        self._files: dict[Any, Any] = {}

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
        pipeline = Pipeline(
            transforms=transforms if _looks(experiment.detector) else [],
            detector=self._detector(experiment.detector),
            images=_looks(experiment.detector),
            prefetch=experiment.run.prefetch,
            max_frames=experiment.run.max_frames,
        )
        watched = "image" in experiment.needs()
        all_frames, all_detections = [], []
        for sequence in self._sequences:
            pictures = Pictures(sequence, transforms) if watched else None
            frames, detections = [], []
            for frame, found, _ in pipeline.track(sequence):
                frames.append(KeptFrame(frame, pictures))
                detections.append(found)
            all_frames.append(frames)
            all_detections.append(detections)
        # The frames of the first detections stay: what was found for them is shared.
        self._frames.setdefault(_frames_key(experiment), all_frames)
        self._detections[key] = all_detections
        while len(self._detections) > _KEPT:
            self._detections.popitem(last=False)

    def _detector(self, configured: Configured | None) -> Any:
        if configured is None:
            return None
        detector = build(configured, self._context)
        if isinstance(detector, GivenDetector):
            detector.files = self._files
        return detector


def detection_key(experiment: Experiment) -> str:
    """Return what experiments with the same detections, and only they, have in common."""
    tables = experiment.resolved()
    return json.dumps([tables.get("transforms"), tables.get("detector")], sort_keys=True, default=str)


def _frames_key(experiment: Experiment) -> str:
    return json.dumps(experiment.resolved().get("transforms"), sort_keys=True, default=str)


def _looks(detector: Configured | None) -> bool:
    return detector is not None and "image" in needs_of(detector)
