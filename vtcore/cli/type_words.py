"""Types and values of config fields in the words of TOML."""

from __future__ import annotations

import datetime
import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import tomli_w

from vtcore.components import ComponentTable, Kind

__all__ = ["choices_of", "find_kind", "plain_value", "toml_text", "type_words"]

KindOf = Callable[[object], Kind | None]
"""Tells the kind whose interface a class is: `PluginHost.kind_of_interface`."""

_SCALARS: Mapping[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "float",
    datetime.datetime: "date-time",
    datetime.date: "date",
    datetime.time: "time",
    Any: "any value",
}


def type_words(annotation: Any, kind_of: KindOf) -> str:
    """Say what TOML value a field takes: ``float``, ``array of strings``, ``table of motion``.

    A field that may be None is one that may be left out; its words are those of its other type.
    """
    annotation = _stripped(annotation)
    kind = kind_of(annotation)
    if kind is not None:
        return f"table of {kind.name}"
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, parameters = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        words = [type_words(part, kind_of) for part in parameters if part is not type(None)]
        return " or ".join(dict.fromkeys(words))
    if origin is Literal:
        return " or ".join(dict.fromkeys(_SCALARS.get(type(value), "value") for value in parameters))
    base = origin or annotation
    if not isinstance(base, type):
        return "any value"
    if issubclass(base, enum.Enum):
        return " or ".join(dict.fromkeys(_SCALARS.get(type(member.value), "value") for member in base))
    if issubclass(base, PurePath):
        return "string"
    if issubclass(base, Mapping):
        return f"table of {_plural(type_words(parameters[1], kind_of))}" if len(parameters) == 2 else "table"
    if issubclass(base, Iterable) and not attrs.has(base):
        return _array_words(base, parameters, kind_of)
    return "table" if attrs.has(base) else base.__name__


def _array_words(base: type, parameters: tuple[Any, ...], kind_of: KindOf) -> str:
    if not parameters:
        return "array"
    if not issubclass(base, tuple) or parameters[-1] is Ellipsis:
        return f"array of {_plural(type_words(parameters[0], kind_of))}"
    words = [type_words(part, kind_of) for part in parameters]
    if len(set(words)) == 1 and len(words) > 1:
        return f"array of {len(words)} {_plural(words[0])}"
    return f"array of {', '.join(words)}"


def _plural(words: str) -> str:
    first, space, rest = words.partition(" ")
    return words if words == "any value" else f"{first}s{space}{rest}"


def _stripped(annotation: Any) -> Any:
    """Return the type behind ``Annotated`` and ``NewType``."""
    while True:
        if get_origin(annotation) is typing.Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        else:
            return annotation


def find_kind(annotation: Any, kind_of: KindOf) -> Kind | None:
    """Return the kind of the components that a field holds, one or a list of them; None if it holds none."""
    annotation = _stripped(annotation)
    kind = kind_of(annotation)
    if kind is not None:
        return kind
    return next((kind for part in get_args(annotation) if (kind := find_kind(part, kind_of)) is not None), None)


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """Return the values that the type itself enumerates (``Literal``, an enumeration); empty if it does not."""
    annotation = _stripped(annotation)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return tuple(member.value for member in annotation)
    return tuple(choice for part in get_args(annotation) for choice in choices_of(part))


def plain_value(value: Any) -> Any:
    """Return a default as the plain data that a TOML file would hold; None where it is left out."""
    if isinstance(value, ComponentTable):
        return {"type": value.type, **plain_value(value.options)}
    if isinstance(value, enum.Enum):
        return plain_value(value.value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if attrs.has(type(value)):
        values = {field.name: plain_value(getattr(value, field.name)) for field in attrs.fields(type(value))}
        return {key: item for key, item in values.items() if item is not None}
    return value


def toml_text(value: Any) -> str:
    """Write plain data as a TOML value on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_toml_key(key)} = {toml_text(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")


def _toml_key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")
