"""Several pieces of work at once, each in a thread, their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from vtcore.processor import OwnCores, make_way

__all__ = ["MOST", "SideBySide"]

MOST = 4
"""Threads that networks are worth: more gain little, and each takes the memory of a network at work."""

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class SideBySide:
    """Threads that do the same to one item after the other, for work that lets Python go on meanwhile.

    They make way for other threads of the program (`vtcore.processor.make_way`): what gives them work and what waits
    for theirs comes to nothing while they have all cores. Where there are as many cores, each keeps to one
    (`vtcore.processor.OwnCores`).

    Attributes:
        count: How many.
    """

    def __init__(self, count: int, *, name: str) -> None:
        """Prepare them; they start with the first work.

        Args:
            count: How many.
            name: How their names begin.
        """
        self.count = count
        self._cores = OwnCores(count)
        self._pool = ThreadPoolExecutor(count, name, initializer=self._begin)

    def spread(self, function: Callable[[_Given], _Made], items: Iterable[_Given]) -> Generator[_Made, None, None]:
        """Yield what a function makes of each item, in their order, several in the making at once.

        Items are taken in the thread that asks, a few ahead. What fails, fails in its turn: behind all that came
        before, and nothing that comes after is waited for.

        Args:
            function: Called from several threads.
            items: What it is called with.
        """
        making: deque[Future[_Made]] = deque()
        failed: Exception | None = None
        source = iter(items)
        try:
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - raised below, behind what came before
                    failed = error
                    break
                making.append(self._pool.submit(self._make, function, item))
                # One more than there are threads: none waits for who asks to come back with the next.
                if len(making) > self.count:
                    yield making.popleft().result()
            while making:
                yield making.popleft().result()
        finally:
            for each in making:
                each.cancel()
        if failed is not None:
            raise failed

    def _begin(self) -> None:
        make_way()
        self._cores.take()

    def _make(self, function: Callable[[_Given], _Made], item: _Given) -> _Made:
        with self._cores.working():
            return function(item)
