"""Finding plugins: the entry points in the group ``vtcore``, without importing any.

Each distribution is read on its own, so that one with damaged metadata is a row and not the end of the search
(`importlib.metadata.entry_points` stops at the first damaged file).
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import attrs
from packaging.utils import canonicalize_name

import vtcore
from vtcore.components import Command, Component, Kind
from vtcore.requirements import core_requirements, misfit, unreadable_requirement

__all__ = [
    "ENTRY_POINT_GROUP",
    "Candidate",
    "PluginInfo",
    "Status",
    "core_candidate",
    "find_candidates",
    "find_dependents",
    "identity",
]

ENTRY_POINT_GROUP = "vtcore"

Status = Literal["ok", "broken", "incompatible", "disabled"]


@attrs.frozen
class PluginInfo:
    """One plugin, as ``vtcore list-plugins`` shows it.

    Attributes:
        name: Of its entry point: ``bytetrack``.
        distribution: Name of the distribution, ``vtrack-plugin-bytetrack``; empty for one registered in this process.
        version: Of the distribution; empty where unknown.
        status: ``ok``; ``broken`` (cannot be loaded, or registers nonsense), ``incompatible`` (needs another version
            of the core, or of a plugin or common package), ``disabled`` (switched off by name).
        reason: Why it is not ``ok``, on one line.
        traceback: Of the failure, where an exception was one; lines.
        components: What it offers; nothing unless ``ok``.
        kinds: The kinds it brings; nothing unless ``ok``.
        module: The module that its entry point names.
        notes: What else is wrong with a plugin that works: a component that another plugin claims too.
        commands: The subcommands it brings; nothing unless ``ok``.
    """

    name: str
    distribution: str = ""
    version: str = ""
    status: Status = "ok"
    reason: str = ""
    traceback: str = ""
    components: tuple[Component, ...] = ()
    kinds: tuple[Kind, ...] = ()
    module: str = ""
    notes: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to act: it works without a clash, or was switched off on purpose."""
        return self.status == "disabled" or (self.status == "ok" and not self.notes)

    @property
    def label(self) -> str:
        """Words for messages: ``'sort' (vtrack-plugin-sort 0.1.0)``."""
        origin = f"{self.distribution} {self.version}".strip() or "registered in this process"
        return f"{self.name!r} ({origin})"

    def answers_to(self, name: str) -> bool:
        """Whether `name` is its entry point's name or, in any spelling, its distribution's."""
        return name == self.name or (
            bool(self.distribution) and canonicalize_name(name) == canonicalize_name(self.distribution)
        )


@attrs.frozen(eq=False)
class Candidate:
    """A plugin found and not loaded yet.

    Attributes:
        info: What is known of it without importing it; its status is not ``ok`` when it must not be loaded.
        load: Imports and returns the plugin: a module, or an object with hooks as methods.
    """

    info: PluginInfo
    load: Callable[[], object]


def core_candidate() -> Candidate:
    """Return the core's own plugin."""
    info = PluginInfo("vtcore", "vtcore", vtcore.__version__, module="vtcore.builtin")
    return Candidate(info, lambda: importlib.import_module("vtcore.builtin"))


def find_candidates(path: Sequence[str] | None = None) -> list[Candidate]:
    """Find every plugin that is installed, sorted by name, then distribution.

    Args:
        path: Folders to search instead of `sys.path`.
    """
    found: dict[str, tuple[importlib.metadata.Distribution, str, str]] = {}
    for distribution in _distributions(path):
        text = _entry_points_text(distribution)
        if f"[{ENTRY_POINT_GROUP}]" not in text:
            continue
        name, version = identity(distribution)
        # As for imports, the first folder of the path wins: an older copy further down is not another plugin.
        found.setdefault(canonicalize_name(name), (distribution, name, version))
    versions = {canonical: version for canonical, (_, _, version) in found.items()}
    candidates = [candidate for plugin in found.values() for candidate in _candidates_of(*plugin, versions)]
    return sorted(candidates, key=lambda candidate: (candidate.info.name, candidate.info.distribution))


def find_dependents(path: Sequence[str] | None = None) -> list[importlib.metadata.Distribution]:
    """Find every distribution that requires the core, plugin or not, sorted by name.

    Args:
        path: Folders to search instead of `sys.path`.
    """
    found: dict[str, importlib.metadata.Distribution] = {}
    for distribution in _distributions(path):
        found.setdefault(canonicalize_name(identity(distribution)[0]), distribution)
    return [found[name] for name in sorted(found) if any(core_requirements(_requirements(found[name])))]


def _distributions(path: Sequence[str] | None) -> Iterable[importlib.metadata.Distribution]:
    return importlib.metadata.distributions() if path is None else importlib.metadata.distributions(path=list(path))


def _entry_points_text(distribution: importlib.metadata.Distribution) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeDecodeError):
        return ""


def _requirements(distribution: importlib.metadata.Distribution) -> list[str]:
    try:
        return distribution.requires or []
    except Exception:  # noqa: BLE001 - as in `identity`
        return []


def identity(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    """Return a distribution's name and version, ``unknown`` and nothing where its metadata is damaged."""
    try:
        return distribution.metadata["Name"] or "unknown", distribution.metadata["Version"] or ""
    except Exception:  # noqa: BLE001 - damaged metadata of a stranger's package must not stop the others
        return "unknown", ""


def _candidates_of(
    distribution: importlib.metadata.Distribution, name: str, version: str, plugins: Mapping[str, str]
) -> Iterator[Candidate]:
    try:
        entry_points = [point for point in distribution.entry_points if point.group == ENTRY_POINT_GROUP]
        requirements = distribution.requires or []
        unreadable, unmet = unreadable_requirement(requirements), misfit(name, requirements, plugins)
    except Exception as error:  # noqa: BLE001 - damaged metadata is a row, not a crash
        reason = f"its metadata cannot be read: {type(error).__name__}: {error}".splitlines()[0]
        yield Candidate(PluginInfo(name, name, version, "broken", reason), _not_loadable)
        return
    for point in entry_points:
        info = PluginInfo(point.name, name, version, module=point.module)
        if point.name == "vtcore":
            info = attrs.evolve(info, status="broken", reason="the name 'vtcore' belongs to the core's own plugin")
        elif unreadable:
            info = attrs.evolve(info, status="broken", reason=unreadable)
        elif unmet:
            info = attrs.evolve(info, status="incompatible", reason=unmet)
        yield Candidate(info, functools.partial(_load, point))


def _load(point: importlib.metadata.EntryPoint) -> object:
    plugin: object = point.load()
    return plugin


def _not_loadable() -> object:
    raise AssertionError("a candidate that is not ok is never loaded")
