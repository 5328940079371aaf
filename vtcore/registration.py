"""What a plugin hands over when it is registered, and whether it may."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
import pluggy

from vtcore import deprecation, hookspecs
from vtcore.components import Command, Component, Kind
from vtcore.suggestions import did_you_mean, near_miss

__all__ = ["RUN_TIME_HOOKS", "Declared", "Rejection", "admit", "declared_by"]

_PREFIX = "vtcore_"

RUN_TIME_HOOKS = tuple(
    name for name in vars(hookspecs) if name.startswith(_PREFIX) and name not in hookspecs.REGISTERING_HOOKS
)
"""The hooks called while something runs, in the order of `vtcore.hookspecs`."""

_KIND_OF_HOOK = {
    "vtcore_datasets": "dataset",
    "vtcore_transforms": "transform",
    "vtcore_backbones": "backbone",
    "vtcore_heads": "head",
    "vtcore_detectors": "detector",
    "vtcore_trackers": "tracker",
    "vtcore_metrics": "metric",
}
_HOOK_OF_KIND = {kind: hook for hook, kind in _KIND_OF_HOOK.items()}

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOTTED_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Rejection(Exception):  # noqa: N818 - an answer to the host, which turns it into a row; never shown as an error
    """A plugin that cannot be used.

    Attributes:
        reason: Why, on one line.
        traceback: Of the plugin's own failure, if that is why.
    """

    def __init__(self, reason: str, cause: BaseException | None = None) -> None:
        self.reason = reason if cause is None else f"{reason}: {_one_line(cause)}"
        self.traceback = "" if cause is None else "".join(traceback.format_exception(cause))
        super().__init__(self.reason)


@attrs.frozen
class Declared:
    """Everything that one plugin registers."""

    kinds: tuple[Kind, ...] = ()
    components: tuple[Component, ...] = ()
    commands: tuple[Command, ...] = ()


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def admit(manager: pluggy.PluginManager, load: Callable[[], object], name: str) -> object:
    """Load a plugin and register it with pluggy.

    Returns:
        The plugin, registered under `name`.

    Raises:
        Rejection: It cannot be imported, or one of its hooks is none of ours; it is then not registered.
    """
    try:
        plugin = load()
    except (Exception, SystemExit) as error:
        raise Rejection("cannot be imported", error) from error
    if manager.is_registered(plugin):
        raise Rejection(f"is the same module as plugin {manager.get_name(plugin)!r}")
    problem = next(_hook_problems(manager, plugin), None)
    if problem:
        raise Rejection(problem)
    try:
        manager.register(plugin, name)
        # pluggy takes marked functions that match no hook without a word, until asked.
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        if manager.has_plugin(name):
            manager.unregister(name=name)
        raise Rejection(" ".join(str(error).split())) from error
    return plugin


def _hook_problems(manager: pluggy.PluginManager, plugin: object) -> Iterator[str]:
    hooks = vars(manager.hook)
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            yield from _unmarked_problem(plugin, attribute, hooks)
            continue
        hook = options.get("specname") or attribute
        if hook not in hooks:
            if not options.get("optionalhook"):
                yield _removed(hook) or f"unknown hook {hook!r}{_meant(hook, hooks)}"
            continue
        if options.get("wrapper") or options.get("hookwrapper"):
            yield f"hook {hook!r} is marked as a wrapper; vtcore's hooks have no wrappers"
            continue
        known = tuple(inspect.signature(getattr(hookspecs, hook)).parameters)
        for argument in _arguments(getattr(plugin, attribute)):
            if argument not in known and _removed(hook, argument):
                yield _removed(hook, argument)
            elif argument not in known:
                offered = f"it has {', '.join(known)}" if known else "it has none"
                yield f"hook {hook!r} has no argument {argument!r}; {offered}{did_you_mean(argument, known)}"


def _removed(hook: str, argument: str = "") -> str:
    """Say what to use instead of a hook, or an argument, that earlier releases had; empty where there was none."""
    former = (each for each in deprecation.DEPRECATIONS if (each.name, each.argument) == (hook, argument))
    return next((each.removed_message for each in former), "")


def _meant(hook: str, hooks: Iterable[str]) -> str:
    # Compared without the prefix that they share, which alone would make all of them near misses.
    endings = {name.removeprefix(_PREFIX) for name in hooks}
    match = near_miss(hook.removeprefix(_PREFIX), endings)
    return "" if match is None else f"; did you mean '{_PREFIX}{match}'?"


def _arguments(function: Callable[..., Any]) -> Iterator[str]:
    # As pluggy does: an argument with a default is the plugin's own affair.
    for parameter in inspect.signature(function).parameters.values():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variadic:
            yield parameter.name


def _unmarked_problem(plugin: object, attribute: str, hooks: Iterable[str]) -> Iterator[str]:
    """A function of the plugin's own named like a hook, but not marked, would silently never be called."""
    if not attribute.startswith(_PREFIX):
        return
    value = inspect.getattr_static(plugin, attribute, None)
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    module = plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__
    if not inspect.isfunction(value) or value.__module__ != module:
        return
    if attribute in hooks:
        yield f"function {attribute!r} is not marked with @hookimpl (from vtcore.hookspecs import hookimpl)"
    else:
        yield f"function {attribute!r} is neither a hook nor marked with @hookimpl{_meant(attribute, hooks)}"


def declared_by(manager: pluggy.PluginManager, plugin: object) -> Declared:
    """Call a registered plugin's registering hooks and check what they return.

    Whether a component's kind exists is not checked: another plugin may bring it.

    Raises:
        Rejection: A hook fails, or returns what it must not.
    """
    kinds: list[Kind] = []
    components: list[Component] = []
    commands: list[Command] = []
    for hook in hookspecs.REGISTERING_HOOKS:
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin is not plugin:
                continue
            returned = _returned(hook, implementation.function)
            for value in returned:
                if hook == "vtcore_kinds":
                    kinds.append(_checked_kind(value))
                elif hook == "vtcore_commands":
                    commands.append(_checked_command(value))
                else:
                    components.append(_checked_component(hook, value))
    _refuse_repeated(kinds, components, commands)
    return Declared(tuple(kinds), tuple(components), tuple(commands))


def _returned(hook: str, function: Callable[[], Any]) -> list[Any]:
    try:
        returned = function()
        if isinstance(returned, Iterable) and not isinstance(returned, str | bytes | dict):
            return list(returned)
    except (Exception, SystemExit) as error:
        raise Rejection(f"hook {hook!r} failed", error) from error
    wanted = {"vtcore_kinds": "kinds", "vtcore_commands": "commands"}.get(hook, "components")
    raise Rejection(f"hook {hook!r} must return a list of {wanted}, got {type(returned).__name__}")


def _checked_kind(value: Any) -> Kind:
    if not isinstance(value, Kind):
        raise Rejection(f"hook 'vtcore_kinds' must return kinds, got {value!r}")
    where = f"kind {value.name!r}"
    _check_texts(where, value, slugs=("name",), paths=("interface",), texts=("summary",))
    return value


def _checked_command(value: Any) -> Command:
    if not isinstance(value, Command):
        raise Rejection(f"hook 'vtcore_commands' must return commands, got {value!r}")
    paths = ("run", "arguments") if value.arguments else ("run",)
    _check_texts(f"command {value.name!r}", value, slugs=("name",), paths=paths, texts=("summary",))
    return value


def _checked_component(hook: str, value: Any) -> Component:
    if not isinstance(value, Component):
        raise Rejection(f"hook {hook!r} must return components, got {value!r}")
    where = f"{value.kind} {value.name!r}"
    _check_texts(where, value, slugs=("kind", "name"), paths=("config", "target"), texts=("summary", "paper"))
    right_hook = _HOOK_OF_KIND.get(value.kind, "vtcore_components")
    if hook != right_hook:
        raise Rejection(f"{where} is returned by hook {hook!r}, but a {value.kind} belongs in {right_hook!r}")
    return value


def _check_texts(
    where: str, value: Any, *, slugs: tuple[str, ...], paths: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    for field in (*slugs, *paths, *texts):
        text = getattr(value, field)
        if not isinstance(text, str):
            raise Rejection(f"{where}: {field} must be a string, got {text!r}")
        if field in slugs and not _SLUG.fullmatch(text):
            raise Rejection(f"{where}: {field} must be lower-case words joined by hyphens, got {text!r}")
        if field in paths and not _DOTTED_PATH.fullmatch(text):
            raise Rejection(f"{where}: {field} must read 'package.module:Name', got {text!r}")


def _refuse_repeated(kinds: Iterable[Kind], components: Iterable[Component], commands: Iterable[Command]) -> None:
    seen: set[str] = set()
    names = [f"kind {kind.name!r}" for kind in kinds]
    names += [f"{component.kind} {component.name!r}" for component in components]
    names += [f"command {command.name!r}" for command in commands]
    for name in names:
        if name in seen:
            raise Rejection(f"{name} is registered twice by the same plugin")
        seen.add(name)
