"""What stands for the things that a pickle names, makes and refers to, when it is read as data."""

from __future__ import annotations

from typing import Any

import attrs

__all__ = ["Inert", "Named", "PickleError", "Reference"]


class PickleError(Exception):
    """A pickle makes no sense; the message says why."""


@attrs.frozen
class Named:
    """A class or function that a pickle names.

    Attributes:
        name: ``module.name``; of Python 2 too.
    """

    name: str


@attrs.frozen(eq=False)
class Reference:
    """What lies outside the pickle, such as the numbers of a tensor.

    Attributes:
        key: What the pickle tells of it.
    """

    key: Any


@attrs.define(eq=False, repr=False)
class Inert:
    """What a pickle would have made by a call.

    Attributes:
        maker: What would have been called; an `Inert` or a `Named`, or anything that cannot be.
        arguments: With what.
        state: What it would have been filled with, None for nothing.
        items: Entries that it would have got as a mapping, None for none.
    """

    maker: Any
    arguments: tuple[Any, ...] = ()
    state: Any = None
    items: dict[Any, Any] | None = None

    @property
    def name(self) -> str:
        """Name of its maker, empty where that has none."""
        return self.maker.name if isinstance(self.maker, Named) else ""
