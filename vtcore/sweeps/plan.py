"""What a sweep is going to do, known from the experiment alone."""

from __future__ import annotations

import attrs

from vtcore.errors import ExperimentError
from vtcore.experiments.experiment import Experiment
from vtcore.experiments.sweep_options import DEFAULT_TRIALS, SweepOptions
from vtcore.host import PluginHost
from vtcore.sweeps.objectives import Objective, objectives_of
from vtcore.sweeps.sampling import sampler_name
from vtcore.sweeps.space import Space

__all__ = ["SweepPlan"]


@attrs.frozen
class SweepPlan:
    """What is tried, how, and by which scores it is judged.

    Attributes:
        options: The table ``[sweep]``.
        space: The settings to choose from.
        objectives: The scores to judge by; empty where the experiment leaves them to the first metric.
    """

    options: SweepOptions
    space: Space
    objectives: tuple[Objective, ...]

    @classmethod
    def of(cls, experiment: Experiment, host: PluginHost) -> SweepPlan:
        """Read the plan of an experiment that was loaded with ``sweep=True``.

        Raises:
            ExperimentError: Nothing is swept, or the sampler or a metric does not fit.
        """
        plan = cls(experiment.sweep or SweepOptions(), Space.of(experiment, host), tuple(objectives_of(experiment)))
        if not plan.space.parameters:
            message = (
                "says nothing to try: give lists or ranges, such as [sweep.parameters.tracker] "
                "high_threshold = [0.5, 0.6], or a list in place of a value"
            )
            raise ExperimentError([experiment.problem(message, "sweep.parameters")])
        if plan.sampler == "grid" and plan.space.endless:
            name = plan.space.endless[0].name
            message = f"a grid has no end with the range of {name!r}: give it a step, or choose random or tpe"
            raise ExperimentError([experiment.problem(message, "sweep.sampler")])
        return plan

    @property
    def sampler(self) -> str:
        """How settings are chosen: ``grid``, ``random`` or ``tpe``."""
        return sampler_name(self.options, self.space)

    @property
    def trials(self) -> int:
        """How many trials there will be, at most."""
        size, wanted = self.space.size, self.options.trials
        if wanted is None and self.sampler != "grid":
            wanted = DEFAULT_TRIALS
        return min(number for number in (size, wanted) if number is not None)

    def __str__(self) -> str:
        """``grid of 6 settings of tracker.high_threshold, tracker.track_buffer``."""
        names = ", ".join(parameter.name for parameter in self.space.parameters)
        of = "" if self.space.size in (None, self.trials) else f" of {self.space.size:,}"
        return f"{self.trials:,}{of} settings of {names} by {self.sampler}"
