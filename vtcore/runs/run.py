"""One execution of an experiment, from its checks to its report."""

from __future__ import annotations

import random
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

from vtcore.components import BuildContext, build
from vtcore.detection_cache import RunCache
from vtcore.detection_cache.identity import other_needs
from vtcore.drawing.display import Display
from vtcore.errors import DamagedSourceError, OutputError, PreflightError
from vtcore.evaluation import Evaluation, build_metrics, evaluate, write_metrics
from vtcore.experiments import Experiment
from vtcore.experiments.experiment import is_free
from vtcore.frames import Sequence
from vtcore.host import PluginHost, plugin_host
from vtcore.interfaces import Detector, ReId, TargetProtocol
from vtcore.preflight import preflight, require
from vtcore.refinement import build_refiners, refine_file
from vtcore.results.read import RESULT_SUFFIXES, find_results
from vtcore.runs.folder import RunFolder
from vtcore.runs.interrupts import DeferredInterrupts
from vtcore.runs.kept_states import KeptStates
from vtcore.runs.pipeline import Pipeline, Tracked
from vtcore.runs.reporting import report_run
from vtcore.runs.versions import collect_versions, note_of_change
from vtcore.runs.writing import SequenceWriting, finished_path

__all__ = ["Run"]


class Run:
    """One execution of an experiment.

    Attributes:
        experiment: What is run.
        host: Its plugins, without those the experiment disables; register observers here.
        folder: Where everything goes.
        sequences: The data set's sequences, in order; known once the run has started.
        scores: ``{"<metric>": {"COMBINED": {...}, "<sequence>": {...}}}`` as in ``metrics.json``; None without metrics.
        summaries: The fields of each metric that a short table shows.
        notes: What a reader of the results should know: warnings of the preflight, why scores are all zero.
        damage: Sources that ended early; what was read before is tracked.
    """

    def __init__(self, experiment: Experiment, *, host: PluginHost | None = None) -> None:
        """Prepare a run; nothing is read or written before `execute`."""
        host = host or plugin_host()
        self.experiment = experiment
        self.folder = RunFolder(experiment.run.output)
        self.sequences: tuple[Sequence, ...] = ()
        self.scores: dict[str, Any] | None = None
        self.summaries: dict[str, tuple[str, ...]] = {}
        self.notes: list[str] = []
        self.host = host.without(experiment.plugins.disable) if experiment.plugins.disable else host
        self.damage: list[DamagedSourceError] = []

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
        checked = preflight(self.experiment, host=self.host)
        require(checked.findings)
        self.notes += [str(finding.problem) for finding in checked.findings]
        self.sequences = tuple(checked.sequences)
        self._build()
        self.folder.claim(
            self.experiment.to_toml(),
            self.experiment.resolved(),
            resume=resume,
            overwrite=overwrite,
            folders=[writer.folder for writer in self._writers],
        )
        versions = collect_versions(self.experiment, self.host)
        self.notes += note_of_change(self.folder.path / "versions.json", versions) if resume else []
        self.folder.write_json("versions.json", versions)
        self.folder.log("run_started", resumed=resume)
        error: BaseException | None = None
        try:
            self.host.notify("vtcore_run_started", run=self)
            finished = self._taken_up()
            for sequence in self.sequences:
                if sequence.name not in finished:
                    self._track(sequence)
            self.notes += self._cache.outcome()
            self._refine()
            evaluation = self._evaluate()
            if self.experiment.run.report:
                report_run(self, evaluation, versions)
        except BaseException as caught:
            error = caught
            raise
        finally:
            if self._display is not None:
                self._display.close()
            ended = type(error).__name__ if error is not None else None
            with suppress(OutputError):
                self.folder.log("run_finished", error=ended)
            self.host.notify("vtcore_run_finished", run=self, error=error)
        self._raise_damage()

    def frames_expected(self, sequence: Sequence) -> int | None:
        """Return how many frames of a sequence will be tracked, None where only reading tells."""
        limit = self.experiment.run.max_frames
        length = sequence.length or getattr(sequence, "estimated_length", None)
        return min(length, limit) if length and limit else length or limit or None

    def _raise_damage(self) -> None:
        if len(self.damage) == 1:
            raise self.damage[0]
        if self.damage:
            frames = sum(damage.frames_read for damage in self.damage)
            raise DamagedSourceError("\n".join(map(str, self.damage)), frames_read=frames)

    def _build(self) -> None:
        experiment, options = self.experiment, self.experiment.run
        context = options.context(next((sequence.classes for sequence in self.sequences), ()))
        random.seed(options.seed)
        self._writers = [build(writer, context) for writer in experiment.writers]
        self._check_writers()
        self._cache = RunCache(experiment, self.host, classes=context.classes)
        self._refiners = build_refiners(experiment.refiners, context)
        self._metrics = build_metrics(experiment.metrics, context)
        self._display = Display(options.output) if options.show else None
        tracker = None if experiment.tracker is None else build(experiment.tracker, context)
        self._states = KeptStates(
            self.folder.state,
            tracker,
            persist=bool(experiment.tracker and getattr(experiment.tracker.config, "persist", False)),
            name=experiment.tracker.component.name if experiment.tracker else "",
        )
        self._pipeline = Pipeline(
            transforms=[build(transform, context) for transform in experiment.transforms],
            detector=self._detector(context),
            reid=self._reid(context),
            tracker=tracker,
            protocol=self._protocol(context),
            images="image" in experiment.needs(),
            prefetch=options.prefetch,
            max_frames=options.max_frames,
            cache=self._cache,
            bare_cache=self._cache.bare,
            replay_images="image" in other_needs(experiment),
            ahead=not is_free(experiment),
        )
        for sequence in self.sequences:
            self._pipeline.name_classes(sequence)

    def _detector(self, context: BuildContext) -> Detector | None:
        """Make the detector, unless all its detections are in the cache."""
        configured = self.experiment.detector
        if configured is None:
            return None
        return self._cache.detector(self.sequences, lambda: cast("Detector", build(configured, context)))

    def _reid(self, context: BuildContext) -> ReId | None:
        """Make the re-identification, unless all embeddings are in the cache."""
        configured = self.experiment.reid
        if configured is None:
            return None
        return self._cache.reid(self.sequences, lambda: cast("ReId", build(configured, context)))

    def _protocol(self, context: BuildContext) -> TargetProtocol | None:
        """Make the protocol; what it asks a person for is kept in the folder."""
        if self.experiment.protocol is None:
            return None
        protocol = cast("TargetProtocol", build(self.experiment.protocol, context))
        keep_answers = getattr(protocol, "keep_answers", None)
        if keep_answers is not None:
            keep_answers(self.folder.answers)
        return protocol

    def _check_writers(self) -> None:
        """Refuse what only the writers themselves tell, before anything is tracked."""
        places = [(writer.folder, writer.suffix) for writer in self._writers]
        problems = [
            self.experiment.problem(f"writes the same files as the one before, *{place[1]}", ("writers", index))
            for index, place in enumerate(places)
            if place in places[:index]
        ]
        if (self.experiment.metrics or self.experiment.refiners) and not self.has_readable_results():
            readable = ", ".join(RESULT_SUFFIXES)
            message = f'results are refined and scored from files ({readable}); add one with type = "mot-text"'
            problems.append(self.experiment.problem(message, "writers"))
        if problems:
            raise PreflightError(problems)

    def _evaluate(self) -> Evaluation | None:
        if not self._metrics:
            return None
        options = self.experiment.run
        evaluation = evaluate(
            self.sequences, self.final_results, self._metrics, max_frames=options.max_frames, keep=options.report
        )
        self.scores, self.summaries = evaluation.scores, evaluation.summaries
        self.notes += evaluation.diagnoses
        write_metrics(self.folder.path / "metrics.json", evaluation.scores)
        return evaluation

    def _refine(self) -> None:
        """Refine every sequence, those of an earlier attempt too: what is refined is always written anew."""
        if not self._refiners:
            return
        files = find_results(self.folder.results, [sequence.name for sequence in self.sequences])
        for sequence in self.sequences:
            refine_file(
                files[sequence.name],
                self.folder.refined / f"{sequence.name}.txt",
                self._refiners,
                sequence=sequence.name,
                classes=sequence.classes,
                length=sequence.length,
                number_classes=len(sequence.classes) > 1,
            )

    @property
    def final_results(self) -> Path:
        """Folder of the results that are scored and reported."""
        return self.folder.refined if self.experiment.refiners else self.folder.results

    def has_readable_results(self) -> bool:
        """Whether a writer leaves files that can be scored and reported."""
        return any(writer.suffix in RESULT_SUFFIXES for writer in self._writers)

    def _finished_sequences(self) -> set[str]:
        """Return the names of the sequences that an earlier attempt has done."""
        events = [event for event in self.folder.log.read() if event["event"] == "sequence_finished"]
        damaged = {event["sequence"]: bool(event.get("damage")) for event in events}
        return {
            sequence.name
            for sequence in self.sequences
            # What was damaged may have been mended since; if not, the damage is told again.
            if not damaged.get(sequence.name, False)
            and all(finished_path(writer, self.folder.path, sequence.name).exists() for writer in self._writers)
        }

    def _taken_up(self) -> set[str]:
        """Return the sequences that need not be tracked, the tracker being ready for those that follow."""
        names = [sequence.name for sequence in self.sequences]
        finished = self._finished_sequences()
        done = self._states.done(names, finished)
        self._states.go_on(names, done)
        # What went on from a sequence that is tracked again is no longer finished, even if this attempt ends early.
        for name in finished - done:
            for writer in self._writers:
                finished_path(writer, self.folder.path, name).unlink(missing_ok=True)
        return done

    def _track(self, sequence: Sequence) -> None:
        with DeferredInterrupts() as interrupts:
            tracked = self._pipeline.track(sequence, interrupts=interrupts)
            if (replayed := self._cache.replayed_entry(sequence)) is not None:
                self.folder.log("detections_replayed", sequence=sequence.name, entry=str(replayed))
            self.host.notify("vtcore_sequence_started", run=self, sequence=sequence)
            writing = SequenceWriting(self._writers, self.folder.path, sequence)
            damaged_before = len(self.damage)
            try:
                done = self._write_frames(sequence, tracked, writing, interrupts)
                # Before the results: where they are, it is too.
                self._states.keep(sequence.name)
            except BaseException:
                writing.abandon()
                raise
            writing.finish()
            seconds = self._pipeline.seconds | {"write": writing.seconds}
            dropped: int = getattr(sequence, "dropped", 0)
            if dropped:
                came = f"{dropped} of {done + dropped} frames were dropped"
                self.notes.append(f"{sequence.name}: {came}: they came faster than they could be tracked, or damaged")
            self.folder.log(
                "sequence_finished",
                sequence=sequence.name,
                frames=done,
                dropped=dropped,
                damage=[str(damage) for damage in self.damage[damaged_before:]],
                seconds={stage: round(spent, 6) for stage, spent in seconds.items()},
            )
            self.host.notify("vtcore_sequence_finished", run=self, sequence=sequence)

    def _write_frames(
        self, sequence: Sequence, tracked: Tracked, writing: SequenceWriting, interrupts: DeferredInterrupts
    ) -> int:
        """Hand every frame on, and return how many there were."""
        done = 0
        try:
            with closing(tracked):
                for frame, detections, tracks in tracked:
                    self.host.notify("vtcore_frame_done", run=self, frame=frame, detections=detections, tracks=tracks)
                    writing.write(frame, detections, tracks)
                    done += 1
                    interrupts.check()
                    if self._display is not None and not self._display.show(frame, tracks, sequence):
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            # A camera has no other end; anything else is left for --resume.
            if not sequence.live:
                raise
        except DamagedSourceError as damage:
            if done == 0:
                raise
            self.damage.append(damage)
        return done
