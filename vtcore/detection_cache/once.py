"""Detections of a sequence, computed at most once."""

from __future__ import annotations

import random
import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs

from vtcore.components import build
from vtcore.detection_cache.cache import DetectionCache
from vtcore.detection_cache.class_names import classes_of_data
from vtcore.detection_cache.identity import detecting_needs
from vtcore.detection_cache.recording import Recording
from vtcore.detection_cache.refusal import Refusal
from vtcore.detection_cache.run_cache import RunCache
from vtcore.detection_cache.stored import StoredDetections
from vtcore.errors import DataError, ExperimentError, OutputError
from vtcore.experiments.experiment import Experiment, is_free
from vtcore.frames import Frame, Sequence
from vtcore.host import PluginHost
from vtcore.interfaces import Detector, ReId

__all__ = ["DetectOnce", "detect_once"]


def detect_once(
    experiment: Experiment,
    sequence: Sequence,
    *,
    host: PluginHost | None = None,
    classes: tuple[str, ...] | None = None,
    cache: DetectionCache | None = None,
    force: bool = False,
) -> StoredDetections:
    """Return the detections of a sequence: from the cache, or computed and stored there.

    Transforms, detector and re-identification of the experiment are run, its tracker is not. What cannot be cached
    (`given`, a data set that does not say what its pictures follow from) is stored in a temporary folder that lasts as
    long as the answer.
    The sequence stays as it is: `StoredDetections.prepare` gives it the class names that it has in a run; a
    `vtcore.labels.LabelMap` from ``classes`` to these turns the labels, as a run does.

    Args:
        experiment: With ``[detector]``, perhaps ``[[transforms]]``, and the options of ``[run]``; ``run.max_frames``
            counts, ``run.cache`` does not.
        sequence: Of the experiment's data set, or any other.
        host: The plugins; the installed ones by default.
        classes: The class names that components are built with: in a run those of its first sequence. Those of this
            sequence by default.
        cache: Where entries lie; the default folder when left out.
        force: Whether to compute what is there already.

    Raises:
        ExperimentError: The experiment has no detector.
        DataError: The source is live, cannot be read, or is damaged; nothing is stored then.
        OutputError: The detections cannot be stored anywhere.
    """
    return DetectOnce(experiment, host=host, classes=classes, cache=cache, force=force)(sequence)


class DetectOnce:
    """`detect_once` for several sequences: the detector is made at most once.

    Attributes:
        notes: Why detections are not cached, and what else is worth telling.
        computed: Whether the last answer was computed, not found.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        host: PluginHost | None = None,
        classes: tuple[str, ...] | None = None,
        cache: DetectionCache | None = None,
        force: bool = False,
        frame_done: Callable[[Frame], Any] | None = None,
        temporary: bool = True,
    ) -> None:
        """Keep what is asked for; see `detect_once`.

        Args:
            experiment: As there.
            host: As there.
            classes: As there.
            cache: As there.
            force: As there.
            frame_done: Called after each frame that is computed.
            temporary: Whether what no cache takes goes into a temporary folder; else it is an `OutputError`.

        Raises:
            ExperimentError: The experiment has no detector.
        """
        if experiment.detector is None:
            raise ExperimentError([experiment.problem("is missing: there is nothing to detect with", "detector")])
        self.notes: list[str] = []
        self.computed = False
        self._experiment = experiment
        self._host = host
        self._classes = classes
        self._cache = cache or DetectionCache()
        self._force = force
        self._frame_done = frame_done
        self._temporary = temporary
        self._built: tuple[tuple[str, ...], list[Any], Detector, ReId | None] | None = None

    def refusal(self, sequence: Sequence) -> str:
        """Return why the detections of a sequence cannot be cached, empty where they can."""
        try:
            self._asked(sequence).key(sequence)
        except Refusal as reason:
            return str(reason)
        return ""

    def __call__(self, sequence: Sequence) -> StoredDetections:
        """Return the detections of a sequence; as `detect_once`."""
        if sequence.live:
            raise DataError(f"{sequence.name!r} is a live source: it has no end, and its detections cannot be stored")
        asked = self._asked(sequence)
        stored = asked.stored(sequence)
        self.computed = stored is None
        if stored is None:
            stored = self._compute(sequence, asked)
        self.notes += [note for note in asked.notes if note not in self.notes]
        return stored

    def _asked(self, sequence: Sequence) -> RunCache:
        return RunCache(
            self._experiment,
            self._host,
            classes=self._context_classes(sequence),
            mode="fill",
            cache=self._cache,
            force=self._force,
        )

    def _context_classes(self, sequence: Sequence) -> tuple[str, ...]:
        return classes_of_data(sequence) if self._classes is None else self._classes

    def _compute(self, sequence: Sequence, asked: RunCache) -> StoredDetections:
        from vtcore.runs.pipeline import Pipeline

        transforms, detector, reid = self._parts(self._context_classes(sequence))
        before = sequence.classes
        target = _Target(asked, self._temporary)
        pipeline = Pipeline(
            transforms=transforms,
            detector=detector,
            reid=reid,
            images="image" in detecting_needs(self._experiment),
            prefetch=self._experiment.run.prefetch,
            max_frames=self._experiment.run.max_frames,
            cache=target,
            bare_cache=asked.bare,
            # Nothing but the re-identification could go on meanwhile.
            ahead=reid is not None and not is_free(self._experiment),
        )
        try:
            with closing(pipeline.track(sequence)) as tracked:
                for frame, _, _ in tracked:
                    target.check()
                    if self._frame_done is not None:
                        self._frame_done(frame)
        finally:
            sequence.classes = before
        return target.answer()

    def _parts(self, classes: tuple[str, ...]) -> tuple[list[Any], Detector, ReId | None]:
        if self._built is None or self._built[0] != classes:
            options = self._experiment.run
            context = options.context(classes)
            random.seed(options.seed)
            transforms = [build(transform, context) for transform in self._experiment.transforms]
            assert self._experiment.detector is not None
            reid = None if self._experiment.reid is None else build(self._experiment.reid, context)
            self._built = classes, transforms, build(self._experiment.detector, context), reid
        return self._built[1:]


@attrs.define(eq=False)
class _Target:
    """Where computed detections go: into the cache, or into a temporary folder where that takes none.

    Attributes:
        asked: The cache.
        may_be_temporary: Whether a temporary folder will do.
        recording_: What stores them.
        temporary: Removes the temporary folder, with this object at the latest.
    """

    asked: RunCache
    may_be_temporary: bool
    recording_: Recording | None = None
    temporary: weakref.finalize[Any, Any] | None = None

    def stored(self, sequence: Sequence) -> StoredDetections | None:
        """Compute, whatever is there: it was asked before."""
        return None

    def recording(self, sequence: Sequence) -> Recording:
        """Return what stores the detections."""
        made = self.asked.recording(sequence)
        if made is not None and made.failure and self.may_be_temporary:
            # The cache cannot be written; there may be room elsewhere.
            self.asked.recorded(sequence, made)
            made = None
        if made is None:
            folder = Path(tempfile.mkdtemp(prefix="vtcore-detections-"))
            self.temporary = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            target = folder / "entry"
            facts = {"sequence": {"name": sequence.name}, "setup": {"sha256": ""}, "data": {"sha256": ""}}
            made = Recording(lambda _: target, facts, lambda: True, self.asked.max_frames)
        self.recording_ = made
        return made

    def recorded(self, sequence: Sequence, recording: Recording) -> None:
        """Pass it on."""
        self.asked.recorded(sequence, recording)

    def check(self) -> None:
        """Raise an error as soon as nothing can be stored any more: what is left to compute would be for nothing."""
        if self.recording_ is not None and self.recording_.failure:
            where = tempfile.gettempdir() if self.temporary is not None else self.asked.cache.folder
            raise OutputError(f"{where}: detections cannot be stored: {self.recording_.failure}")

    def answer(self) -> StoredDetections:
        """Return what was stored."""
        self.check()
        assert self.recording_ is not None
        assert self.recording_.stored is not None
        if self.temporary is not None:
            # From here on the folder lasts as long as the answer.
            self.temporary.detach()
            folder = self.recording_.stored.folder.parent
            self.recording_.stored.temporary = True
            weakref.finalize(self.recording_.stored, shutil.rmtree, folder, ignore_errors=True)
        return self.recording_.stored
