"""One trial after the other in one process: track, refine, score, with everything read once."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.components import build
from vtcore.errors import DataError, VtcoreError
from vtcore.evaluation import EvaluatedSequence, build_metrics, common_classes, compare, truth_of
from vtcore.experiments import Experiment, load_experiment
from vtcore.experiments.experiment import follows_targets
from vtcore.fault import plugin_fault
from vtcore.frames import Sequence
from vtcore.instances import Instances
from vtcore.interfaces import TargetProtocol, Tracker, Writer
from vtcore.refinement import build_refiners, refine_table
from vtcore.results.mot_text import MotTextWriter
from vtcore.results.read import RESULT_SUFFIXES, read_results
from vtcore.results.written import as_written, written_tracks
from vtcore.runs.pipeline import tracks_of
from vtcore.sweeps.replay import Replay, Replayed
from vtcore.tables import TrackTable

if TYPE_CHECKING:
    from vtcore.host import PluginHost
    from vtcore.sweeps.space import Space

__all__ = ["Outcome", "TrialRunner"]


@attrs.frozen
class Outcome:
    """What came of a trial.

    Attributes:
        scores: As in ``metrics.json``; empty where it failed.
        seconds: Time spent on each stage.
        error: Why it failed; empty otherwise.
    """

    scores: dict[str, Any] = attrs.field(factory=dict)
    seconds: dict[str, float] = attrs.field(factory=dict)
    error: str = ""


@attrs.define(eq=False)
class _Truth:
    """One sequence's annotations, all and as they are scored, and what metrics have found out about the latter."""

    table: TrackTable
    cut: TrackTable | None = None
    found: dict[str, Any] = attrs.field(factory=dict)


class TrialRunner:
    """Runs an experiment with one setting after the other; nothing is written.

    Attributes:
        context: What components are made with.
        replay: The data.
        metrics: The experiment's metrics by name.
        classes: Names that labels index.
    """

    def __init__(
        self,
        experiment: Experiment,
        space: Space,
        sequences: Seq[Sequence],
        host: PluginHost,
        stored: Mapping[str, Seq[Path]] | None = None,
        *,
        picture_bytes: int = 0,
    ) -> None:
        """Prepare what all trials share.

        Args:
            experiment: What is swept.
            space: Its parameters.
            sequences: What the preflight has read.
            host: Finds components.
            stored: As `Replay` takes it.
            picture_bytes: The same.
        """
        self._host = host
        self._space = space
        self._tables = experiment.resolved()
        self._tables.pop("sweep", None)
        self._sequences = list(sequences)
        options = experiment.run
        self.context = options.context(next((sequence.classes for sequence in sequences), ()))
        self._max_frames = options.max_frames
        self.metrics = build_metrics(experiment.metrics, self.context)
        self._writers: list[Writer] = [build(writer, self.context) for writer in experiment.writers]
        self.replay = Replay(self._sequences, self.context, host, stored, picture_bytes=picture_bytes)
        self._truths: dict[str, _Truth] = {}
        self.replay.sequences(experiment)
        self.classes = common_classes(self._sequences)

    def run(self, values: Mapping[str, Any]) -> Outcome:
        """Run one setting.

        Args:
            values: By dotted key.
        """
        seconds: dict[str, float] = {}
        try:
            return Outcome(self._scores(values, seconds), _rounded(seconds))
        except VtcoreError as error:
            return Outcome(seconds=_rounded(seconds), error=str(error))
        except Exception as error:  # noqa: BLE001 - one setting's bug must not end the others' work
            told = plugin_fault(error, self._host)
            return Outcome(seconds=_rounded(seconds), error=str(told or f"{type(error).__name__}: {error}"))

    def _scores(self, values: Mapping[str, Any], seconds: dict[str, float]) -> dict[str, Any]:
        clock = _Clock(seconds)
        trial = load_experiment(self._space.applied(self._tables, values), host=self._host)
        replayed = self.replay.sequences(trial)
        random.seed(trial.run.seed)
        tracker = None if trial.tracker is None else build(trial.tracker, self.context)
        protocol = build(trial.protocol, self.context) if follows_targets(trial.tracker) and trial.protocol else None
        refiners = build_refiners(trial.refiners, self.context)
        clock.stop("prepare")
        evaluated: dict[str, dict[str, Any]] = {name: {} for name, _ in self.metrics}
        for each in replayed:
            table = self._as_read(each.sequence, _tracked(each, tracker, protocol))
            clock.stop("track")
            if refiners:
                name, length = each.sequence.name, each.sequence.length
                table = as_written(refine_table(table, refiners, sequence=name, length=length), each.sequence.classes)
                clock.stop("refine")
            compared = self._compared(each.sequence, table)
            for name, metric in self.metrics:
                evaluated[name][each.sequence.name] = metric.evaluate(compared)
            clock.stop("score")
        scores = {name: metric.report(evaluated[name], self.classes) for name, metric in self.metrics}
        clock.stop("score")
        return scores

    def _as_read(self, sequence: Sequence, tracked: Iterable[tuple[Any, Instances, Instances]]) -> TrackTable:
        """Return the results as a run would read them back from its files."""
        if not self._writers or any(isinstance(writer, MotTextWriter) for writer in self._writers):
            return written_tracks(((frame.index, tracks) for frame, _, tracks in tracked), sequence.classes)
        readable = [writer for writer in self._writers if writer.suffix in RESULT_SUFFIXES]
        if not readable:
            raise DataError(f"results are scored from files ({', '.join(RESULT_SUFFIXES)}): add such a writer")
        writer = min(readable, key=lambda writer: RESULT_SUFFIXES.index(writer.suffix))
        with tempfile.TemporaryDirectory(prefix="vtcore-sweep-") as folder:
            path = Path(folder) / f"{sequence.name}{writer.suffix}"
            writer.open(sequence, path)
            for frame, detections, tracks in tracked:
                writer.write(frame, detections, tracks)
            writer.close(complete=True)
            return read_results(path, sequence.classes, length=sequence.length)

    def _compared(self, sequence: Sequence, results: TrackTable) -> EvaluatedSequence:
        if sequence.name not in self._truths:
            self._truths[sequence.name] = _Truth(truth_of(sequence))
        truth = self._truths[sequence.name]
        compared = compare(sequence, truth.table, results, self.classes, max_frames=self._max_frames)
        if sequence.length is None:
            return compared
        # Cut alike for every trial, so what metrics find out about it holds for all.
        truth.cut = truth.cut or compared.truth
        return attrs.evolve(compared, truth=truth.cut, of_truth=truth.found)


def _tracked(
    each: Replayed, tracker: Tracker | None, protocol: TargetProtocol | None
) -> Iterator[tuple[Any, Instances, Instances]]:
    """Yield frames, detections and tracks one by one: detections may carry embeddings and masks, too many to hold."""
    for part in (tracker, protocol):
        if part is not None:
            part.reset(each.sequence)
    for frame, detections in zip(each.frames, each.detections, strict=True):
        yield frame, detections, detections if tracker is None else tracks_of(tracker, protocol, frame, detections)


class _Clock:
    """Adds up the time of each stage."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()

    def stop(self, stage: str) -> None:
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._began
        self._began = now


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(spent, 6) for stage, spent in seconds.items()}
