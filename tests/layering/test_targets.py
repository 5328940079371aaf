"""A component in Python is a component in TOML: its target takes the config's fields, with the same defaults."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import attrs
import pytest

from vtcore.components import Component, ComponentTable
from vtcore.host import PluginHost
from vtcore.options import option_info

HOST = PluginHost.discover()
COMPONENTS = [component for plugin in HOST.plugins if plugin.status == "ok" for component in plugin.components]


def plain(value: Any) -> Any:
    """A default in one spelling: lists and tuples, paths and strings are alike."""
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def default_of(field: attrs.Attribute[Any]) -> Any:
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return field.default.factory()  # type: ignore[union-attr]
    return field.default


def mismatches(component: Component, config: type[Any], target: Any) -> list[str]:
    """Say where a target's arguments differ from its config's fields."""
    parameters = inspect.signature(target).parameters
    fields = {field.name: field for field in attrs.fields(config) if field.init}
    problems = [f"takes no {name!r}" for name in fields if name not in parameters]
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            problems.append(f"takes any argument through {name!r}")
        # What only Python can hand over (arrays, the context) may be left out: None by default.
        elif name not in fields and name != "context" and parameter.default is not None:
            problems.append(f"takes {name!r}, which its config lacks")
    for name, field in fields.items():
        if name not in parameters:
            continue
        here, there = default_of(field), parameters[name].default
        if field.default is attrs.NOTHING:
            if there is not inspect.Parameter.empty:
                problems.append(f"{name!r} has a default, but is required in TOML")
        elif there is inspect.Parameter.empty:
            problems.append(f"{name!r} is required, but has a default in TOML")
        # A nested component's default is a table here and an object, or nothing, there.
        elif not isinstance(here, ComponentTable) and (plain(here) != plain(there) or _differ(here, there)):
            problems.append(f"{name!r} is {there!r} by default, but {here!r} in TOML")
    return problems


def _differ(here: Any, there: Any) -> bool:
    """Whether one is a truth value and the other a number, which compare equal."""
    return isinstance(here, bool) is not isinstance(there, bool)


def label(component: Component) -> str:
    return f"{component.kind}-{component.name}"


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_target_takes_the_fields_of_the_config(component: Component) -> None:
    assert mismatches(component, component.load_config(), component.load_target()) == []


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_config_is_frozen_explained_and_readable(component: Component) -> None:
    config = component.load_config()
    annotations = typing.get_type_hints(config)
    assert config.__setattr__ is not object.__setattr__
    assert config.__doc__
    assert component.summary.endswith(".")
    for field in attrs.fields(config):
        assert field.kw_only, f"{field.name} is not keyword-only"
        assert field.name in annotations
        if not attrs.has(annotations[field.name]):
            help_text = option_info(field).help
            assert help_text.endswith((".", "?")), f"{field.name}: {help_text!r} is no sentence"


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_defaults_pass_their_own_validators(component: Component) -> None:
    for field in attrs.fields(component.load_config()):
        if field.default is attrs.NOTHING or field.validator is None:
            continue
        assert option_info(field).complaint(default_of(field)) is None, field.name


@attrs.frozen(kw_only=True)
class ExampleConfig:
    required: int
    size: tuple[int, ...] = (1, 2)
    switch: bool = True
    nested: Any = attrs.field(factory=lambda: ComponentTable("x"))


def test_comparison_notices_differences() -> None:
    component = Component("tracker", "x", "m:C", "m:T", "s.")

    def right(
        required: int,
        size: Any = (1, 2),
        switch: bool = True,
        nested: Any = None,
        context: Any = None,
        array: Any = None,
    ) -> None:
        pass

    def wrong(required: int = 1, size: Any = (1, 3), switch: Any = 1, other: Any = 0, **rest: Any) -> None:
        pass

    assert mismatches(component, ExampleConfig, right) == []
    assert mismatches(component, ExampleConfig, wrong) == [
        "takes no 'nested'",
        "takes 'other', which its config lacks",
        "takes any argument through 'rest'",
        "'required' has a default, but is required in TOML",
        "'size' is (1, 3) by default, but (1, 2) in TOML",
        "'switch' is 1 by default, but True in TOML",
    ]
