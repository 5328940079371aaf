"""Settings that go from a config's table into one of an experiment's, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from vtcore.migration.sections import MISSING, Section, shown

__all__ = ["Move", "move_all"]


_PLAIN = (bool, int, float, str)


def _as_it_is(value: Any) -> Any:
    return value


@attrs.frozen
class Move:
    """Where a setting goes.

    Attributes:
        source: Its name in the config's table; with a dot, in a table within.
        target: Its name in the experiment's table.
        default: What the original takes where the config says nothing; without one nothing is written then.
        convert: Makes one of the other.
    """

    source: str
    target: str
    default: Any = MISSING
    convert: Callable[[Any], Any] = _as_it_is


def move_all(section: Section, path: tuple[str, ...], moves: Iterable[Move]) -> None:
    """Move settings into a table of the experiment.

    A list where a number belongs is what MMTracking's ``param_search`` tries: it goes to ``[sweep.parameters]``.

    Args:
        section: The config's table.
        path: The experiment's table.
        moves: What goes where.
    """
    for move in moves:
        holder, name = _holder(section, move.source)
        value = holder.take(name, move.default)
        if value is MISSING or (value is None and move.default is MISSING):
            continue
        place = holder.where(name)
        target = (*path, move.target)
        several = isinstance(value, list) and bool(value) and _is_number(move.default)
        try:
            if not all(_is_alike(item, move.default) for item in (value if several else [value])):
                raise TypeError
            if several:
                holder.draft.sweep(target, [move.convert(item) for item in value], place)
            else:
                holder.draft.put(target, move.convert(value), place)
        except (TypeError, ValueError, ArithmeticError, LookupError):
            holder.cannot(name, f"{shown(value)} is not what stands there in any config known")


def _holder(section: Section, source: str) -> tuple[Section, str]:
    """Return the table that a dotted name is in, as one object each time, so that it knows what was taken."""
    *tables, name = source.split(".")
    for table in tables:
        section = section.child(table)
    return section, name


def _is_alike(value: Any, default: Any) -> bool:
    """Whether a setting is of the kind that the original's own default is of."""
    if isinstance(value, dict) or (isinstance(value, list) and not all(isinstance(item, _PLAIN) for item in value)):
        return False
    if default is MISSING or default is None:
        return True
    if _is_number(default):
        return _is_number(value)
    return isinstance(value, type(default))


def _is_number(value: Any) -> bool:
    """Whether it is a number that an experiment can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
