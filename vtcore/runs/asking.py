"""A component asked about one thing after the other, about several at once where it can, and the time it takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

from vtcore.errors import PluginError

__all__ = ["asked"]

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def asked(
    one: Callable[[_Given], _Made],
    each: Callable[[Iterable[_Given]], Iterator[_Made]] | None,
    items: Iterator[_Given],
    spent: Callable[[float], None],
    *,
    name: str,
) -> Generator[tuple[_Given, _Made], None, None]:
    """Yield each item with what a component answers to it.

    Args:
        one: Answers one item.
        each: Answers many, in their order, and may take some ahead; None for one after the other.
        items: What is asked about.
        spent: Told the seconds of every answer, without those in which the next item was waited for.
        name: Of `each`, for messages.

    Raises:
        PluginError: `each` answers more often, or less often, than it is asked.
    """
    clock = time.perf_counter
    handed: deque[_Given] = deque()
    waited = 0.0

    def taken() -> Iterator[_Given]:
        nonlocal waited
        while True:
            began = clock()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                waited += clock() - began
            handed.append(item)
            yield item

    answers = iter(map(one, taken()) if each is None else each(taken()))
    try:
        while True:
            began, waited = clock(), 0.0
            try:
                answer = next(answers)
            except StopIteration:
                break
            finally:
                spent(clock() - began - waited)
            if not handed:
                raise PluginError(f"{name} answers what it was not asked; yield one answer for each batch, in order")
            yield handed.popleft(), answer
        if handed:
            raise PluginError(
                f"{name} ended early, batches without an answer: {len(handed)}; yield one for each, in order"
            )
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()
