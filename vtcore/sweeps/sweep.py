"""A sweep from its checks to its report."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from vtcore.errors import ResumeError, VtcoreError
from vtcore.experiments import Experiment, load_experiment
from vtcore.frames import Sequence
from vtcore.host import PluginHost, plugin_host
from vtcore.interfaces import Metric
from vtcore.preflight import preflight, require
from vtcore.preflight.findings import refuse_asking
from vtcore.sweeps.folder import SweepFolder
from vtcore.sweeps.notes import sweep_notes
from vtcore.sweeps.objectives import Objective, best_of, pareto_front, with_known_fields
from vtcore.sweeps.plan import SweepPlan
from vtcore.sweeps.report import write_sweep_report
from vtcore.sweeps.runner import Outcome, TrialRunner
from vtcore.sweeps.sampling import Sampler, chosen_sampler
from vtcore.sweeps.space import Places, Space
from vtcore.sweeps.trials import Trial
from vtcore.sweeps.workers import InProcess, Workers, WorkersLike

__all__ = ["Sweep"]


class Sweep:
    """The same data with many settings.

    Attributes:
        experiment: What is swept.
        jobs: How many trials run at a time, each in a process of its own.
        folder: Where everything goes.
        plan: What is tried, and how.
        objectives: The scores to judge by; complete once the sweep has started.
        trials: What was tried, by number.
        notes: What a reader of the results should know.
        sequences: The data set's sequences; known once the sweep has started.
    """

    def __init__(
        self, experiment: Experiment, *, jobs: int = 1, output: str | Path | None = None, host: PluginHost | None = None
    ) -> None:
        """Prepare a sweep; nothing is read or written before `execute`.

        Args:
            experiment: Loaded with ``sweep=True``.
            jobs: How many trials run at a time.
            output: Folder of the sweep; ``<run.output>-sweep`` when left out.
            host: The plugins; the installed ones by default, and always for the processes of several jobs.

        Raises:
            ExperimentError: Nothing is swept, or the sampler or a metric does not fit.
        """
        host = host or plugin_host()
        self.host = host.without(experiment.plugins.disable) if experiment.plugins.disable else host
        self.experiment = experiment
        self.jobs = jobs
        self.folder = SweepFolder(output if output is not None else f"{experiment.run.output}-sweep")
        self.plan = SweepPlan.of(experiment, self.host)
        self.objectives: list[Objective] = list(self.plan.objectives)
        self.trials: list[Trial] = []
        self.notes: list[str] = []
        self.sequences: tuple[Sequence, ...] = ()
        self._metrics: list[tuple[str, Metric]] = []

    @property
    def space(self) -> Space:
        """The settings to choose from."""
        return self.plan.space

    def execute(
        self, *, resume: bool = False, overwrite: bool = False, watch: Callable[[Trial], None] | None = None
    ) -> None:
        """Check, try every setting, and write what is best.

        Args:
            resume: Go on with the sweep in the folder: what was tried is not tried again.
            overwrite: Replace the sweep in the folder.
            watch: Called after each trial.

        Raises:
            PreflightError: Something is missing; nothing has been started.
            ExperimentError: A metric has no such field.
            ResumeError: The folder holds a sweep, or one that cannot be continued: it is of another experiment, or its
                best trial gives other scores by now.
            VtcoreError: No setting could be tried, or whatever else a person can act on. Finished trials stay.
        """
        refuse_asking(self.experiment)
        resolved = self.experiment.resolved()
        # Before anything is detected: that may take hours.
        earlier = self.folder.earlier(resolved, resume=resume, overwrite=overwrite)
        runner = self._prepared()
        if len(earlier) < self.plan.trials:
            self._refuse_other_scores(runner, earlier)
        sampler = chosen_sampler(self.plan.options, self.space, self.objectives)
        self.trials = self.folder.claim(self.experiment.to_toml(), resolved, resume=resume, overwrite=overwrite)
        for trial in self.trials:
            sampler.tell(trial)
        try:
            self._try_all(runner, sampler, watch)
        finally:
            # What is known stays useful when the rest never comes.
            self._conclude()
        if self.trials and self.best() is None:
            raise VtcoreError(f"no setting could be tried: {self.trials[0].error}")

    def best(self) -> Trial | None:
        """Return the best trial by the first objective, None where none has scores."""
        return best_of(self.trials, self.objectives)

    def front(self) -> list[Trial]:
        """Return the trials that no other one beats in every objective, the best by the first one first."""
        return pareto_front(self.trials, self.objectives)

    def experiment_of(self, trial: Trial, output: str) -> Experiment:
        """Return the experiment that gives exactly a trial's scores.

        Args:
            trial: The trial.
            output: Folder of its run.

        Raises:
            ExperimentError: The trial's values do not go together.
        """
        tables = self.space.applied(self._tables(), trial.parameters)
        tables["run"] = {**tables["run"], "output": output}
        return load_experiment(tables, host=self.host)

    def _tables(self) -> dict[str, Any]:
        tables = self.experiment.resolved()
        tables.pop("sweep", None)
        return tables

    def _prepared(self) -> TrialRunner:
        """Check everything, read the data, and make what trials of this process need."""
        run = attrs.evolve(self.experiment.run, output=str(self.folder.path))
        checked = preflight(attrs.evolve(self.experiment, run=run), host=self.host)
        require(checked.findings)
        self.sequences = checked.sequences
        runner = TrialRunner(
            self.experiment, self.space, checked.sequences, self.host, picture_bytes=self._picture_bytes(self.jobs)
        )
        self._metrics = runner.metrics
        self.objectives = with_known_fields(self.experiment, self.objectives, runner.metrics, runner.classes)
        self.notes = [*(str(finding.problem) for finding in checked.findings), *runner.replay.notes, *sweep_notes(self)]
        return runner

    def _refuse_other_scores(self, runner: TrialRunner, earlier: list[Trial]) -> None:
        """Repeat the best of the earlier trials: what gives other scores now cannot be compared with those then.

        Raises:
            ResumeError: It gives others.
        """
        best = best_of(earlier, self.objectives)
        if best is None:
            return
        outcome = runner.run(best.parameters)
        for objective in self.objectives:
            then, now = best.values[objective.name], objective.value(outcome.scores)
            if now is None or not math.isclose(then, now, rel_tol=1e-9, abs_tol=1e-12):
                found = outcome.error or f"{objective.name} {now}"
                raise ResumeError(
                    f"{self.folder.path}: trial {best.number} had {objective.name} {then}, and gives {found} now: "
                    "data, files or code have changed since; start again with --overwrite"
                )

    def _try_all(self, runner: TrialRunner, sampler: Sampler, watch: Callable[[Trial], None] | None) -> None:
        taken = {trial.number for trial in self.trials}
        # What was under way when an earlier attempt was killed comes first.
        numbers = (number for number in itertools.count() if number not in taken)
        left = self.plan.trials - len(self.trials)
        if left <= 0:
            return
        jobs = min(self.jobs, left)
        workers: WorkersLike = InProcess(runner) if jobs == 1 else self._workers(runner, jobs)
        running: dict[int, tuple[Places, Mapping[str, Any]]] = {}
        try:
            while True:
                while len(running) < jobs and left and (places := sampler.suggest(number := next(numbers))) is not None:
                    running[number] = (places, self.space.values(places))
                    workers.submit(number, running[number][1])
                    left -= 1
                if not running:
                    return
                finished, outcome = workers.result()
                trial = self._trial(finished, *running.pop(finished), outcome)
                self.folder.append(trial)
                self.trials = sorted([*self.trials, trial], key=lambda trial: trial.number)
                sampler.tell(trial)
                if watch is not None:
                    watch(trial)
        finally:
            workers.close()

    def _workers(self, runner: TrialRunner, jobs: int) -> Workers:
        stored = runner.replay.stored
        return Workers(self._tables(), self.space, jobs, stored, picture_bytes=self._picture_bytes(jobs))

    def _picture_bytes(self, jobs: int) -> int:
        """Return the memory for pictures of each of so many processes."""
        return self.plan.options.picture_memory * 1_000_000 // max(1, jobs)

    def _trial(self, number: int, places: Places, values: Mapping[str, Any], outcome: Outcome) -> Trial:
        found = {objective.name: objective.value(outcome.scores) for objective in self.objectives}
        missing = [name for name, value in found.items() if value is None]
        error = outcome.error or (self._no_number(missing[0]) if missing else "")
        return Trial(
            number=number,
            state="failed" if error else "done",
            parameters=dict(values),
            places=places,
            values={} if error else {name: value for name, value in found.items() if value is not None},
            scores=_combined(outcome.scores),
            seconds=outcome.seconds,
            error=error,
        )

    def _no_number(self, name: str) -> str:
        """Say that a score is none, and which others there are to judge by."""
        others = [f"{metric}.{field}" for metric, made in self._metrics for field in made.summary]
        others = [other for other in others if other != name][:4]
        instead = f" (sweep.metrics), such as {', '.join(others)}" if others else ""
        return (
            f"{name} is no number: its metric finds nothing to compute it from in these data as they are tracked; "
            f"change the metric's options, or judge by another score{instead}"
        )

    def _conclude(self) -> None:
        best = self.best()
        if best is not None:
            name = self.experiment.run.output
            self.folder.write_best(self.experiment_of(best, f"{name}-best").to_toml())
            if len(self.objectives) > 1:
                texts = [
                    self.experiment_of(trial, f"{name}-pareto-{place:02}").to_toml()
                    for place, trial in enumerate(self.front(), start=1)
                ]
                self.folder.write_front(texts)
        if self.experiment.run.report:
            write_sweep_report(self)


def _combined(scores: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the combined scores of every metric, curves left out."""
    return {
        metric: {name: _written(value) for name, value in tables["COMBINED"].items() if not _is_curve(value)}
        for metric, tables in scores.items()
    }


def _is_curve(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _written(value: Any) -> Any:
    """Return a score as JSON can have it: what is no number there is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
