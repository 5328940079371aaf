"""What is swept in an experiment: the table ``[sweep]``, and lists in place of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.experiments.experiment import ExperimentTables
from vtcore.experiments.faults import Fault, StructureError
from vtcore.experiments.origins import Origin
from vtcore.experiments.positions import KeyPath
from vtcore.experiments.sweep_checks import SWEPT, checked_parameters, value_faults
from vtcore.experiments.sweep_parameters import laid_over

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["SWEEP_PARAMETERS", "TO_BE_SWEPT", "swept_faults", "with_lists_swept", "with_swept_origins"]

SWEEP_PARAMETERS: KeyPath = ("sweep", "parameters")
"""Where an experiment says what is swept."""

TO_BE_SWEPT = "lists values to try, so the experiment is to be swept (vtcore sweep); to run it, give one value"
"""What is wrong with a list in place of a plain value where nothing is swept."""


def with_lists_swept(tables: dict[str, Any], converter: Converter) -> tuple[dict[str, Any], list[KeyPath]]:
    """Move lists that stand in place of plain values to ``sweep.parameters``, leaving their first value.

    Args:
        tables: The experiment; it stays as it is.
        converter: Tells where a list stands for nothing that is one.

    Returns:
        The tables, and the keys of the lists.
    """
    lists: list[KeyPath] = []
    for key, values in _misplaced_lists(tables, converter):
        first = laid_over(_without(tables, key), key, values[0])
        good = [value for value in values if not value_faults(key, value, first, converter, ExperimentTables)]
        # Where not one value is right, the list itself is what was meant, and wrong.
        if good:
            lists.append(key)
            tables = laid_over(_without(tables, key), key, good[0])
            tables = laid_over(tables, (*SWEEP_PARAMETERS, *map(str, key)), values)
    return tables, lists


def with_swept_origins(origins: Mapping[KeyPath, Origin], lists: Iterable[KeyPath]) -> dict[KeyPath, Origin]:
    """Say of what was moved to ``sweep.parameters`` where it was written."""
    extended = dict(origins)
    for key in lists:
        for path, origin in origins.items():
            if path[: len(key)] == key:
                moved = (*SWEEP_PARAMETERS, *map(str, key), *path[len(key) :])
                extended[moved] = origin
    return extended


def swept_faults(tables: Mapping[str, Any], converter: Converter) -> list[Fault]:
    """Return what is wrong with ``sweep.parameters`` of an experiment that is right otherwise."""
    parameters = tables.get("sweep", {}).get("parameters", {})
    plain = {key: value for key, value in tables.items() if key != "sweep"}
    _, faults = checked_parameters(parameters, plain, converter, ExperimentTables)
    return [
        attrs.evolve(
            fault,
            path=(*SWEEP_PARAMETERS, *fault.path),
            at=None if fault.at is None else (*SWEEP_PARAMETERS, *fault.at),
        )
        for fault in faults
    ]


def _misplaced_lists(tables: Mapping[str, Any], converter: Converter) -> list[tuple[KeyPath, list[Any]]]:
    if not any(_holds_lists(name, tables.get(name)) for name in SWEPT):
        return []
    try:
        converter.structure(tables, ExperimentTables)
    except StructureError as error:
        keys = dict.fromkeys(_of_lists(tables, fault.path) for fault in error.faults)
        # Elements of lists are what their list is, swept or not.
        found = [(key, _value_at(tables, key)) for key in keys if key and key[0] in SWEPT and isinstance(key[-1], str)]
        return [(key, value) for key, value in found if _lists_values(value)]
    return []


def _of_lists(tables: Mapping[str, Any], key: KeyPath) -> KeyPath:
    """Return the key of the list where an element of a list of lists is wrong: the value may be a list itself."""
    if key and isinstance(key[-1], int):
        value = _value_at(tables, key[:-1])
        if isinstance(value, list) and all(isinstance(item, list) for item in value):
            return key[:-1]
    return key


def _holds_lists(name: str, value: Any) -> bool:
    """Whether a list stands anywhere in a top-level table: looking costs less than checking everything twice."""
    if isinstance(value, Mapping):
        return any(_holds_lists("", item) for item in value.values())
    if isinstance(value, list) and name in ("refiners", "transforms"):
        return any(_holds_lists("", item) for item in value)
    return isinstance(value, list) and bool(value)


def _lists_values(value: Any) -> bool:
    """Whether something may list values to try; one table in two brackets is a slip."""
    return isinstance(value, list) and bool(value) and not (len(value) == 1 and isinstance(value[0], Mapping))


def _value_at(tables: Any, key: KeyPath) -> Any:
    for part in key:
        try:
            tables = tables[part]
        except (LookupError, TypeError):
            return None
    return tables


def _without(tables: Any, key: KeyPath) -> Any:
    """Return tables without what stands at a key."""
    first, rest = key[0], key[1:]
    if isinstance(tables, list):
        return [_without(item, rest) if place == first else item for place, item in enumerate(tables)]
    if not rest:
        return {name: item for name, item in tables.items() if name != first}
    return {**tables, first: _without(tables[first], rest)}
