"""What a check says when a component fails it, or when it cannot be made."""

from __future__ import annotations

from vtcore.errors import VtcoreError

__all__ = ["CannotBeMade", "CheckFailure", "NotChecked", "expect"]


class CheckFailure(VtcoreError):  # noqa: N818 - a result of checking, not a mistake of the caller
    """A component does not do what its kind promises; the message says what was seen, and what its author can do.

    Attributes:
        cause: What is behind it, in words that are the same in every check that fails for it; empty where nobody knows.
    """

    def __init__(self, message: str, *, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause


class CannotBeMade(CheckFailure):
    """A component cannot be made at all, so that nothing else can be said of it."""


class NotChecked(VtcoreError):  # noqa: N818 - as above
    """A check does not apply, or cannot be made here; the message says why, and what would make it possible."""


def expect(holds: object, message: str) -> None:
    """Go on if something holds.

    Raises:
        CheckFailure: It does not.
    """
    if not holds:
        raise CheckFailure(message)
