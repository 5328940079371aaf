"""What is checked: a component with options, or a class by itself."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from vtcore.components import BuildContext, Component, Configured, build
from vtcore.errors import VtcoreError
from vtcore.experiments.converter import make_converter
from vtcore.experiments.environment import expand_text
from vtcore.experiments.experiment import needs_of
from vtcore.experiments.faults import StructureError
from vtcore.experiments.positions import key_text
from vtcore.host import PluginHost, PluginInfo, plugin_host
from vtcore.interfaces import DEFAULT_NEEDS
from vtcore.options import option_info
from vtcore.testing.definitions import TARGET_TRACKER
from vtcore.testing.failures import CannotBeMade, NotChecked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Subject", "seed_everything"]

CONTEXT = BuildContext(device="cpu", classes=("person", "car"))
"""What components are built with: the classes are those of the synthetic data."""


@attrs.define(eq=False)
class Subject:
    """A component to check.

    Attributes:
        label: How reports call it: ``tracker:bytetrack``.
        kind: Of the component.
        component: The component; None for a class or function that no installed plugin offers.
        target: What makes one, where there is no component.
        options: Keys of its table that are set, ``${NAME}`` in texts unexpanded.
        host: The plugins, for components within.
        plugin: The plugin, where a plugin as a whole is checked.
        folder: Of the project, which ``${PROJECT}`` in options stands for; None where there is none.
    """

    label: str
    kind: str
    component: Component | None = None
    target: Callable[..., Any] | None = None
    options: Mapping[str, Any] = attrs.field(factory=dict)
    host: PluginHost = attrs.field(factory=plugin_host)
    plugin: PluginInfo | None = None
    folder: Path | None = None

    @property
    def checked_as(self) -> str:
        """The kind whose checks apply: that of the component, or `TARGET_TRACKER`.

        A config that cannot be imported needs nothing special: the check of configs tells of it.
        """
        if self.kind != "tracker":
            return self.kind
        if self.component is None:
            return TARGET_TRACKER if hasattr(self.target, "start") else "tracker"
        try:
            needs = _declared_needs(self.component)
        except VtcoreError:
            return "tracker"
        return TARGET_TRACKER if "targets" in needs else "tracker"

    @property
    def package(self) -> str:
        """The import package that its code is in; empty where nobody knows."""
        if self.component is not None:
            return self.component.target.partition(":")[0].partition(".")[0]
        module = self.plugin.module if self.target is None and self.plugin else getattr(self.target, "__module__", "")
        return str(module).partition(".")[0]

    def the_component(self) -> Component:
        """Return the component.

        Raises:
            NotChecked: A class by itself has none.
        """
        if self.component is None:
            raise NotChecked("a class by itself has no config; give the check its Component to look at that too")
        return self.component

    def expanded(self) -> dict[str, Any]:
        """Return the options with ``${NAME}`` and ``${PROJECT}`` in their texts filled in.

        Raises:
            NotChecked: A variable is not set.
        """
        environment = dict(os.environ)
        if self.folder is not None:
            environment.setdefault("PROJECT", str(self.folder))
        expanded: dict[str, Any] = _expanded(self.options, environment)
        return expanded

    def configured(self, **changes: Any) -> Configured:
        """Return the component with its checked config.

        Args:
            **changes: Keys to set in place of those of `options`.

        Raises:
            NotChecked: It needs options, or something that is not on this machine.
            CannotBeMade: The options are refused.
        """
        component = self.the_component()
        options = self.expanded() | changes
        config_class = component.load_config()
        missing = [
            f"{field.name} ({option_info(field).help.rstrip('.')})"
            for field in attrs.fields(config_class)
            if field.init and field.default is attrs.NOTHING and field.name not in options
        ]
        if missing:
            raise NotChecked(f"needs options: {', '.join(missing)}; {self.how_to_give('...')}")
        try:
            config = make_converter(self.host).structure(options, config_class)
        except StructureError as error:
            told = "; ".join(f"{key_text(fault.path)}: {fault.message}" for fault in error.faults)
            what = f"the options that are given for it, {', '.join(options)}," if options else "its own defaults"
            raise CannotBeMade(f"{what} are refused: {told}") from error
        return Configured(component, config)

    def how_to_give(self, example: str) -> str:
        """Return what an author writes to set options."""
        return (
            f'write them under [tool.vtcore.testing.options] in the pyproject.toml, as "{self.label}" = {{ {example} '
            f"}}, or pass options={{'{self.label}': {{...}}}} or -o KIND:NAME.KEY=VALUE"
        )

    def needs(self) -> frozenset[str]:
        """Return what it needs of its frames, with the needs of the components within."""
        if self.component is None:
            return DEFAULT_NEEDS.get(self.kind, frozenset())
        return frozenset().union(*(needs_of(each) for each in _with_nested(self.configured())))

    def make(self, context: BuildContext = CONTEXT) -> Any:
        """Return a new one.

        Raises:
            NotChecked: It needs options, or something that is not on this machine.
            CannotBeMade: It cannot be made.
        """
        seed_everything(0)
        if self.component is None:
            assert self.target is not None  # one of the two is given: see `subject_of`
            return self.target(**self.expanded())
        configured = self.configured()
        lacking = [text for each in _with_nested(configured) for text in _complaints(each.config)]
        if lacking:
            raise NotChecked(f"cannot be made here: {'; '.join(lacking)}; {self.how_to_give('...')}")
        try:
            for each in _with_nested(configured):
                each.component.load_target()
            # What is random is seeded behind the imports, as torch is not there before.
            seed_everything(0)
            return build(configured, context)
        except Exception as error:
            told = str(error).partition("\n")[0] or "no message"
            how = (
                f"with the options that are given for it, {', '.join(self.options)}"
                if self.options
                else "with its defaults"
            )
            raise CannotBeMade(
                f"cannot be made {how}: {type(error).__name__}: {told}. What it needs of a machine (weights, files, "
                "packages) its config's check() tells, one line each; without that, its defaults must work."
            ) from error


def seed_everything(seed: int) -> None:
    """Seed every generator of random numbers that a whole process shares."""
    random.seed(seed)
    np.random.seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _declared_needs(component: Component) -> frozenset[str]:
    """Return what a config declares without options; nothing where only its options tell."""
    needs = getattr(component.load_config(), "needs", ())
    return frozenset() if isinstance(needs, property) else frozenset(needs)


def _with_nested(configured: Configured) -> list[Configured]:
    found = [configured]
    for field in attrs.fields(type(configured.config)):
        value = getattr(configured.config, field.name)
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, Configured):
                found += _with_nested(item)
    return found


def _complaints(config: Any) -> list[str]:
    check = getattr(config, "check", None)
    return [] if check is None else list(check())


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _expanded(item, environment) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expanded(item, environment) for item in value]
    if isinstance(value, str):
        text, _, complaints = expand_text(value, environment)
        if complaints:
            raise NotChecked("; ".join(complaints))
        return text
    return value
