"""What all plugins offer together: which kinds exist, who is broken by whom, which names two claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs

from vtcore.cli import COMMANDS as CORE_COMMANDS
from vtcore.components import Command, Component, Kind, load_object
from vtcore.discovery import PluginInfo
from vtcore.errors import PluginError
from vtcore.registration import Declared
from vtcore.suggestions import did_you_mean

__all__ = [
    "CORE_KINDS",
    "Offer",
    "claims_of",
    "command_claims",
    "disabling_notes",
    "how_to_disable",
    "kind_of_interface",
    "settle",
]

CORE_KINDS = (
    Kind("dataset", "vtcore.interfaces:Dataset", "A set of sequences: a data set, a folder of images, a video."),
    Kind("transform", "vtcore.interfaces:Transform", "Changes a frame's pixels before anything looks at them."),
    Kind("backbone", "vtcore.interfaces:Backbone", "A network from images to feature maps."),
    Kind("head", "vtcore.interfaces:Head", "A network from feature maps to predictions."),
    Kind("detector", "vtcore.interfaces:Detector", "Finds instances in frames."),
    Kind("reid", "vtcore.interfaces:ReId", "Describes the looks of instances, so that they are known again."),
    Kind("tracker", "vtcore.interfaces:Tracker", "Gives instances identities over time."),
    Kind("protocol", "vtcore.interfaces:TargetProtocol", "Shows a tracker its targets: which, when, and what counts."),
    Kind("refiner", "vtcore.interfaces:Refiner", "Refines the tracks of a finished sequence: fills, smooths, joins."),
    Kind("metric", "vtcore.interfaces:Metric", "Scores results against annotations."),
    Kind("writer", "vtcore.interfaces:Writer", "Writes what was found in a sequence to a file."),
)
"""The kinds that the core itself knows what to do with."""


@attrs.frozen
class Offer:
    """A plugin and what it declares, before the others are looked at.

    Attributes:
        info: Status and reason so far; without components and kinds.
        declared: What its hooks returned; nothing unless its status is ``ok``.
    """

    info: PluginInfo
    declared: Declared = attrs.field(factory=Declared)


def settle(offers: Iterable[Offer]) -> tuple[list[PluginInfo], dict[str, Kind]]:
    """Decide what holds when all plugins stand side by side.

    A kind declared in two ways belongs to the plugin that comes first; a component of a kind that nobody brings
    breaks its plugin, and with it the kinds it brings.

    Returns:
        The plugins with their components, kinds and notes, in the order given; and the kinds by name.
    """
    offers = list(offers)
    while True:
        kinds, refused = _kinds_of(offers)
        refused.update(_homeless(offers, kinds))
        if not refused:
            break
        offers = [_refuse(offer, refused[index]) if index in refused else offer for index, offer in enumerate(offers)]
    bare = [_granted(offer, ()) for offer in offers]
    claims, namesakes = claims_of(bare), command_claims(bare)
    plugins = [
        _granted(offer, _clashes(offer, claims) + _clashing_commands(offer, namesakes, CORE_COMMANDS))
        for offer in offers
    ]
    return plugins, kinds


def claims_of(plugins: Iterable[PluginInfo]) -> dict[tuple[str, str], list[tuple[Component, PluginInfo]]]:
    """Return who claims each component, by kind and name."""
    claims: dict[tuple[str, str], list[tuple[Component, PluginInfo]]] = {}
    for plugin in plugins:
        for component in plugin.components:
            claims.setdefault((component.kind, component.name), []).append((component, plugin))
    return claims


def command_claims(plugins: Iterable[PluginInfo]) -> dict[str, list[tuple[Command, PluginInfo]]]:
    """Return who claims each subcommand, by name."""
    claims: dict[str, list[tuple[Command, PluginInfo]]] = {}
    for plugin in plugins:
        for command in plugin.commands:
            claims.setdefault(command.name, []).append((command, plugin))
    return claims


def how_to_disable(plugin: PluginInfo, others: Iterable[PluginInfo]) -> str:
    """Return the name that disables `plugin` and none of `others`."""
    shared = any(other is not plugin and other.name == plugin.name for other in others)
    return plugin.distribution if shared and plugin.distribution else plugin.name


def _kinds_of(offers: list[Offer]) -> tuple[dict[str, Kind], dict[int, str]]:
    kinds = {kind.name: kind for kind in CORE_KINDS}
    owners: dict[str, str] = dict.fromkeys(kinds, "the core")
    refused: dict[int, str] = {}
    for index, offer in enumerate(offers):
        for kind in offer.declared.kinds:
            first = kinds.setdefault(kind.name, kind)
            owner = owners.setdefault(kind.name, f"plugin {offer.info.label}")
            if first.interface != kind.interface:
                refused[index] = (
                    f"declares the kind {kind.name!r} as {kind.interface!r}, but {owner} has it as {first.interface!r}"
                )
    return kinds, refused


def _homeless(offers: list[Offer], kinds: Mapping[str, Kind]) -> dict[int, str]:
    return {
        index: f"{component.kind} {component.name!r} is of a kind that no installed plugin brings"
        + did_you_mean(component.kind, kinds)
        for index, offer in enumerate(offers)
        for component in offer.declared.components
        if component.kind not in kinds
    }


def _refuse(offer: Offer, reason: str) -> Offer:
    return Offer(attrs.evolve(offer.info, status="broken", reason=reason))


def _granted(offer: Offer, notes: tuple[str, ...]) -> PluginInfo:
    declared = offer.declared
    return attrs.evolve(
        offer.info, components=declared.components, kinds=declared.kinds, commands=declared.commands, notes=notes
    )


def _clashes(offer: Offer, claims: Mapping[tuple[str, str], list[tuple[Component, PluginInfo]]]) -> tuple[str, ...]:
    notes = []
    for component in offer.declared.components:
        claimants = [plugin for _, plugin in claims[component.kind, component.name]]
        if len(claimants) > 1:
            others = " and ".join(plugin.label for plugin in claimants if plugin.label != offer.info.label)
            notes.append(f"{component.kind} {component.name!r} is also claimed by plugin {others}")
    return tuple(notes)


def _clashing_commands(
    offer: Offer, claims: Mapping[str, list[tuple[Command, PluginInfo]]], core: Collection[str]
) -> tuple[str, ...]:
    notes = []
    for command in offer.declared.commands:
        others = [plugin.label for _, plugin in claims[command.name] if plugin.label != offer.info.label]
        if command.name in core:
            notes.append(f"command {command.name!r} is the core's own; the plugin's is never reached")
        elif others:
            notes.append(f"command {command.name!r} is also claimed by plugin {' and '.join(others)}")
    return tuple(notes)


def disabling_notes(disabled: Mapping[str, str], plugins: Collection[PluginInfo]) -> Iterator[str]:
    """Yield what is odd about the names of plugins to disable.

    Args:
        disabled: What switches off each name.
        plugins: All plugins.
    """
    for name, origin in disabled.items():
        answering = [plugin for plugin in plugins if plugin.answers_to(name)]
        if not answering:
            names = [known for plugin in plugins for known in (plugin.name, plugin.distribution) if known]
            yield f"{origin} names {name!r}, but no such plugin is installed{did_you_mean(name, names)}"
        elif all(plugin.module == "vtcore.builtin" for plugin in answering):
            yield f"{origin} names {name!r}, but the core's own plugin cannot be disabled"


def kind_of_interface(interface: type, kinds: Iterable[Kind]) -> Kind | None:
    """Return the kind whose interface a class is, None if of none."""
    path = f"{interface.__module__}:{interface.__qualname__}"
    known = list(kinds)
    for kind in known:
        if kind.interface == path:
            return kind
    return next((kind for kind in known if _is_interface(kind, interface)), None)


def _is_interface(kind: Kind, interface: type) -> bool:
    try:
        return load_object(kind.interface, f"interface of kind {kind.name!r}") is interface
    except PluginError:
        # Whoever uses that kind is told; it says nothing about this class.
        return False
