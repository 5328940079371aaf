"""How settings are chosen: all of them, at random, or by what the trials before tell (`vtcore.sweeps.tpe`)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Protocol

from vtcore.experiments.sweep_options import SweepOptions
from vtcore.experiments.sweep_parameters import Choices, Range
from vtcore.sweeps.space import Places, Space, setting_key

if TYPE_CHECKING:
    from vtcore.sweeps.objectives import Objective
    from vtcore.sweeps.trials import Trial

__all__ = ["GridSampler", "RandomSampler", "Sampler", "chosen_sampler", "sampler_name"]

_ATTEMPTS = 50
"""How often to draw again what was tried already, before looking for what is left."""


class Sampler(Protocol):
    """Chooses settings that were not chosen before."""

    def suggest(self, number: int) -> Places | None:
        """Return the setting of a trial, None when there is no other one left.

        The same history and the same number give the same setting, whether or not the sweep was stopped in between.
        """

    def tell(self, trial: Trial) -> None:
        """Learn what came of a setting that `suggest` chose, or of one that an earlier attempt tried."""


class Seen:
    """The settings that were chosen."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._keys: set[str] = set()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    def add(self, places: Places) -> bool:
        """Note a setting; return whether it is a new one."""
        before = len(self._keys)
        self._keys.add(setting_key(self._space.values(places)))
        return len(self._keys) > before

    def first_unseen(self, candidates: Iterable[Places]) -> Places | None:
        """Return, and note, the first setting that was not chosen."""
        return next((places for places in candidates if self.add(places)), None)


class GridSampler:
    """Every combination, the last parameter changing fastest."""

    def __init__(self, space: Space) -> None:
        self._seen = Seen(space)
        self._settings: Iterator[Places] = space.grid()

    def suggest(self, number: int) -> Places | None:
        """Return the next combination."""
        return self._seen.first_unseen(self._settings)

    def tell(self, trial: Trial) -> None:
        """Leave out what was tried."""
        self._seen.add(trial.places)


class RandomSampler:
    """Each parameter drawn evenly from its values, from a range with ``log`` evenly in the logarithm."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed
        self.seen = Seen(space)

    def suggest(self, number: int) -> Places | None:
        """Draw until the setting is a new one."""
        draw = random.Random(f"{self._seed} {number}")
        found = self.seen.first_unseen(self._drawn(draw) for _ in range(_ATTEMPTS))
        if found is None and self._space.size is not None:
            # Few are left: drawing on would take long.
            found = self.seen.first_unseen(self._space.grid())
        return found

    def tell(self, trial: Trial) -> None:
        """Leave out what was tried."""
        self.seen.add(trial.places)

    def _drawn(self, draw: random.Random) -> Places:
        return tuple(_draw(parameter, draw) for parameter in self._space.parameters)


def sampler_name(options: SweepOptions, space: Space) -> str:
    """Return which sampler ``auto`` stands for."""
    if options.sampler != "auto":
        return options.sampler
    return "grid" if all(isinstance(parameter, Choices) for parameter in space.parameters) else "tpe"


def chosen_sampler(options: SweepOptions, space: Space, objectives: Seq[Objective]) -> Sampler:
    """Make the sampler that the experiment asks for.

    Raises:
        MissingPackageError: It is ``tpe``, and optuna is not installed.
    """
    name = sampler_name(options, space)
    if name == "grid":
        return GridSampler(space)
    if name == "random":
        return RandomSampler(space, options.seed)
    from vtcore.sweeps.tpe import TpeSampler

    return TpeSampler(space, objectives, options.seed)


def _draw(parameter: Choices | Range, draw: random.Random) -> int | float:
    if isinstance(parameter, Range) and parameter.log:
        low, high = float(parameter.low), float(parameter.high)
        number = low * (high / low) ** draw.random()
        # Of integers the index is wanted, counted from the low end.
        return int(parameter.readable(number) - low) if parameter.whole else number
    if parameter.count is not None:
        return draw.randrange(parameter.count)
    return draw.uniform(float(parameter.low), float(parameter.high))
