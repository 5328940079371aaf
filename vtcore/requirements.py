"""What installed distributions require of the core and of each other, and whether they have it.

Only requirements on the core, on other plugins and on what is published with the core (``vtrack-...``) are looked at:
whether numpy or torch are there and right is pip's affair, and told where they are imported.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import vtcore

__all__ = ["core_requirements", "misfit", "range_text", "unreadable_requirement"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CORE = "vtcore"
_PUBLISHED = "vtrack-"
_OPERATORS = (">", ">=", "~=", "==", "===", "<", "<=", "!=")


def core_requirements(requirements: Iterable[str]) -> Iterator[Requirement]:
    """Yield the requirements that are on the core and apply here; those that nobody can read are left out."""
    return _readable(requirements, lambda name: name == _CORE)


def unreadable_requirement(requirements: Iterable[str]) -> str:
    """Say which requirement on the core is none that can be read; empty if all can be."""
    for text in requirements:
        if _name_of(text) != _CORE:
            continue
        try:
            Requirement(text)
        except InvalidRequirement as error:
            return f"its requirement {text!r} cannot be read: {error}".splitlines()[0]
    return ""


def misfit(distribution: str, requirements: Iterable[str], plugins: Mapping[str, str]) -> str:
    """Say which requirement of a distribution is not met, and the way out; empty if all are met.

    Args:
        distribution: Its name.
        requirements: What it asks for.
        plugins: Versions of the plugins that were found, by canonical name.
    """
    matters = {_CORE, *plugins}
    for requirement in _readable(requirements, lambda name: name in matters or name.startswith(_PUBLISHED)):
        name = canonicalize_name(requirement.name)
        wanted = f"{name}{range_text(requirement.specifier)}"
        version = vtcore.__version__ if name == _CORE else plugins.get(name) or _version(name)
        if not version:
            return f'needs {wanted}, which is not installed; pip install "{wanted}"'
        if not requirement.specifier.contains(version, prereleases=True):
            there = f"{'this' if name == _CORE else 'there'} is {name} {version}"
            return f'needs {wanted}, but {there}; pip install "{wanted}", or another release of {distribution}'
    return ""


def range_text(specifier: SpecifierSet) -> str:
    """Return a range of versions as one writes it, lower bound first: ``>=0.1,<1``."""
    return ",".join(sorted(map(str, specifier), key=lambda text: (_OPERATORS.index(re.split(r"[\w*]", text)[0]), text)))


def _readable(requirements: Iterable[str], matters: Callable[[str], bool]) -> Iterator[Requirement]:
    for text in requirements:
        # Parsing costs more than all else here, so only what matters is parsed.
        if not matters(_name_of(text)):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _name_of(text: str) -> str:
    found = _NAME.match(text)
    return canonicalize_name(found[0]) if found else ""


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name) or ""
    except importlib.metadata.PackageNotFoundError:
        return ""
