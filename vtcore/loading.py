"""From a candidate to a registered plugin, or to the reason why it is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout

import attrs
import pluggy

from vtcore.discovery import Candidate, PluginInfo
from vtcore.registration import Declared, Rejection, admit, declared_by

__all__ = ["LoadedPlugin", "Registration", "load", "registered_name"]


@attrs.frozen(eq=False)
class LoadedPlugin:
    """What became of a candidate.

    Attributes:
        candidate: The candidate.
        info: Its status and, unless that is ``ok``, the reason; without components and kinds.
        plugin: The module or object, registered with pluggy; None unless its status is ``ok``.
        declared: What its registering hooks returned.
    """

    candidate: Candidate
    info: PluginInfo
    plugin: object = None
    declared: Declared = attrs.field(factory=Declared)


@attrs.frozen(eq=False)
class Registration:
    """A plugin registered in this process; calling it, or leaving its ``with`` statement, unregisters the plugin."""

    plugin: object
    unregister: Callable[[], None]

    def __call__(self) -> None:
        """Unregister the plugin; a second time does nothing."""
        self.unregister()

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *_: object) -> None:
        self.unregister()


def load(manager: pluggy.PluginManager, candidate: Candidate, disabled: Mapping[str, str]) -> LoadedPlugin:
    """Import a candidate and register it, unless it is disabled or does not fit; never raises what it raises.

    Args:
        manager: pluggy's, where it is registered.
        candidate: The candidate.
        disabled: What switches off each name.
    """
    info = candidate.info
    origin = next((origin for name, origin in disabled.items() if info.answers_to(name)), None)
    if origin is not None and info.module != "vtcore.builtin":
        return LoadedPlugin(candidate, attrs.evolve(info, status="disabled", reason=f"disabled by {origin}"))
    if info.status != "ok":
        return LoadedPlugin(candidate, info)
    plugin = None
    try:
        # What a plugin prints on import must not stand in the answers of commands, which tools read.
        with redirect_stdout(sys.stderr):
            plugin = admit(manager, candidate.load, registered_name(info))
            return LoadedPlugin(candidate, info, plugin, declared_by(manager, plugin))
    except Rejection as no:
        if plugin is not None:
            manager.unregister(plugin)
        reason = no.reason + _way_back(no.__cause__, info)
        return LoadedPlugin(candidate, attrs.evolve(info, status="broken", reason=reason, traceback=no.traceback))


def _way_back(cause: BaseException | None, plugin: PluginInfo) -> str:
    """Return what mends an entry point whose module is not there, as after a renaming; empty where it is."""
    if not isinstance(cause, ModuleNotFoundError) or not f"{plugin.module}.".startswith(f"{cause.name}."):
        return ""
    return (
        f"; its entry point names {plugin.module!r}: put that right under [project.entry-points.vtcore] in its "
        "pyproject.toml, and pip install it again"
    )


def registered_name(plugin: PluginInfo) -> str:
    """Return the name under which pluggy knows a plugin; two distributions may use the same entry point's name."""
    return f"{plugin.name} {plugin.distribution}".strip()
