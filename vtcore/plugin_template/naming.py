"""Names of new plugins: how one is spelt, and whether somebody has it already."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vtcore.errors import PluginError
from vtcore.host import PluginHost
from vtcore.known_plugins import bringer, known_plugin

__all__ = ["LONGEST", "check_name", "class_name", "distribution_name", "package_name"]

LONGEST = 30
"""Letters of the longest name: what is made of it must still fit on a line."""

_PREFIX = "vtrack-plugin-"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def distribution_name(name: str) -> str:
    """Return what ``pip install`` takes: ``vtrack-plugin-my-tracker``."""
    return f"{_PREFIX}{name}"


def package_name(name: str) -> str:
    """Return what Python imports: ``vtrack_plugin_my_tracker``."""
    return f"vtrack_plugin_{name.replace('-', '_')}"


def class_name(name: str, kind: str, taken: Iterable[str] = ()) -> str:
    """Return the name of the component's class: ``MyTracker``, with its kind behind where that is taken.

    Args:
        name: Of the plugin.
        kind: Of the component.
        taken: Words that mean something else in the package's modules.
    """
    words = "".join(word.capitalize() for word in name.split("-"))
    return f"{words}{kind.capitalize()}" if words in set(taken) else words


def check_name(name: str, kind: str, host: PluginHost) -> None:
    """Refuse a name that is misspelt or taken.

    Args:
        name: Of the new plugin and its component.
        kind: Of its component.
        host: The installed plugins.

    Raises:
        PluginError: It is no name, or that of a published or installed plugin or component; the message says whose.
    """
    own = name.removeprefix(_PREFIX)
    if own not in (name, ""):
        raise PluginError(f"a plugin cannot be called {name!r}: its distribution is called so; use {own!r}")
    if not _NAME.fullmatch(name):
        raise PluginError(f"a plugin cannot be called {name!r}: use {_spelling(name)}")
    if len(name) > LONGEST:
        raise PluginError(
            f"a plugin cannot be called {name!r}: that is {len(name)} letters, and {LONGEST} are the most"
        )
    owner = _owner(name, kind, host)
    if owner is not None:
        raise PluginError(f"the name {name!r} is taken by {owner}; choose another")


def _spelling(name: str) -> str:
    """Return the rule, and what would be right."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
    better = "-".join(parts).lstrip("0123456789-")[:LONGEST].rstrip("-")
    example = f", such as {better!r}" if better else ""
    return f"lower-case letters and digits, words joined by hyphens, a letter first{example}"


def _owner(name: str, kind: str, host: PluginHost) -> str | None:
    """Say whose name it is; None where nobody has it."""
    for plugin in host.plugins:
        if plugin.answers_to(name) or plugin.answers_to(distribution_name(name)):
            remove = f" (pip uninstall {plugin.distribution} frees it)" if plugin.distribution != "vtcore" else ""
            return f"plugin {plugin.label}, which is installed{remove}"
        if any((component.kind, component.name) == (kind, name) for component in plugin.components):
            return f"the {kind} of plugin {plugin.label}"
    known = known_plugin(name) or known_plugin(distribution_name(name)) or bringer(kind, name)
    return None if known is None else f"{known.distribution}, which is published with vtcore"
