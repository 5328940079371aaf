"""Telling plugins what happens in a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import pluggy

from vtcore.discovery import PluginInfo
from vtcore.errors import PluginError

__all__ = ["Listener", "listeners", "tell"]


@attrs.frozen
class Listener:
    """A plugin's implementation of a hook of a run.

    Attributes:
        plugin: Whose it is.
        function: The implementation.
        arguments: Names of the hook's arguments that it takes, in the order of its parameters.
    """

    plugin: PluginInfo
    function: Callable[..., Any]
    arguments: tuple[str, ...]


def listeners(hook: pluggy.HookCaller, owners: Mapping[int, PluginInfo]) -> tuple[Listener, ...]:
    """Return a hook's implementations in the order in which they are called.

    Args:
        hook: The hook.
        owners: The plugins by the ``id`` of their module or object.
    """
    # pluggy keeps them in the reverse of the order of calling.
    implementations = reversed(hook.get_hookimpls())
    return tuple(Listener(owners[id(impl.plugin)], impl.function, tuple(impl.argnames)) for impl in implementations)


def tell(hook: str, audience: Iterable[Listener], arguments: Mapping[str, Any]) -> None:
    """Call every listener, also after one has failed.

    Raises:
        PluginError: Plugins failed, one line each; the first failure is its cause.
    """
    failures: list[tuple[str, Exception]] = []
    for listener in audience:
        values = [arguments[name] for name in listener.arguments]
        try:
            listener.function(*values)
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises is told as its failure
            text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
            failures.append((f"plugin {listener.plugin.label} failed in {hook}: {text}", error))
    if failures:
        raise PluginError("\n".join(text for text, _ in failures)) from failures[0][1]
