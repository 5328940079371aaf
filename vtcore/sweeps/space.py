"""The settings that a sweep chooses from."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.experiments.converter import make_converter
from vtcore.experiments.experiment import Experiment, ExperimentTables
from vtcore.experiments.positions import KeyPath
from vtcore.experiments.sweep_checks import checked_parameters
from vtcore.experiments.sweep_parameters import Choices, Parameter, laid_over

if TYPE_CHECKING:
    from vtcore.host import PluginHost

__all__ = ["Places", "Space"]

Places = tuple[int | float, ...]
"""A setting: of each parameter the index of its value, or the number itself where there is no end of them."""


@attrs.frozen
class Space:
    """What is swept.

    Attributes:
        parameters: In the order of the experiment.
    """

    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, experiment: Experiment, host: PluginHost) -> Space:
        """Return the parameters of an experiment that has been checked."""
        tables = experiment.resolved()
        sweep = tables.pop("sweep", {})
        found, _ = checked_parameters(sweep.get("parameters", {}), tables, make_converter(host), ExperimentTables)
        return cls(tuple(found))

    @property
    def size(self) -> int | None:
        """How many settings there are; None where there is no end of them."""
        counts = [parameter.count for parameter in self.parameters]
        return None if None in counts else math.prod(count for count in counts if count is not None)

    @property
    def endless(self) -> list[Parameter]:
        """The parameters with no end of values."""
        return [parameter for parameter in self.parameters if parameter.count is None]

    def grid(self) -> Iterator[Places]:
        """Yield every setting, the last parameter changing fastest; only where there is an end of them."""
        return itertools.product(*(range(parameter.count or 0) for parameter in self.parameters))

    def values(self, places: Places) -> dict[str, Any]:
        """Return the values of a setting by dotted key."""
        return {
            parameter.name: parameter.value(int(place))
            if parameter.count is not None or isinstance(parameter, Choices)
            else parameter.readable(place)
            for parameter, place in zip(self.parameters, places, strict=True)
        }

    def applied(self, tables: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the experiment's tables with a setting's values in place.

        Types come before the keys of their tables, tables before keys in them: another ``type`` starts afresh.
        """
        result: dict[str, Any] = dict(tables)
        for parameter in sorted(self.parameters, key=_precedence):
            result = laid_over(result, parameter.key, values[parameter.name])
        return result


def setting_key(values: Mapping[str, Any]) -> str:
    """Return what two equal settings, and only they, have in common."""
    return json.dumps(values, sort_keys=True, default=str)


def _precedence(parameter: Parameter) -> tuple[int, bool]:
    key: KeyPath = parameter.key
    # ``tracker.type`` stands with ``tracker``.
    is_type = key[-1] == "type"
    return (len(key) - is_type, is_type)
