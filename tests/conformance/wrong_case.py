"""A way for a plugin to be wrong: what to break, where it must be noticed, and what its author must read."""

from __future__ import annotations

import attrs

__all__ = ["Wrong", "part", "target", "tracker"]


@attrs.frozen
class Wrong:
    """A way to be wrong.

    Attributes:
        check: The check that must notice.
        component: Whose check.
        file: What is edited.
        old: Text in it.
        new: What stands there instead.
        way_out: Words of the message that tell the author what to do.
        more: Further edits of the same file.
        slow: Whether noticing takes seconds.
    """

    check: str
    component: str
    file: str
    old: str
    new: str
    way_out: str
    more: tuple[tuple[str, str], ...] = ()
    slow: bool = False

    def __str__(self) -> str:
        return f"{self.component}-{self.check}"

    @property
    def edits(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What to break, by file."""
        return {self.file: ((self.old, self.new), *self.more)}


def tracker(check: str, old: str, new: str, way_out: str, *more: tuple[str, str], slow: bool = False) -> Wrong:
    return Wrong(check, "tracker:stranger", "parts.py", old, new, way_out, more, slow)


def target(check: str, old: str, new: str, way_out: str, *more: tuple[str, str]) -> Wrong:
    return Wrong(check, "tracker:stranger-target", "parts.py", old, new, way_out, more)


def part(component: str, check: str, old: str, new: str, way_out: str, *more: tuple[str, str]) -> Wrong:
    return Wrong(check, component, "parts.py", old, new, way_out, more)
