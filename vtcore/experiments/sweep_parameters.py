"""What is swept: a key of the experiment, and the values that it may take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from vtcore.experiments.faults import Fault
from vtcore.experiments.positions import KeyPath, key_text
from vtcore.experiments.wording import quoted, toml_text
from vtcore.suggestions import listing

__all__ = ["Choices", "Parameter", "Range", "laid_over", "read_parameters"]

_RANGE_KEYS = ("low", "high", "step", "log")
_DIGITS = 6
"""Significant digits of a drawn number: enough for any threshold, and still readable."""


@attrs.frozen
class Choices:
    """A list of values to try.

    Attributes:
        key: Key path in the experiment; elements of lists by their decimal index, as in ``-o``.
        values: The values, as TOML has them.
    """

    key: KeyPath
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The dotted key."""
        return key_text(self.key)

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def is_ordered(self) -> bool:
        """Whether the values are ascending numbers, so that neighbours are alike."""
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)
        return numbers and all(a < b for a, b in zip(self.values, self.values[1:], strict=False))

    def value(self, index: int) -> Any:
        """Return the value at a place, counted from 0."""
        return self.values[index]

    def tested(self) -> Iterator[tuple[KeyPath, Any]]:
        """Yield the values to check, with where each is written below the parameter's own table."""
        for index, value in enumerate(self.values):
            yield (index,), value


@attrs.frozen
class Range:
    """Numbers from a low to a high end, both included.

    Attributes:
        key: Key path in the experiment.
        low: The low end.
        high: The high end; with a step, the last number that steps reach.
        step: Distance of the numbers; None for any number between.
        log: Whether small numbers are tried as often as large ones.
        whole: Whether only integers may be tried.
    """

    key: KeyPath
    low: int | float
    high: int | float
    step: int | float | None = None
    log: bool = False
    whole: bool = False

    @property
    def name(self) -> str:
        """The dotted key."""
        return key_text(self.key)

    @property
    def count(self) -> int | None:
        """How many numbers there are; None where there is no end of them."""
        step = self.step or (1 if self.whole else None)
        if step is None:
            return None
        return int((_decimal(self.high) - _decimal(self.low)) / _decimal(step)) + 1

    @property
    def is_ordered(self) -> bool:
        """Numbers always are."""
        return True

    def value(self, index: int) -> int | float:
        """Return the number at a place, counted from 0, as one would write it: 0.6 + 2 x 0.05 is 0.7."""
        exact = _decimal(self.low) + index * _decimal(self.step or 1)
        whole = isinstance(self.low, int) and isinstance(self.step or 1, int)
        return int(exact) if whole else float(exact)

    def readable(self, number: float) -> int | float:
        """Return a drawn number with few digits, still within the range."""
        if self.whole:
            return min(max(round(number), int(self.low)), int(self.high))
        return min(max(float(f"{number:.{_DIGITS}g}"), self.low), self.high)

    def tested(self) -> Iterator[tuple[KeyPath, Any]]:
        """Yield the ends, with where each is written below the parameter's own table."""
        yield ("low",), self.low
        count = self.count
        yield ("high",), self.high if count is None else self.value(count - 1)


Parameter = Choices | Range


def read_parameters(tables: Mapping[str, Any]) -> tuple[list[Parameter], list[Fault]]:
    """Read ``sweep.parameters``: tables lead to lists and ranges, as they lead to values in the experiment.

    Returns:
        The parameters, and what is wrong with the others, by key path.
    """
    found: list[Parameter] = []
    faults: list[Fault] = []
    for key, value in _leaves(tables, ()):
        fault = _fault(value)
        if fault is not None:
            faults.append(attrs.evolve(fault, path=(*key, *fault.path)))
        elif isinstance(value, list):
            found.append(Choices(key, tuple(value)))
        else:
            low, high, step = value["low"], value["high"], value.get("step")
            whole = all(isinstance(number, int) for number in (low, high, step or 1))
            found.append(Range(key, low, high, step, value.get("log", False), whole))
    return found, faults


def laid_over(tables: Any, key: KeyPath, value: Any) -> Any:
    """Return tables with one value changed as ``-o`` changes it; the given ones stay as they are.

    A table whose ``type`` changes starts afresh, one that keeps it is changed key by key.

    Raises:
        LookupError: The key names an element that a list does not have.
    """
    if not key:
        return _merged(tables, value)
    first, rest = key[0], key[1:]
    if isinstance(tables, list):
        index = int(first) if str(first).isdecimal() else len(tables)
        if index >= len(tables):
            raise LookupError(f"there is no element {first}: the list has {len(tables)}, counted from 0")
        return [laid_over(item, rest, value) if place == index else item for place, item in enumerate(tables)]
    table = tables if isinstance(tables, Mapping) else {}
    if first == "type" and not rest and table.get("type", value) != value:
        return {"type": value}
    return {**table, first: laid_over(table.get(first), rest, value)}


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    if above.get("type", below.get("type")) != below.get("type"):
        return above
    return {**below, **{key: _merged(below.get(key), item) for key, item in above.items()}}


def _leaves(value: Any, key: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, Mapping) and (not key or not _is_range(value)):
        for name, item in value.items():
            yield from _leaves(item, (*key, name))
    else:
        yield key, value


def _is_range(table: Mapping[str, Any]) -> bool:
    """Whether a table is a range, and not one on the way to parameters: these are lists and tables."""
    ends = [table[name] for name in ("low", "high") if name in table]
    return bool(ends) and not any(isinstance(end, list | Mapping) for end in ends)


def _fault(value: Any) -> Fault | None:
    """Say what is wrong with the form of a parameter, None if nothing is."""
    if isinstance(value, list):
        return None if value else Fault("must list the values to try, got an empty list")
    if not isinstance(value, Mapping):
        text = quoted(value) if isinstance(value, str) else toml_text(value)
        return Fault(f"must be a list of values to try, or {{low = ..., high = ...}}, got {text}; write [{text}]")
    for name in value:
        if name not in _RANGE_KEYS:
            return Fault(f"unknown key of a range; there are {listing(_RANGE_KEYS)}", (name,))
    for name in ("low", "high"):
        if name not in value:
            return Fault(f"a range has two ends, and {name!r} is missing")
    for name in ("low", "high", "step"):
        number = value.get(name, 1)
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            return Fault(f"must be a number, got {number!r}", (name,))
    return _range_fault(value)


def _range_fault(value: Mapping[str, Any]) -> Fault | None:
    low, high, step, log = value["low"], value["high"], value.get("step"), value.get("log", False)
    if not isinstance(log, bool):
        return Fault(f"must be true or false, got {log!r}", ("log",))
    if low >= high:
        return Fault(f"must be above low ({low!r}), got {high!r}", ("high",))
    if step is not None and not 0 < step <= high - low:
        return Fault(f"must be above 0 and at most high - low ({high - low:g}), got {step!r}", ("step",))
    if log and step is not None:
        return Fault("goes without log: numbers are at equal distances, or at equal ratios", ("step",))
    if log and low <= 0:
        return Fault(f"must be above 0 with log = true, got {low!r}", ("low",))
    return None


def _decimal(number: int | float) -> Decimal:
    return Decimal(repr(number))
