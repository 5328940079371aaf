"""The plugin host: which plugins are here, in what state, and what they offer.

Discovery is a loop of our own: a plugin that cannot be imported, misspells a hook, needs another core or is switched
off becomes a row with its reason, and never stops the others. pluggy does the registering and the matching of hooks.

Plugins are switched off by name, that of their entry point or of their distribution, in the environment variable
``VTCORE_DISABLE_PLUGINS`` (separated by commas) or under ``[plugins] disable`` in an experiment.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from vtcore import hookspecs
from vtcore.components import Command, Component, Kind
from vtcore.discovery import Candidate, PluginInfo, core_candidate, find_candidates
from vtcore.errors import ComponentError, PluginError
from vtcore.loading import LoadedPlugin, Registration, load, registered_name
from vtcore.lookup import unknown_component, unknown_experiment, unknown_kind, unknown_plugin
from vtcore.notification import listeners, tell
from vtcore.registration import RUN_TIME_HOOKS
from vtcore.settlement import (
    Offer,
    claims_of,
    command_claims,
    disabling_notes,
    how_to_disable,
    kind_of_interface,
    settle,
)
from vtcore.shipped_experiments import shipped_experiments

__all__ = ["DISABLE_VARIABLE", "PluginHost", "PluginInfo", "Registration", "plugin_host"]

DISABLE_VARIABLE = "VTCORE_DISABLE_PLUGINS"


@functools.cache
def plugin_host() -> PluginHost:
    """Return the host of this process, discovering the plugins on the first call."""
    return PluginHost.discover()


class PluginHost:
    """All plugins of a process, and what they offer.

    Attributes:
        plugins: Every plugin, whatever its state: the core's own, then by name.
        kinds: Every kind by name: the core's, then those that plugins bring.
        notes: What is odd without being anyone's fault: a name to disable that no plugin has.
        hook: pluggy's relay, to call or look into hooks; `notify` is the way to call those of a run.
    """

    def __init__(self, candidates: Iterable[Candidate], disabled: Mapping[str, str] | None = None) -> None:
        """Load the candidates.

        Args:
            candidates: The plugins, in order; `discover` finds those that are installed.
            disabled: What switches off each name, for the reason shown.
        """
        self._disabled = dict(disabled or {})
        self._manager = pluggy.PluginManager("vtcore")
        self._manager.add_hookspecs(hookspecs)
        self.hook = self._manager.hook
        self._interface_kinds: dict[type, Kind | None] = {}
        self._entries = [load(self._manager, candidate, self._disabled) for candidate in candidates]
        self.notes = tuple(disabling_notes(self._disabled, [entry.info for entry in self._entries]))
        self._settle()

    @classmethod
    def discover(cls, disabled: Iterable[str] = (), *, path: Sequence[str] | None = None) -> PluginHost:
        """Find and load every installed plugin.

        Args:
            disabled: Plugins to leave out, besides those named in the environment.
            path: Folders to search for distributions instead of `sys.path`.
        """
        switched_off = dict.fromkeys(disabled, "the caller")
        for name in os.environ.get(DISABLE_VARIABLE, "").split(","):
            if name.strip():
                switched_off[name.strip()] = DISABLE_VARIABLE
        return cls([core_candidate(), *find_candidates(path)], switched_off)

    def without(self, names: Iterable[str], *, origin: str = "[plugins] disable") -> PluginHost:
        """Return a host with further plugins disabled; what was registered in this process goes along.

        Args:
            names: Entry points or distributions.
            origin: What switches them off, for the reason shown.
        """
        further = {name: origin for name in names if name not in self._disabled}
        if not further:
            return self
        return PluginHost([entry.candidate for entry in self._entries], {**self._disabled, **further})

    # --- Plugins --------------------------------------------------------------------------------------------

    def plugin(self, name: str) -> PluginInfo:
        """Return the plugin with that entry point or distribution, whatever its state.

        Raises:
            PluginError: There is none, or two share the entry point's name.
        """
        found = [plugin for plugin in self.plugins if plugin.answers_to(name)]
        if not found:
            raise PluginError(unknown_plugin(name, self.plugins))
        if len(found) > 1:
            raise PluginError(
                f"plugin {name!r} is ambiguous: {' and '.join(plugin.label for plugin in found)}; "
                "use the distribution's name"
            )
        return found[0]

    def experiments(self, plugin: str | PluginInfo) -> dict[str, Path]:
        """Return the experiment files that a plugin ships, by name, without importing it.

        Raises:
            PluginError: There is no such plugin.
        """
        return shipped_experiments(self.plugin(plugin) if isinstance(plugin, str) else plugin)

    def experiment(self, reference: str) -> Path:
        """Return the file of ``"plugin:experiment"``, as after ``vtcore run`` or in ``extends``.

        Raises:
            PluginError: There is no such plugin, it is disabled, or it ships no such experiment.
        """
        name, _, experiment = reference.partition(":")
        plugin = self.plugin(name)
        if plugin.status == "disabled":
            raise PluginError(f"plugin {plugin.label} is {plugin.reason}")
        files = self.experiments(plugin)
        file = files.get(experiment.removesuffix(".toml"))
        if file is None:
            raise PluginError(unknown_experiment(plugin, experiment, files))
        return file

    def register(self, plugin: object, name: str) -> Registration:
        """Register a module or object of this process, with any of the hooks: an observer, a component of a test.

        Raises:
            PluginError: Its hooks or components are wrong, or `name` is taken.
        """
        if any(entry.info.name == name for entry in self._entries):
            raise PluginError(f"a plugin named {name!r} is registered already")
        candidate = Candidate(PluginInfo(name, module=getattr(plugin, "__name__", "")), lambda: plugin)
        entry = load(self._manager, candidate, self._disabled)
        self._entries.append(entry)
        self._settle()
        info = self.plugins[-1]
        if info.status != "ok":
            self._unregister(entry)
            raise PluginError(f"plugin {name!r}: {info.reason}")
        return Registration(plugin, functools.partial(self._unregister, entry))

    # --- Kinds and components -------------------------------------------------------------------------------

    def components(self, kind: str) -> tuple[Component, ...]:
        """Return every component of a kind, by name; one claimed by two plugins stands there twice.

        Raises:
            ComponentError: There is no such kind.
        """
        self._check_kind(kind)
        found = [component for key, claims in self._claims.items() if key[0] == kind for component, _ in claims]
        return tuple(sorted(found, key=lambda component: component.name))

    def component(self, kind: str, name: str) -> Component:
        """Return the component of that kind and name.

        Raises:
            ComponentError: There is none, with the near miss and, where it is known, what brings it; or two
                plugins claim it.
        """
        self._check_kind(kind)
        claims = self._claims.get((kind, name))
        if not claims:
            raise ComponentError(unknown_component(kind, name, self.plugins))
        if len(claims) > 1:
            claimants = [plugin for _, plugin in claims]
            off = how_to_disable(claimants[-1], self.plugins)
            raise ComponentError(
                f"{kind} {name!r} is claimed by plugins {' and '.join(plugin.label for plugin in claimants)}; "
                f'disable one of them: {DISABLE_VARIABLE}={off}, or disable = ["{off}"] under [plugins]'
            )
        return claims[0][0]

    def owner(self, component: Component) -> PluginInfo:
        """Return the plugin that offers a component.

        Raises:
            ComponentError: No plugin offers it.
        """
        for claimed, plugin in self._claims.get((component.kind, component.name), ()):
            if claimed == component:
                return plugin
        raise ComponentError(f"no plugin offers {component.kind} {component.name!r} as {component.target!r}")

    def commands(self) -> dict[str, str]:
        """Return the summary of every subcommand that plugins bring, by name, sorted."""
        return {name: claims[0][0].summary for name, claims in sorted(command_claims(self.plugins).items())}

    def command(self, name: str) -> Command | None:
        """Return the subcommand of that name, None where no plugin brings one.

        Raises:
            PluginError: Two plugins claim it.
        """
        claims = command_claims(self.plugins).get(name)
        if not claims:
            return None
        if len(claims) > 1:
            claimants = [plugin for _, plugin in claims]
            off = how_to_disable(claimants[-1], self.plugins)
            raise PluginError(
                f"command {name!r} is claimed by plugins {' and '.join(plugin.label for plugin in claimants)}; "
                f"disable one of them: {DISABLE_VARIABLE}={off}"
            )
        return claims[0][0]

    def kind_of_interface(self, interface: object) -> Kind | None:
        """Return the kind whose interface this class is (the type of a config's field), None if of none."""
        if not isinstance(interface, type) or interface.__module__ == "builtins":
            return None
        if interface not in self._interface_kinds:
            self._interface_kinds[interface] = kind_of_interface(interface, self.kinds.values())
        return self._interface_kinds[interface]

    # --- Hooks of a run -------------------------------------------------------------------------------------

    def listens(self, hook: str) -> bool:
        """Whether any plugin implements a hook of a run."""
        return bool(self._listeners[hook])

    def notify(self, hook: str, /, **arguments: Any) -> None:
        """Call every plugin's implementation of a hook of a run, those registered last first.

        All are called even when one fails, so that each observer sees every event.

        Args:
            hook: ``vtcore_frame_done`` and the like.
            **arguments: All arguments of the hook; each plugin gets those it takes.

        Raises:
            PluginError: Plugins failed, one line each; the first failure is its cause.
        """
        audience = self._listeners[hook]
        if audience:
            tell(hook, audience, arguments)

    # --- Within ---------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        plugins, kinds = settle([Offer(entry.info, entry.declared) for entry in self._entries])
        self.plugins = tuple(plugins)
        self.kinds: Mapping[str, Kind] = MappingProxyType(kinds)
        self._claims = claims_of(plugins)
        self._interface_kinds.clear()
        for entry, plugin in zip(self._entries, plugins, strict=True):
            registered = self._manager.is_registered(entry.plugin)
            if plugin.status == "ok" and not registered:
                self._manager.register(entry.plugin, registered_name(plugin))
            elif plugin.status != "ok" and registered:
                self._manager.unregister(entry.plugin)
        owners = {id(entry.plugin): plugin for entry, plugin in zip(self._entries, plugins, strict=True)}
        self._listeners = {hook: listeners(getattr(self.hook, hook), owners) for hook in RUN_TIME_HOOKS}

    def _unregister(self, entry: LoadedPlugin) -> None:
        if entry in self._entries:
            self._entries.remove(entry)
            if self._manager.is_registered(entry.plugin):
                self._manager.unregister(entry.plugin)
            self._settle()

    def _check_kind(self, kind: str) -> None:
        if kind not in self.kinds:
            raise ComponentError(unknown_kind(kind, self.kinds))
