"""Words for types and values, as people who write TOML know them."""

from __future__ import annotations

import datetime
import enum
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from vtcore.suggestions import listing

__all__ = ["expected", "got", "quoted", "shortened", "toml_text", "wrong_type"]

_LONG = 60

_TYPES: dict[type[Any], tuple[str, str]] = {
    bool: ("true or false", "a boolean"),
    int: ("an integer", "an integer"),
    float: ("a number", "a number"),
    str: ("a string", "a string"),
    list: ("a list", "a list"),
    tuple: ("a list", "a list"),
    dict: ("a table", "a table"),
    datetime.datetime: ("a date with time", "a date with time"),
    datetime.date: ("a date", "a date"),
    datetime.time: ("a time", "a time"),
    Path: ("a string (a path)", "a path"),
    type(None): ("nothing", "nothing"),
}
"""What to call a type that is wanted, and a value of it that is not."""


def expected(wanted: Any) -> str:
    """Return words for a type that a config's field has."""
    origin = get_origin(wanted) or wanted
    if origin in (Union, types.UnionType):
        parts = [expected(part) for part in get_args(wanted) if part is not type(None)]
        return " or ".join(parts)
    if origin is Literal:
        return f"one of {listing(get_args(wanted))}"
    if isinstance(origin, type) and issubclass(origin, enum.Enum):
        return f"one of {listing(member.value for member in origin)}"
    if origin in _TYPES:
        return _TYPES[origin][0]
    if isinstance(origin, type) and attrs.has(origin):
        return "a table"
    return f"a {getattr(origin, '__name__', origin)}"


def got(value: Any) -> str:
    """Return a value of TOML with the word for its type: ``'3' (a string)``."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return f"{shortened(toml_text(value))} ({_TYPES.get(type(value), ('', type(value).__name__))[1]})"


def toml_text(value: Any) -> str:
    """Return a plain value nearly as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)


def wrong_type(wanted: Any, value: Any) -> str:
    """Return the message for a value that is not of the wanted type."""
    message = f"must be {expected(wanted)}, got {got(value)}"
    origin = get_origin(wanted) or wanted
    if origin in (list, tuple) and isinstance(value, dict) and value and all(map(str.isdecimal, value)):
        return "must be a list, got elements by number; it is not written down to count in, so give it whole: [...]"
    if origin in (list, tuple):
        items = get_args(wanted)[:1]
        if items and items[0] is not Any and (get_origin(items[0]) or items[0]) not in _TYPES:
            return f"{message}; a list of tables is written with two brackets: [[name]]"
        return f"{message}; write [{quoted(value)}]" if isinstance(value, str) else message
    if origin is str and isinstance(value, bool | int | float | datetime.date | datetime.time):
        return f"{message}; write {quoted(toml_text(value))}"
    if origin is bool and value in ("true", "false"):
        return f"{message}; write {value}"
    return message


def quoted(text: str) -> str:
    """Return a text as TOML writes it, on one line."""
    import tomli_w  # here, since only the way to an error needs it

    return tomli_w.dumps({"_": text}).partition(" = ")[2].rstrip("\n")


def shortened(text: str) -> str:
    """Return a text that fits into a message."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."
