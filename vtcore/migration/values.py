"""Values of a Python config, each with the place where it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from vtcore.migration.effort import spend

__all__ = ["Imported", "Place", "Unread", "Value", "copied", "merged", "plain"]

DELETE = "_delete_"


@attrs.frozen
class Place:
    """Where something stands.

    Attributes:
        file: The file, as it was named.
        line: 1-based line in it.
    """

    file: str
    line: int

    def __str__(self) -> str:
        """``mot.py:14``."""
        return f"{self.file}:{self.line}"


class Imported(str):
    """Name of something that a config imports, which stands for itself where it says what something is (``type``)."""

    __slots__ = ()


@attrs.frozen
class Unread:
    """What stands in for an expression that was not understood.

    Attributes:
        text: The expression, shortened to one line.
        reason: Why not.
    """

    text: str
    reason: str


@attrs.frozen(eq=False)
class Value:
    """A value and its place.

    Attributes:
        data: A number, string, boolean or None; ``dict[str, Value]``; ``list[Value]`` (tuples too); or `Unread`.
            Dictionaries and lists are shared between names, and changed by later statements, as in Python.
        place: Where it was written.
    """

    data: Any
    place: Place

    @property
    def is_table(self) -> bool:
        """Whether it is a dictionary."""
        return type(self.data) is dict

    @property
    def is_list(self) -> bool:
        """Whether it is a list or tuple."""
        return type(self.data) is list

    def unread(self) -> Iterator[Value]:
        """Yield whatever in it was not understood."""
        spend()
        if isinstance(self.data, Unread):
            yield self
        elif self.is_table:
            for item in self.data.values():
                yield from item.unread()
        elif self.is_list:
            for item in self.data:
                yield from item.unread()


def plain(value: Value) -> Any:
    """Return a value without places: plain dictionaries, lists and scalars; `Unread` stays."""
    spend()
    if value.is_table:
        return {key: plain(item) for key, item in value.data.items()}
    if value.is_list:
        return [plain(item) for item in value.data]
    return value.data


def copied(value: Value) -> Value:
    """Return a copy that shares no dictionary or list with the original."""
    spend()
    if value.is_table:
        return Value({key: copied(item) for key, item in value.data.items()}, value.place)
    if value.is_list:
        return Value([copied(item) for item in value.data], value.place)
    return value


def merged(base: Mapping[str, Value], over: Mapping[str, Value]) -> dict[str, Value]:
    """Lay one config's values over those of its bases, as MMCV and MMEngine do.

    Dictionaries merge key by key; one with ``_delete_=True`` takes the place of what was there; anything else, lists
    too, takes the other's place. Neither argument is changed.
    """
    spend(len(over))
    result = {key: copied(value) for key, value in base.items()}
    for key, value in over.items():
        below = result.get(key)
        if not value.is_table:
            result[key] = copied(value)
            continue
        afresh = DELETE in value.data and value.data[DELETE].data is True
        own = {name: item for name, item in value.data.items() if name != DELETE}
        under = below.data if below is not None and below.is_table and not afresh else {}
        result[key] = Value(merged(under, own), value.place)
    return result
