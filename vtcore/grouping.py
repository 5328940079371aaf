"""Small batches joined to larger ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from typing import TypeVar

__all__ = ["grouped"]

_Item = TypeVar("_Item")


def grouped(items: Iterable[_Item], most: Seq[int], measures: Callable[[_Item], Seq[int]]) -> Iterator[list[_Item]]:
    """Yield neighbouring items together, as long as none of their measures adds up to more than its limit.

    Which go together follows from the items alone, so that it is the same each time. Where taking an item fails, those
    before it come first.

    Args:
        items: What is joined. One that alone is beyond a limit comes alone.
        most: The limits: ``(frames, boxes)``.
        measures: What of each limit an item takes.
    """
    group: list[_Item] = []
    sums = [0] * len(most)
    try:
        for item in items:
            taken = measures(item)
            if group and any(sum_ + more > limit for sum_, more, limit in zip(sums, taken, most, strict=True)):
                yield group
                group, sums = [], [0] * len(most)
            group.append(item)
            sums = [sum_ + more for sum_, more in zip(sums, taken, strict=True)]
            if any(sum_ >= limit for sum_, limit in zip(sums, most, strict=True)):
                yield group
                group, sums = [], [0] * len(most)
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group
