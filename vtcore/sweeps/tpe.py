"""Settings by a tree-structured Parzen estimator: more of what did well before.

Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; for several objectives Ozaki et al.,
Multiobjective Tree-Structured Parzen Estimator, JAIR 2022. The estimator is optuna's (MIT licence).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vtcore.errors import MissingPackageError
from vtcore.experiments.sweep_parameters import Choices, Parameter, Range
from vtcore.sweeps.sampling import RandomSampler, Seen
from vtcore.sweeps.space import Places, Space

try:
    import optuna
except ImportError as missing:
    raise MissingPackageError(
        "the sampler 'tpe' needs optuna, which is not installed: pip install 'vtcore[sweep]', or choose "
        "-o sweep.sampler=random"
    ) from missing

if TYPE_CHECKING:
    from vtcore.sweeps.objectives import Objective
    from vtcore.sweeps.trials import Trial

__all__ = ["TpeSampler", "importances"]

_ATTEMPTS = 20
"""How often to ask again where a setting was tried already."""


class TpeSampler:
    """Draws the first ten settings at random, the others by what came of those before.

    Each setting is drawn with a seed of its own, so that a sweep that was stopped goes on as if it had not been.
    """

    def __init__(self, space: Space, objectives: Seq[Objective], seed: int) -> None:
        self._space = space
        self._objectives = list(objectives)
        self._seed = seed
        self._seen = Seen(space)
        self._random = RandomSampler(space, seed)
        self._random.seen = self._seen
        self._asked: dict[int, optuna.trial.Trial] = {}
        self._distributions = {parameter.name: _distribution(parameter) for parameter in space.parameters}
        with _silence():
            self._study = optuna.create_study(
                directions=["minimize" if objective.lower else "maximize" for objective in objectives]
            )

    def suggest(self, number: int) -> Places | None:
        """Return a new setting; one at random where the estimator insists on old ones."""
        if self._space.size is not None and len(self._seen) >= self._space.size:
            return None
        for attempt in range(_ATTEMPTS):
            with _silence():
                seed = (self._seed * 1_000_003 + number * 101 + attempt) % 2**32
                self._study.sampler = optuna.samplers.TPESampler(seed=seed)
                asked = self._study.ask(self._distributions)
                places = tuple(_place(parameter, asked.params[parameter.name]) for parameter in self._space.parameters)
                if self._seen.add(places):
                    self._asked[number] = asked
                    return places
                self._study.tell(asked, state=optuna.trial.TrialState.FAIL)
        return self._random.suggest(number)

    def tell(self, trial: Trial) -> None:
        """Learn the scores of a setting."""
        self._seen.add(trial.places)
        asked = self._asked.pop(trial.number, None)
        with _silence():
            if asked is not None and not trial.is_done:
                self._study.tell(asked, state=optuna.trial.TrialState.FAIL)
            elif asked is not None:
                self._study.tell(asked, self._values(trial))
            elif trial.is_done:
                self._study.add_trial(self._finished(trial))

    def _values(self, trial: Trial) -> list[float]:
        return [trial.values[objective.name] for objective in self._objectives]

    def _finished(self, trial: Trial) -> optuna.trial.FrozenTrial:
        return _frozen(trial, self._space, self._distributions, self._values(trial))


def importances(space: Space, trials: Seq[Trial], objective: Objective) -> dict[str, float]:
    """Return how much of the variance of a score each parameter explains, most first; they add up to 1.

    Hutter et al., An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014 (optuna's PED-ANOVA:
    Watanabe et al., IJCAI 2023). Empty where the trials tell nothing: too few, or all alike.
    """
    distributions = {parameter.name: _distribution(parameter) for parameter in space.parameters}
    done = [trial for trial in trials if trial.is_done]
    if len(done) < _ATTEMPTS or len({trial.values[objective.name] for trial in done}) < 2:
        return {}
    with _silence():
        study = optuna.create_study(direction="minimize" if objective.lower else "maximize")
        study.add_trials([_frozen(trial, space, distributions, [trial.values[objective.name]]) for trial in done])
        try:
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        except (ValueError, RuntimeError):
            return {}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _frozen(trial: Trial, space: Space, distributions: dict[str, Any], values: list[float]) -> optuna.trial.FrozenTrial:
    places = zip(space.parameters, trial.places, strict=True)
    params = {parameter.name: _number(parameter, place) for parameter, place in places}
    return optuna.trial.create_trial(params=params, distributions=distributions, values=values)


def _distribution(parameter: Parameter) -> optuna.distributions.BaseDistribution:
    if isinstance(parameter, Choices) and not parameter.is_ordered:
        return optuna.distributions.CategoricalDistribution(list(range(parameter.count)))
    if isinstance(parameter, Range) and parameter.log and parameter.whole:
        return optuna.distributions.IntDistribution(int(parameter.low), int(parameter.high), log=True)
    if parameter.count is not None:
        return optuna.distributions.IntDistribution(0, parameter.count - 1)
    return optuna.distributions.FloatDistribution(float(parameter.low), float(parameter.high), log=parameter.log)


def _place(parameter: Parameter, number: int | float) -> int | float:
    """Return the place that a number of optuna's stands for."""
    logarithmic = isinstance(parameter, Range) and parameter.log and parameter.whole
    return number - int(parameter.low) if logarithmic and isinstance(parameter, Range) else number


def _number(parameter: Parameter, place: int | float) -> int | float:
    """Return optuna's number for a place."""
    logarithmic = isinstance(parameter, Range) and parameter.log and parameter.whole
    return int(place) + int(parameter.low) if logarithmic and isinstance(parameter, Range) else place


@contextmanager
def _silence() -> Iterator[None]:
    """Keep optuna's remarks from the console; who uses optuna beside us keeps their settings."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
