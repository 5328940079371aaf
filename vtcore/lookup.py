"""What to say when a kind, component, plugin or experiment is not there: what was meant, and what brings it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from vtcore.discovery import PluginInfo
from vtcore.known_plugins import KNOWN_PLUGINS, KnownPlugin, bringer, known_components, known_plugin, none_installed
from vtcore.suggestions import did_you_mean_or_list, listing, near_miss, there_are

__all__ = ["suspects", "unknown_component", "unknown_experiment", "unknown_kind", "unknown_plugin"]


def unknown_kind(kind: str, kinds: Collection[str]) -> str:
    """Say that there is no such kind."""
    return f"unknown kind {kind!r}; {did_you_mean_or_list(kind, kinds)}"


def unknown_component(kind: str, name: str, plugins: Collection[PluginInfo]) -> str:
    """Say that there is no such component, and the way out.

    In order: the published plugin that brings it (not installed, or in what state), a plugin of that name that is not
    ``ok`` or has only others of the kind, the near miss (and what brings that), the kind that does have the name,
    plugins that may bring it if they worked, all names there are.
    """
    problem = f"unknown {kind} {name!r}"
    known = bringer(kind, name)
    if known is not None:
        return f"{problem}; {_whereabouts(known, plugins)}"
    for plugin in plugins:
        if plugin.status != "ok" and plugin.answers_to(name):
            return f"{problem}; plugin {plugin.label} is {_state(plugin)}"
        own = [component.name for component in plugin.components if component.kind == kind]
        if own and plugin.answers_to(name):
            return f"{problem}; plugin {plugin.label} has {listing(own)}"
    offered = [component for plugin in plugins for component in plugin.components]
    names = {component.name for component in offered if component.kind == kind}
    match = near_miss(name, {*names, *known_components(kind)})
    if match is not None:
        near = bringer(kind, match)
        missing = f" ({_whereabouts(near, plugins)})" if near is not None and match not in names else ""
        return f"{problem}; did you mean {match!r}?{missing}"
    other = next((component.kind for component in offered if component.name == name), None)
    if other is not None:
        return f"{problem}; {name!r} is a {other}"
    if suspects(plugins):
        return f"{problem}; {suspects(plugins)}"
    if not names:
        return f"{problem}; {none_installed(kind)}"
    return f"{problem}; {there_are(sorted(names))}"


def suspects(plugins: Iterable[PluginInfo]) -> str:
    """Name the plugins that do not work and of which nobody knows what they bring; empty where there are none."""
    unwell = [plugin for plugin in plugins if plugin.status in ("broken", "incompatible")]
    return " and ".join(
        f"plugin {plugin.label}, which may bring it, is {_state(plugin)}"
        for plugin in unwell
        if known_plugin(plugin.distribution) is None
    )


def unknown_plugin(name: str, plugins: Iterable[PluginInfo]) -> str:
    """Say that there is no such plugin, and what installs it if it is published with the core."""
    known = known_plugin(name)
    if known is not None:
        return f"plugin {name!r} is not installed: {known.pip_install}"
    installed = [plugin.name for plugin in plugins]
    match = near_miss(name, {*installed, *(known.name for known in KNOWN_PLUGINS)})
    near = known_plugin(match) if match is not None and match not in installed else None
    missing = f" ({near.pip_install})" if near is not None else ""
    if match is not None:
        return f"unknown plugin {name!r}; did you mean {match!r}?{missing}"
    return (
        f"unknown plugin {name!r}; vtcore list-plugins shows what is installed, and a new or renamed one is there once "
        "pip has installed it"
    )


def unknown_experiment(plugin: PluginInfo, name: str, experiments: Collection[str]) -> str:
    """Say that a plugin ships no such experiment."""
    if not experiments:
        return f"plugin {plugin.label} ships no experiments"
    return f"plugin {plugin.label} ships no experiment {name!r}; {did_you_mean_or_list(name, sorted(experiments))}"


def _whereabouts(known: KnownPlugin, plugins: Iterable[PluginInfo]) -> str:
    installed = next((plugin for plugin in plugins if plugin.answers_to(known.distribution)), None)
    if installed is None:
        return f"it comes with {known.distribution}: {known.pip_install}"
    if installed.status != "ok":
        return f"plugin {installed.label}, which brings it, is {_state(installed)}"
    # An older or newer release than the one the table was written for.
    return f"plugin {installed.label} is installed but does not bring it: pip install --upgrade {known.distribution}"


def _state(plugin: PluginInfo) -> str:
    return plugin.reason if plugin.status == "disabled" else f"{plugin.status}: {plugin.reason}"
