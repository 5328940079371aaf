"""The one strict converter: from plain tables to checked configs, every problem told, none forgiven.

cattrs chooses a hook by a field's type; the hooks here replace its lenient ones. Types must match exactly (an integer
where a number is wanted is the one exception), unknown keys are problems, and validators keep their words.
"""

from __future__ import annotations

import datetime
import enum
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import attrs
import cattrs

from vtcore.experiments.configs import structure_component, structure_config
from vtcore.experiments.faults import Faults, StructureError, refuse
from vtcore.experiments.wording import expected, got, shortened, toml_text, wrong_type
from vtcore.suggestions import did_you_mean

if TYPE_CHECKING:
    from vtcore.components import Kind
    from vtcore.host import PluginHost

__all__ = ["make_converter"]

Hook = Callable[[Any, Any], Any]

_EXACT = (bool, datetime.datetime, datetime.date, datetime.time)

_INTEGERS = 2**63


def make_converter(host: PluginHost) -> cattrs.Converter:
    """Return a converter that finds components with `host`; its failures are `StructureError`."""
    converter = cattrs.Converter(forbid_extra_keys=True)

    def of_predicate(predicate: Callable[[Any], bool], hook: Hook) -> None:
        converter.register_structure_hook_func(predicate, hook)

    # The last registered that fits is taken.
    for wanted in _EXACT:
        converter.register_structure_hook(wanted, _exact)
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(Path, _path)
    of_predicate(lambda wanted: wanted is Any, lambda value, _: value)
    of_predicate(lambda wanted: get_origin(wanted) is Literal, _choice)
    of_predicate(lambda wanted: isinstance(wanted, type) and issubclass(wanted, enum.Enum), _member)
    of_predicate(_is_list, lambda value, wanted: _list(converter, value, wanted))
    of_predicate(_is_tuple, lambda value, wanted: _tuple(converter, value, wanted))
    of_predicate(_is_dict, lambda value, wanted: _dict(converter, value, wanted))
    of_predicate(_is_union, lambda value, wanted: _union(converter, value, wanted))
    of_predicate(attrs.has, lambda value, wanted: structure_config(converter, host, value, wanted))
    of_predicate(
        lambda wanted: host.kind_of_interface(wanted) is not None,
        lambda value, wanted: structure_component(converter, host, value, _kind(host, wanted)),
    )
    return converter


def _kind(host: PluginHost, interface: type[Any]) -> Kind:
    kind = host.kind_of_interface(interface)
    if kind is None:
        raise TypeError(f"{interface.__name__} is the interface of no kind")
    return kind


def _exact(value: Any, wanted: Any) -> Any:
    if type(value) is not wanted:
        refuse(wrong_type(wanted, value))
    return value


def _integer(value: Any, wanted: Any) -> int:
    number: int = _exact(value, wanted)
    if not -_INTEGERS <= number < _INTEGERS:
        refuse("must be an integer of 64 bits, got one with too many digits")
    return number


def _text(value: Any, wanted: Any) -> str:
    text: str = _exact(value, wanted)
    if "\0" in text:
        # No file, address or name holds it, and the operating system's complaint names neither key nor value.
        refuse(f"must not hold the character U+0000, got {got(value)}")
    return text


def _number(value: Any, wanted: Any) -> float:
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            refuse("must be a number that a double holds, got one with too many digits")
    number: float = _exact(value, wanted)
    return number


def _path(value: Any, wanted: Any) -> Path:
    if type(value) is not str and not isinstance(value, Path):
        refuse(wrong_type(wanted, value))
    return Path(_text(str(value), str))


def _choice(value: Any, wanted: Any) -> Any:
    choices = get_args(wanted)
    for choice in choices:
        if choice == value and type(choice) is type(value):
            return choice
    near = did_you_mean(value, [choice for choice in choices if isinstance(choice, str)]) if _is_str(value) else ""
    return refuse(f"must be {expected(wanted)}, got {got(value)}{near}")


def _member(value: Any, wanted: Any) -> Any:
    for member in wanted:
        if member.value == value and type(member.value) is type(value):
            return member
    near = did_you_mean(value, [str(member.value) for member in wanted]) if _is_str(value) else ""
    return refuse(f"must be {expected(wanted)}, got {got(value)}{near}")


def _is_str(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(wanted: Any) -> bool:
    return (get_origin(wanted) or wanted) is list


def _is_tuple(wanted: Any) -> bool:
    return (get_origin(wanted) or wanted) is tuple


def _is_dict(wanted: Any) -> bool:
    return (get_origin(wanted) or wanted) in (dict, Mapping)


def _is_union(wanted: Any) -> bool:
    return get_origin(wanted) in (Union, types.UnionType)


def _list(converter: cattrs.Converter, value: Any, wanted: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        refuse(wrong_type(wanted, value))
    (item_type,) = get_args(wanted) or (Any,)
    return _items(converter, value, [item_type] * len(value))


def _tuple(converter: cattrs.Converter, value: Any, wanted: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        refuse(wrong_type(wanted, value))
    item_types = get_args(wanted) or (Any, ...)
    if len(item_types) == 2 and item_types[1] is Ellipsis:
        item_types = item_types[:1] * len(value)
    if len(value) != len(item_types):
        refuse(f"must be a list of {len(item_types)} values, got {len(value)}")
    return tuple(_items(converter, value, item_types))


def _items(converter: cattrs.Converter, values: Any, item_types: Any) -> list[Any]:
    if _is_flat(values, item_types):
        # Told once, not for each number.
        text = f"[{', '.join(map(toml_text, values))}]"
        refuse(
            f"must be a list of lists, got {shortened(text)}; a single one has two brackets: {shortened(f'[{text}]')}"
        )
    faults = Faults()
    items = []
    for index, (value, item_type) in enumerate(zip(values, item_types, strict=True)):
        with faults.part(index):
            items.append(converter.structure(value, item_type))
    faults.raise_any()
    return items


def _is_flat(values: Any, item_types: Any) -> bool:
    """Whether a list of plain values stands where a list of lists is wanted."""
    return (
        len(values) > 0
        and all(_is_list(item_type) or _is_tuple(item_type) for item_type in item_types)
        and not any(isinstance(value, list | tuple | dict) for value in values)
    )


def _dict(converter: cattrs.Converter, value: Any, wanted: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        refuse(wrong_type(wanted, value))
    _, item_type = get_args(wanted) or (str, Any)
    faults = Faults()
    table = {}
    for key, item in value.items():
        with faults.part(key):
            table[key] = converter.structure(item, item_type)
    faults.raise_any()
    return table


def _union(converter: cattrs.Converter, value: Any, wanted: Any) -> Any:
    parts = [part for part in get_args(wanted) if part is not type(None)]
    if value is None and len(parts) < len(get_args(wanted)):
        return None
    if len(parts) == 1:
        return converter.structure(value, parts[0])
    # An integer is a number too: the type that it has of itself comes first.
    for part in sorted(parts, key=lambda part: part is not type(value)):
        try:
            return converter.structure(value, part)
        except StructureError as error:
            told = [fault for fault in error.faults if fault.path]
            if told:
                # The value has this type's shape, and something within is wrong.
                raise
    names = " or ".join(expected(part) for part in parts)
    return refuse(f"must be {names}, got {got(value)}")
