"""What any component must be once it is made: what its kind's interface says, from its defaults or given options."""

from __future__ import annotations

import inspect
from typing import Any

from vtcore.components import load_object
from vtcore.testing.definitions import EVERY_KIND, define
from vtcore.testing.failures import expect
from vtcore.testing.subjects import Subject

__all__ = ["constructs", "has_the_interface"]


@define(EVERY_KIND)
def constructs(subject: Subject) -> None:
    """It can be made from its defaults, or from the options that its author gives for this."""
    subject.make()


@define(EVERY_KIND)
def has_the_interface(subject: Subject) -> None:
    """It has the members of its kind's interface, and they take the arguments that the core passes."""
    path = "vtcore.interfaces:TargetTracker" if subject.checked_as != subject.kind else ""
    path = path or subject.host.kinds[subject.kind].interface
    interface = load_object(path, f"interface of kind {subject.kind!r}")
    made = subject.make()
    for name, member in _members(interface).items():
        expect(
            hasattr(made, name),
            f"{type(made).__name__} has no {name!r}, which {path.replace(':', '.')} asks for"
            + (f"; add def {name}{inspect.signature(member)}" if inspect.isfunction(member) else ""),
        )
        if not inspect.isfunction(member):
            continue
        try:
            wanted, theirs = _calls(member), inspect.signature(getattr(made, name))
        except (TypeError, ValueError):
            continue
        for arguments, keywords in wanted:
            try:
                theirs.bind(*arguments, **keywords)
            except TypeError as error:
                told = f"{name}{theirs} cannot be called as {path.replace(':', '.')}.{name}{inspect.signature(member)}"
                expect(False, f"{told} can: {error}; give it these arguments, with these names and defaults")


def _members(interface: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(interface.__mro__):
        if getattr(base, "_is_protocol", False):
            found |= {
                name: member
                for name, member in vars(base).items()
                if (not name.startswith("_") or name == "__call__")
                and (callable(member) or isinstance(member, property))
            }
    return found


def _calls(member: Any) -> list[tuple[list[Any], dict[str, Any]]]:
    """Return the arguments with which the core may call a member: with all, and without those that have defaults."""
    parameters = [each for each in inspect.signature(member).parameters.values() if each.name != "self"]
    by_place = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    by_name = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    full = ([None] * len(by_place), {each.name: None for each in by_name})
    needed = (
        [None for each in by_place if each.default is each.empty],
        {each.name: None for each in by_name if each.default is each.empty},
    )
    return [full, needed]
