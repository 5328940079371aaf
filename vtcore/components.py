"""Components, kinds, and the building of targets from checked configs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from vtcore.errors import PluginError

__all__ = ["BuildContext", "Command", "Component", "ComponentTable", "Configured", "Kind", "build", "load_object"]


@attrs.frozen
class Component:
    """A named, configurable class that a plugin offers.

    Attributes:
        kind: What it is for: ``"tracker"``.
        name: Its name within the kind, as written after ``type =``: ``"bytetrack"``.
        config: ``"package.module:Name"`` of a frozen attrs class in a light module: the TOML table.
        target: ``"package.module:Name"`` of the class (or function) that takes the config's fields as keywords.
        summary: One sentence.
        paper: Authors, title, venue and year, and an address; empty where there is none.
    """

    kind: str
    name: str
    config: str
    target: str
    summary: str
    paper: str = ""

    def load_config(self) -> type[Any]:
        """Import and return the config class.

        Raises:
            PluginError: It cannot be imported, or is no attrs class.
        """
        config = load_object(self.config, f"config of {self.kind} {self.name!r}")
        if not attrs.has(config):
            raise PluginError(f"{self.kind} {self.name!r}: config {self.config!r} is not an attrs class")
        return config

    def load_target(self) -> Any:
        """Import and return the target.

        Raises:
            PluginError: It cannot be imported.
        """
        return load_object(self.target, f"target of {self.kind} {self.name!r}")


@attrs.frozen
class Kind:
    """What a component can be for.

    Attributes:
        name: ``"tracker"``, ``"motion"``.
        interface: ``"package.module:Name"`` of a light Protocol; a config's field of that type holds a nested
            component of this kind.
        summary: One sentence.
    """

    name: str
    interface: str
    summary: str


@attrs.frozen
class Command:
    """A subcommand of ``vtcore`` that a plugin offers.

    Attributes:
        name: The word after ``vtcore``: ``"weights"``.
        summary: One sentence, shown by its ``--help``.
        run: ``"package.module:function"`` that takes the parsed arguments (`argparse.Namespace`) and returns the exit
            status; what it raises is told as for the core's commands.
        arguments: ``"package.module:function"`` that declares the command's arguments on the `argparse.ArgumentParser`
            that it is handed; empty for a command without any.
    """

    name: str
    summary: str
    run: str
    arguments: str = ""

    def load_run(self) -> Any:
        """Import and return the function that does the work.

        Raises:
            PluginError: It cannot be imported.
        """
        return load_object(self.run, f"command {self.name!r}")

    def load_arguments(self) -> Any:
        """Import and return the function that declares the arguments, None where the command has none.

        Raises:
            PluginError: It cannot be imported.
        """
        return load_object(self.arguments, f"arguments of command {self.name!r}") if self.arguments else None


@attrs.frozen
class Configured:
    """A component with its checked config: what ``[tracker]`` becomes.

    Attributes:
        component: The component chosen by ``type``.
        config: Instance of its config class; nested components are `Configured` in turn.
    """

    component: Component
    config: Any


@attrs.frozen
class ComponentTable:
    """A table that names a component, not looked up yet: the default of a field that holds one.

    ``motion: Motion = option(ComponentTable("kalman-xyah"), help="...")``.

    Attributes:
        type: Name of the component.
        options: Its keys.
    """

    type: str
    options: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class BuildContext:
    """What targets may ask for by taking an argument named ``context``.

    Attributes:
        device: ``"cpu"``, ``"cuda:0"``, ``"mps"`` or ``"auto"``.
        dtype: Floating point type of networks: ``"float32"``, ``"float16"``, ``"bfloat16"``.
        classes: Class names of the data set; empty where it names none.
        seed: Seed for anything drawn at random.
        channels_last: Whether networks keep their images and weights with the channels last, which is faster on some
            devices.
        compile: Whether networks are compiled (``torch.compile``) before they are used.
    """

    device: str = "auto"
    dtype: str = "float32"
    classes: tuple[str, ...] = ()
    seed: int = 0
    channels_last: bool = False
    compile: bool = False


def load_object(path: str, what: str) -> Any:
    """Import ``"package.module:Name"``.

    Args:
        path: The dotted path.
        what: Words for the error: ``config of tracker 'sort'``.

    Raises:
        PluginError: There is no such module or name, or the module fails on import.
    """
    module_name, _, name = path.partition(":")
    try:
        value: Any = importlib.import_module(module_name)
        for part in name.split("."):
            value = getattr(value, part)
    except Exception as error:
        raise PluginError(f"{what}: cannot load {path!r}: {type(error).__name__}: {error}") from error
    return value


def build(configured: Configured, context: BuildContext | None = None) -> Any:
    """Make a component's target from its config, nested components first.

    Args:
        configured: Component and config.
        context: Handed to every target that takes an argument ``context``.

    Raises:
        PluginError: A target cannot be imported, or does not take the keys of its config.
    """
    context = context or BuildContext()
    component = configured.component
    target = component.load_target()
    fields = attrs.fields(type(configured.config))
    arguments = {field.name: _built(getattr(configured.config, field.name), context) for field in fields}
    signature = inspect.signature(target)
    if "context" not in arguments and "context" in signature.parameters:
        arguments["context"] = context
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise PluginError(
            f"{component.kind} {component.name!r}: {component.target} {error}; its arguments must be the keys of "
            f"{component.config}, with the same defaults"
        ) from error
    return target(**arguments)


def _built(value: Any, context: BuildContext) -> Any:
    if isinstance(value, Configured):
        return build(value, context)
    if isinstance(value, list | tuple):
        return [_built(item, context) for item in value] if any(map(_holds_component, value)) else value
    if isinstance(value, dict):
        return {key: _built(item, context) for key, item in value.items()}
    return value


def _holds_component(value: Any) -> bool:
    return isinstance(value, Configured)
