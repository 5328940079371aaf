"""Checking what is swept before anything starts: every value of a list, both ends of a range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.experiments.faults import Fault, StructureError
from vtcore.experiments.positions import KeyPath, key_text
from vtcore.experiments.sweep_parameters import Parameter, Range, laid_over, read_parameters
from vtcore.suggestions import did_you_mean

if TYPE_CHECKING:
    import cattrs

__all__ = ["SWEPT", "checked_parameters", "value_faults"]

SWEPT = ("tracker", "refiners", "detector", "reid", "transforms")
"""The tables whose keys may be swept; the others decide what is compared, not how well it is tracked."""


def checked_parameters(
    parameters: Mapping[str, Any], tables: Mapping[str, Any], converter: cattrs.Converter, root: type[Any]
) -> tuple[list[Parameter], list[Fault]]:
    """Read ``sweep.parameters`` and try every value in the experiment.

    Values are checked one at a time, each with the others as the experiment has them. What only values together
    break (a low threshold above the high one) is left to the trial.

    Args:
        parameters: The table.
        tables: The experiment, which is right without the sweep.
        converter: Checks tables.
        root: What the converter makes of them.

    Returns:
        The parameters that are right, in order, and what is wrong with the others, by key path below
        ``sweep.parameters``.
    """
    found, faults = read_parameters(parameters)
    right = []
    for parameter in found:
        wrong = _parameter_faults(parameter, tables, converter, root)
        faults += wrong
        if not wrong:
            right.append(_settled(parameter, tables, converter, root))
    return right, faults


def value_faults(
    key: KeyPath, value: Any, tables: Mapping[str, Any], converter: cattrs.Converter, root: type[Any]
) -> list[Fault]:
    """Return what is wrong with one value at a key, paths below the key; what is wrong elsewhere is left out."""
    try:
        converter.structure(laid_over(tables, key, value), root)
    except LookupError as error:
        return [Fault(str(error.args[0]))]
    except StructureError as error:
        places = [(fault, fault.path[: len(key)]) for fault in error.faults if not fault.together]
        found = [
            attrs.evolve(fault, path=fault.path[len(key) :], at=None)
            for fault, place in places
            if tuple(map(str, place)) == tuple(map(str, key))
        ]
        # A table on the way that is no table, or an unknown one.
        found += [
            attrs.evolve(fault, path=(), at=None)
            for fault, place in places
            if len(place) < len(key) and tuple(map(str, place)) == tuple(map(str, key[: len(place)]))
        ]
        return found
    return []


def _parameter_faults(
    parameter: Parameter, tables: Mapping[str, Any], converter: cattrs.Converter, root: type[Any]
) -> list[Fault]:
    top = str(parameter.key[0])
    if top not in SWEPT:
        return [Fault(f"cannot be swept; what can is below {', '.join(SWEPT)}{did_you_mean(top, SWEPT)}", (top,))]
    if top not in tables:
        return [Fault(f"there is no [{top}] in the experiment to sweep", (top,))]
    found: dict[str, Fault] = {}
    for place, value in parameter.tested():
        for fault in value_faults(parameter.key, value, tables, converter, root):
            message = f"{key_text(fault.path)}: {fault.message}" if fault.path else fault.message
            # What is wrong with the key is so with every value: it is told once.
            found.setdefault(message, Fault(message, parameter.key, at=(*parameter.key, *place)))
    return list(found.values())


def _settled(
    parameter: Parameter, tables: Mapping[str, Any], converter: cattrs.Converter, root: type[Any]
) -> Parameter:
    """Return a range of integers as one of numbers where the option takes any number."""
    if not isinstance(parameter, Range) or not parameter.whole:
        return parameter
    takes_any = not value_faults(parameter.key, float(parameter.low), tables, converter, root)
    return attrs.evolve(parameter, whole=False) if takes_any else parameter
