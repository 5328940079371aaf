"""What can be said of a component's keys from its config class alone."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import attrs

from vtcore.cli.type_words import KindOf, choices_of, find_kind, plain_value, toml_text, type_words
from vtcore.components import Component
from vtcore.errors import PluginError
from vtcore.options import OptionInfo, option_info

__all__ = ["FieldDescription", "field_descriptions", "toml_snippet"]

_TOP_TABLES = {
    "dataset": "[dataset]",
    "transform": "[[transforms]]",
    "detector": "[detector]",
    "reid": "[reid]",
    "tracker": "[tracker]",
    "protocol": "[protocol]",
    "refiner": "[[refiners]]",
    "metric": "[[metrics]]",
    "writer": "[[writers]]",
}
"""Where components of the core's kinds stand in an experiment."""

_PLACEHOLDERS = {"string": "", "integer": 0, "float": 0.0, "boolean": False}


@attrs.frozen
class FieldDescription:
    """One key of a component's table.

    Attributes:
        key: As written in TOML; dotted for a key of a table within.
        type: In words: ``float``, ``array of strings``, ``table of motion``.
        kind: Kind of the components that it holds, None if it holds none.
        required: Whether it must be given.
        default: Plain data; None where there is no default, or the default is to leave it out.
        allowed: Bounds or choices, in words; empty if the type says all.
        unit: Unit, empty for none.
        meaning: One sentence.
        choices: The allowed values, where they are few.
    """

    key: str
    type: str
    kind: str | None
    required: bool
    default: Any
    allowed: str
    unit: str
    meaning: str
    choices: tuple[Any, ...] = ()

    @property
    def default_text(self) -> str:
        """The default as TOML, empty for none."""
        return "" if self.default is None else toml_text(self.default)


def field_descriptions(component: Component, kind_of: KindOf) -> list[FieldDescription]:
    """Describe every key of a component's table.

    Args:
        component: The component.
        kind_of: Tells the kind whose interface a class is.

    Raises:
        PluginError: The config cannot be imported, or the types of its fields cannot be read.
    """
    return list(_describe(component.load_config(), kind_of, ""))


def _describe(config: type[Any], kind_of: KindOf, prefix: str) -> Iterator[FieldDescription]:
    try:
        annotations = typing.get_type_hints(config)
    except Exception as error:
        path = f"{config.__module__}:{config.__qualname__}"
        raise PluginError(f"config {path!r}: cannot read its types: {type(error).__name__}: {error}") from error
    for field in attrs.fields(config):
        if not field.init:
            continue
        annotation = annotations.get(field.name, Any)
        if isinstance(annotation, type) and attrs.has(annotation):
            yield from _describe(annotation, kind_of, f"{prefix}{field.name}.")
            continue
        kind = find_kind(annotation, kind_of)
        info = option_info(field)
        choices = info.choices or choices_of(annotation)
        yield FieldDescription(
            key=prefix + field.name,
            type=type_words(annotation, kind_of),
            kind=None if kind is None else kind.name,
            required=field.default is attrs.NOTHING,
            default=_default(field),
            allowed=_allowed(info, choices),
            unit=info.unit,
            meaning=info.help,
            choices=tuple(plain_value(choice) for choice in choices if choice is not None),
        )


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        # One that depends on the other fields has no value yet.
        default = None if default.takes_self else default.factory()
    return plain_value(default)


def _allowed(info: OptionInfo, choices: tuple[Any, ...]) -> str:
    if choices:
        return "one of " + ", ".join(toml_text(plain_value(choice)) for choice in choices if choice is not None)
    return " and ".join(info.bounds())


def toml_snippet(component: Component, fields: list[FieldDescription]) -> str:
    """Return a table to put into an experiment: every key with its default, those without one to be filled in."""
    heading = _TOP_TABLES.get(component.kind, f"# the {component.kind} in the table of the component that uses it")
    lines = [heading, f"type = {toml_text(component.name)}"]
    for field in fields:
        if field.required:
            lines.append(f"{field.key} = {toml_text(_placeholder(field))}  # required")
        elif field.default is None:
            lines.append(f"# {field.key} = {toml_text(_placeholder(field))}")
        else:
            lines.append(f"{field.key} = {field.default_text}")
    return "\n".join(lines) + "\n"


def _placeholder(field: FieldDescription) -> Any:
    if field.choices:
        return field.choices[0]
    if field.kind is not None:
        table = {"type": ""}
        return [table] if field.type.startswith("array") else table
    if field.type.startswith("array"):
        return []
    if field.type.startswith("table"):
        return {}
    return _PLACEHOLDERS.get(field.type.split(" or ")[0], "")
