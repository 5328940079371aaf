"""An experiment as plain tables, and how two of them differ."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.components import Configured
from vtcore.experiments.environment import escaped
from vtcore.experiments.positions import KeyPath, key_text

if TYPE_CHECKING:
    from vtcore.experiments.experiment import Experiment

__all__ = ["differences", "plain_tables", "resolved_tables"]

_NOT_IN_TOML = ("source", "origins")


def resolved_tables(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as the plain tables that a document would hold; see `Experiment.resolved`."""
    names = [field.name for field in attrs.fields(type(experiment)) if field.name not in _NOT_IN_TOML]
    return _table((name, getattr(experiment, name)) for name in names)


def plain_tables(configured: Configured) -> dict[str, Any]:
    """Return one component as the table that a document would hold: its type and every key that is not None."""
    tables: dict[str, Any] = _plain(configured)
    return tables


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Return the dotted keys whose values differ between two resolved experiments.

    A key that only one of them has differs; elements of lists of tables are named by index, other lists as a whole.
    """
    left, right = dict(_leaves(a)), dict(_leaves(b))
    missing = object()
    return [key_text(path) for path in left | right if not _same(left.get(path, missing), right.get(path, missing))]


def _plain(value: Any) -> Any:
    if isinstance(value, Configured):
        return {"type": value.component.name, **_plain(value.config)}
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, PurePath):
        return escaped(str(value))
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value if item is not None]
    if isinstance(value, Mapping):
        return _table(value.items())
    if attrs.has(type(value)):
        return _table((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)) if field.init)
    return value


def _table(items: Any) -> dict[str, Any]:
    return {key: _plain(item) for key, item in items if item is not None}


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    return type(a) is type(b) and bool(a == b)
