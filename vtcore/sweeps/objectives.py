"""The scores by which settings are judged, and which settings no other one beats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.errors import ExperimentError, Problem
from vtcore.suggestions import did_you_mean_or_list

if TYPE_CHECKING:
    from vtcore.experiments import Experiment
    from vtcore.interfaces import Metric
    from vtcore.sweeps.trials import Trial

__all__ = ["Objective", "best_of", "objectives_of", "pareto_front", "with_known_fields"]

_COMBINED = "COMBINED"
_KEY = ("sweep", "metrics")


@attrs.frozen
class Objective:
    """A score to raise or to lower.

    Attributes:
        metric: Its metric, as ``metrics.json`` names it.
        field: Its field there.
        lower: Whether less is better.
        table: Over what it is taken: all sequences combined, or another table of the metric's.
    """

    metric: str
    field: str
    lower: bool = False
    table: str = _COMBINED

    @property
    def name(self) -> str:
        """``hota.HOTA``, without the sign."""
        return ".".join((self.metric, *([] if self.table == _COMBINED else [self.table]), self.field))

    def value(self, scores: Mapping[str, Any]) -> float | None:
        """Return the score, from the content of ``metrics.json``; None where it is no number."""
        number = scores.get(self.metric, {}).get(self.table, {}).get(self.field)
        is_number = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
        return number if is_number else None

    def gain(self, trial: Trial) -> float:
        """Return a trial's score so that more is better."""
        value = trial.values[self.name]
        return -value if self.lower else value


def objectives_of(experiment: Experiment) -> list[Objective]:
    """Read ``sweep.metrics``; empty where it is left out.

    Raises:
        ExperimentError: A name is not that of a metric of the experiment and a field.
    """
    written = experiment.sweep.metrics if experiment.sweep else []
    known = [configured.component.name for configured in experiment.metrics]
    found: list[Objective] = []
    problems: list[Problem] = []
    for index, text in enumerate(written):
        name = text.removeprefix("-")
        metric, _, rest = name.partition(".")
        table, _, field = rest.rpartition(".")
        objective = Objective(metric, field, text.startswith("-"), table or _COMBINED)
        message = None
        if not metric or not field:
            message = f"must be metric.field, such as hota.HOTA or -clear.IDSW, got {text!r}"
        elif metric not in known:
            message = f"{text!r}: the experiment has no metric {metric!r}; {did_you_mean_or_list(metric, known)}"
        elif objective.name in [other.name for other in found]:
            message = f"{objective.name!r} is there twice"
        if message is None:
            found.append(objective)
        else:
            problems.append(attrs.evolve(experiment.problem(message, (*_KEY, index)), key="sweep.metrics"))
    if not experiment.metrics:
        problems.append(
            experiment.problem("is missing: by which scores is the sweep to judge? add [[metrics]]", "metrics")
        )
    if problems:
        raise ExperimentError(problems)
    return found


def with_known_fields(
    experiment: Experiment, objectives: Seq[Objective], metrics: Seq[tuple[str, Metric]], classes: tuple[str, ...]
) -> list[Objective]:
    """Compare the fields with those that the metrics have; without objectives take the first metric's first field.

    Args:
        experiment: For the place of a problem.
        objectives: What `objectives_of` read.
        metrics: The experiment's metrics, made, by name.
        classes: Names that labels index.

    Raises:
        ExperimentError: A metric has no such field.
    """
    if not objectives:
        name, metric = metrics[0]
        return [Objective(name, metric.summary[0])]
    problems = []
    fields = {name: _fields(metric, classes) for name, metric in metrics}
    for index, objective in enumerate(objectives):
        if objective.field not in fields[objective.metric]:
            near = did_you_mean_or_list(objective.field, fields[objective.metric])
            message = f"metric {objective.metric!r} has no field {objective.field!r}; {near}"
            problems.append(attrs.evolve(experiment.problem(message, (*_KEY, index)), key="sweep.metrics"))
    if problems:
        raise ExperimentError(problems)
    return list(objectives)


def best_of(trials: Seq[Trial], objectives: Seq[Objective]) -> Trial | None:
    """Return the trial that is best by the first objective, then by the next; the earliest of equals."""
    done = [trial for trial in trials if trial.is_done]
    return max(done, key=lambda trial: tuple(objective.gain(trial) for objective in objectives), default=None)


def pareto_front(trials: Seq[Trial], objectives: Seq[Objective]) -> list[Trial]:
    """Return the trials that no other one beats in one objective without losing in another, best of the first first.

    Of trials with the same scores the earliest stays.
    """
    ordered = sorted(
        (trial for trial in trials if trial.is_done),
        key=lambda trial: ([-objective.gain(trial) for objective in objectives], trial.number),
    )
    front: list[tuple[list[float], Trial]] = []
    for trial in ordered:
        gains = [objective.gain(trial) for objective in objectives]
        # Whoever beats this one comes before it.
        if not any(all(a >= b for a, b in zip(others, gains, strict=True)) for others, _ in front):
            front.append((gains, trial))
    return [trial for _, trial in front]


def _fields(metric: Metric, classes: tuple[str, ...]) -> list[str]:
    """Return the plain fields of a metric: those that it has for a sequence with nothing in it."""
    from vtcore.evaluation import EvaluatedSequence
    from vtcore.tables import TrackTable

    nothing = EvaluatedSequence("nothing", 1, classes, TrackTable.empty(), TrackTable.empty())
    table = metric.report({"nothing": metric.evaluate(nothing)}, classes)[_COMBINED]
    return [name for name, value in table.items() if not isinstance(value, Mapping | list)]
