"""One execution of an experiment, from its checks to its report."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from vtcore.components import BuildContext, build
from vtcore.errors import DamagedSourceError, DataError
from vtcore.evaluation import Evaluation, evaluate
from vtcore.experiments import Experiment
from vtcore.frames import Sequence
from vtcore.host import PluginHost, plugin_host
from vtcore.preflight import preflight, require
from vtcore.runs.folder import RunFolder
from vtcore.runs.pipeline import Pipeline
from vtcore.runs.versions import collect_versions
from vtcore.runs.writing import SequenceWriting, finished_path

__all__ = ["Run"]

_logger = logging.getLogger("vtcore")


class Run:
    """One execution of an experiment.

    Attributes:
        experiment: What is run.
        folder: Where everything goes.
        sequences: The data set's sequences, in order; known once the run has started.
        scores: ``{"<metric>": {"COMBINED": {...}, "<sequence>": {...}}}`` as in ``metrics.json``; None without metrics.
        notes: What a reader of the results should know: damage, dropped frames, scores that are all zero.
    """

    def __init__(self, experiment: Experiment, *, host: PluginHost | None = None) -> None:
        """Prepare a run; nothing is read or written before `execute`."""
        host = host or plugin_host()
        self.experiment = experiment
        self.folder = RunFolder(experiment.run.output)
        self.sequences: tuple[Sequence, ...] = ()
        self.scores: dict[str, Any] | None = None
        self.notes: list[str] = []
        self._host = host.without(experiment.plugins.disable) if experiment.plugins.disable else host
        self._damage: list[DamagedSourceError] = []

    def execute(self, *, resume: bool = False, overwrite: bool = False) -> None:
        """Check, track, score and report.

        Args:
            resume: Continue the run in the folder: sequences that are done stay as they are.
            overwrite: Replace the run in the folder.

        Raises:
            PreflightError: Something is missing; nothing has been started.
            ResumeError: The folder holds a run, or one that cannot be continued by this experiment.
            DamagedSourceError: A source was damaged. Everything readable has been tracked, scored and reported.
            VtcoreError: Whatever else a person can act on. Finished sequences stay.
        """
        checked = preflight(self.experiment, host=self._host)
        require(checked.findings)
        self.notes += [str(finding.problem) for finding in checked.findings]
        self.sequences = tuple(checked.sequences)
        self._build()
        self.folder.claim(
            self.experiment.to_toml(), self.experiment.resolved(), resume=resume, overwrite=overwrite
        )
        versions = collect_versions(self.experiment, self._host)
        self.folder.write_json("versions.json", versions)
        self.folder.remove_partial()
        self.folder.log("run_started", resumed=resume)
        error: BaseException | None = None
        try:
            self._host.notify("vtcore_run_started", run=self)
            for sequence in self.sequences:
                if not self._is_finished(sequence):
                    self._track(sequence)
            self._evaluate()
            self._report(versions)
        except BaseException as caught:
            error = caught
            raise
        finally:
            ended = type(error).__name__ if error is not None else None
            with suppress(OSError):
                self.folder.log("run_finished", error=ended)
            self._host.notify("vtcore_run_finished", run=self, error=error)
        if self._damage:
            raise self._damage[0]

    def frames_expected(self, sequence: Sequence) -> int | None:
        """Return how many frames of a sequence will be tracked, None where only reading tells."""
        limit = self.experiment.run.max_frames
        if sequence.length is None:
            return limit or None
        return min(sequence.length, limit) if limit else sequence.length

    def _build(self) -> None:
        experiment, options = self.experiment, self.experiment.run
        needs = experiment.needs()
        context = BuildContext(
            device=options.device,
            dtype=options.dtype,
            classes=next((sequence.classes for sequence in self.sequences), ()),
            seed=options.seed,
        )
        random.seed(options.seed)
        self._writers = [build(writer, context) for writer in experiment.writers]
        self._metrics = {metric.component.name: build(metric, context) for metric in experiment.metrics}
        self._display = Display(options.output) if options.show else None
        self._pipeline = Pipeline(
            transforms=[build(transform, context) for transform in experiment.transforms],
            detector=None if experiment.detector is None else build(experiment.detector, context),
            tracker=None if experiment.tracker is None else build(experiment.tracker, context),
            images="image" in needs or options.show,
            prefetch=options.prefetch,
            max_frames=options.max_frames,
        )

    def _is_finished(self, sequence: Sequence) -> bool:
        return all(finished_path(writer, self.folder.path, sequence.name).exists() for writer in self._writers)

    def _track(self, sequence: Sequence) -> None:
        tracked = self._pipeline.track(sequence)
        self._host.notify("vtcore_sequence_started", run=self, sequence=sequence)
        writing = SequenceWriting(self._writers, self.folder.path, sequence)
        done = 0
        try:
            with closing(tracked):
                for frame, detections, tracks in tracked:
                    self._host.notify(
                        "vtcore_frame_done", run=self, frame=frame, detections=detections, tracks=tracks
                    )
                    writing.write(frame, detections, tracks)
                    done += 1
                    if self._display is not None and not self._display.show(frame, tracks, sequence):
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            # A camera has no other end; anything else is left for --resume.
            if not sequence.live:
                writing.abandon()
                raise
        except DamagedSourceError as damage:
            if done == 0:
                writing.abandon()
                raise
            self._damage.append(damage)
        except BaseException:
            writing.abandon()
            raise
        writing.finish()
        seconds = self._pipeline.seconds | {"write": writing.seconds}
        self.folder.log(
            "sequence_finished",
            sequence=sequence.name,
            frames=done,
            dropped=getattr(sequence, "dropped", 0),
            seconds={stage: round(spent, 6) for stage, spent in seconds.items()},
        )
        self._host.notify("vtcore_sequence_finished", run=self, sequence=sequence)
