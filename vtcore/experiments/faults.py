"""What is wrong with a value, gathered from all its parts before any of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import attrs

from vtcore.experiments.positions import KeyPath

__all__ = ["Fault", "Faults", "StructureError", "refuse"]


@attrs.frozen
class Fault:
    """One thing wrong with a value.

    Attributes:
        message: What.
        path: Key path below the value that was structured.
        at: Key path whose line to name, where `path` itself is not written down.
        together: Whether each value is right by itself, and only the table as a whole is not.
    """

    message: str
    path: KeyPath = ()
    at: KeyPath | None = None
    together: bool = False

    def below(self, part: str | int) -> Fault:
        """Return the fault as seen from the table or list around the value."""
        return attrs.evolve(self, path=(part, *self.path), at=None if self.at is None else (part, *self.at))


class StructureError(Exception):
    """A value cannot be structured: everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.message for fault in faults))


class Faults:
    """Gathers what is wrong with the parts of a value before any of it is told."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    @contextmanager
    def part(self, part: str | int) -> Iterator[None]:
        """Keep the faults of one part."""
        try:
            yield
        except StructureError as error:
            self.found += [fault.below(part) for fault in error.faults]

    def raise_any(self) -> None:
        """Tell what was found."""
        if self.found:
            raise StructureError(self.found)


def refuse(message: str) -> NoReturn:
    """Raise a fault of the value itself."""
    raise StructureError([Fault(message)])
