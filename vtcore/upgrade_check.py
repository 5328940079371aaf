"""What would break with another version of the core, told before it is installed.

Nothing that is looked at is imported, so packages that do not fit the installed core are looked at, too.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

import attrs
from packaging.utils import canonicalize_name
from packaging.version import Version

import vtcore
from vtcore import deprecation, hookspecs
from vtcore.deprecation import Deprecation
from vtcore.discovery import ENTRY_POINT_GROUP, find_dependents, identity
from vtcore.requirements import core_requirements, range_text
from vtcore.source_usage import Use, uses_in

__all__ = ["Outlook", "next_minor", "outlooks"]


@attrs.frozen
class Outlook:
    """What becomes of one distribution with another version of the core.

    Attributes:
        distribution: Its name.
        version: Its version.
        plugins: Its entry points; none for what plugins share.
        requirement: What it asks of the core: ``>=0.1,<1``.
        breaks: What would not work, one line each; empty where all does.
        warns: What would work, but is deprecated.
    """

    distribution: str
    version: str
    plugins: tuple[str, ...]
    requirement: str
    breaks: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()


def next_minor(version: str | None = None) -> Version:
    """Return the minor release after one, by default after the core that runs."""
    now = Version(version or vtcore.__version__)
    return Version(f"{now.major}.{now.minor + 1}.0")


def outlooks(
    target: Version,
    *,
    path: Sequence[str] | None = None,
    deprecations: Iterable[Deprecation] | None = None,
    added: Mapping[str, str] | None = None,
) -> list[Outlook]:
    """Tell what becomes of everything installed that requires the core.

    Args:
        target: The core's version to be.
        path: Folders to search for distributions and their modules instead of `sys.path`.
        deprecations: What is deprecated or gone; the core's own by default.
        added: Since when hooks and their arguments are there; the core's own by default.

    Returns:
        One for each distribution, by name.
    """
    table = deprecation.DEPRECATIONS if deprecations is None else deprecations
    since = hookspecs.ADDED if added is None else added
    stakes = _Stakes(target, tuple(each for each in table if each.distribution == "vtcore"), since)
    return [_outlook(distribution, stakes, path) for distribution in find_dependents(path)]


@attrs.frozen
class _Stakes:
    """What differs between the running core and another version."""

    target: Version
    deprecations: tuple[Deprecation, ...]
    added: Mapping[str, str]

    @property
    def names(self) -> set[str]:
        """Names whose uses matter."""
        matters = {
            each.name
            for each in self.deprecations
            if each.is_removed_in(self.target) or each.is_deprecated_in(self.target)
        }
        return matters | {name.partition(".")[0] for name, since in self.added.items() if not self._has(since)}

    def _has(self, since: str) -> bool:
        return Version(self.target.base_version) >= Version(since)

    def breaking(self, use: Use) -> str:
        """Say why a use would not work; empty if it would."""
        added = self.added.get(f"{use.name}.{use.argument}" if use.argument else use.name)
        if added and not self._has(added):
            what = f"argument {use.argument!r} of hook {use.name!r}" if use.argument else f"hook {use.name!r}"
            return f"{what} came with vtcore {added}; ask for vtcore>={added}"
        gone = self._deprecation(use)
        return gone.removed_message if gone and gone.is_removed_in(self.target) else ""

    def warning(self, use: Use) -> str:
        """Say what is deprecated about a use that works; empty if nothing is."""
        found = self._deprecation(use)
        return found.message if found and found.is_deprecated_in(self.target) else ""

    def _deprecation(self, use: Use) -> Deprecation | None:
        key = (use.name, use.argument)
        return next((each for each in self.deprecations if (each.name, each.argument) == key), None)


def _outlook(distribution: importlib.metadata.Distribution, stakes: _Stakes, path: Sequence[str] | None) -> Outlook:
    name, version = identity(distribution)
    points = [point for point in distribution.entry_points if point.group == ENTRY_POINT_GROUP]
    requirements = list(core_requirements(distribution.requires or ()))
    specifiers = ",".join(filter(None, (range_text(each.specifier) for each in requirements)))
    breaks, warns = [], []
    if any(not each.specifier.contains(stakes.target, prereleases=True) for each in requirements):
        breaks.append(f"needs vtcore{specifiers}: look for a release of {name} that admits vtcore {stakes.target}")
    names = stakes.names
    tops = {point.module.partition(".")[0] for point in points}
    for file, shown in _sources(distribution, tops, path) if names else ():
        for use in uses_in(file, names):
            place = f"{shown}:{use.line}: "
            breaks += [place + text for text in [stakes.breaking(use)] if text]
            warns += [place + text for text in [stakes.warning(use)] if text]
    return Outlook(name, version, tuple(point.name for point in points), specifiers, tuple(breaks), tuple(warns))


def _sources(
    distribution: importlib.metadata.Distribution, tops: set[str], path: Sequence[str] | None
) -> Iterator[tuple[Path, str]]:
    """Yield the modules of a distribution, each with its path from the folder that its package lies in."""
    name = canonicalize_name(identity(distribution)[0]).replace("-", "_")
    # An editable install names only its folder; its packages are those of the entry points, or called as it is.
    listed = {Path(str(file)).parts[0] for file in distribution.files or () if str(file).endswith(".py")}
    packages = tops | {part.removesuffix(".py") for part in listed if part.removesuffix(".py").isidentifier()} | {name}
    for package in sorted(packages):
        spec = find_spec(package) if path is None else PathFinder.find_spec(package, list(path))
        if spec is None:
            continue
        for folder in map(Path, spec.submodule_search_locations or ()):
            for file in sorted(folder.rglob("*.py")):
                yield file, (Path(package) / file.relative_to(folder)).as_posix()
        if spec.submodule_search_locations is None and spec.origin and spec.origin.endswith(".py"):
            yield Path(spec.origin), Path(spec.origin).name
