"""Several pieces of work side by side, each with its share of the processor's cores.

One after the other they leave cores idle: before a network and behind it there is work for one core alone, and small
operators do not divide. Side by side, what one leaves idle the other uses.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

from vtcore.processor import make_way
from vtrack_nets.running import NetworkRunner

__all__ = ["Lanes", "in_lane", "lanes_of"]

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_MOST = 4
"""More lanes gain little, and each takes the memory of a network at work."""

_here = threading.local()


class Lanes:
    """Threads that share the cores equally.

    Attributes:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        """Start the threads.

        Args:
            count: How many; each has so manieth a part of the cores that torch uses in this thread, at least one.
        """
        self.count = count
        before = torch.get_num_threads()
        cores = max(1, before // count)
        ready = threading.Barrier(count + 1)
        self._pool = ThreadPoolExecutor(count, "vtrack-lane")
        for _ in range(count):
            self._pool.submit(_settle, cores, ready)
        ready.wait()
        # What a thread sets, those that start later begin with.
        torch.set_num_threads(before)

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
                making.append(self._pool.submit(function, item))
                # One more than there are lanes: none waits for who asks to come back with the next.
                if len(making) > self.count:
                    yield making.popleft().result()
            while making:
                yield making.popleft().result()
        finally:
            for each in making:
                each.cancel()
        if failed is not None:
            raise failed


def in_lane() -> bool:
    """Return whether this thread is one of some `Lanes`."""
    return getattr(_here, "lane", False)


def lanes_of(runner: NetworkRunner, *, compiled: bool) -> Lanes | None:
    """Return lanes for what a network takes part in; None where it computes elsewhere than on several cores.

    Args:
        runner: The network on its device.
        compiled: Whether it is compiled: it is then not called from several threads.
    """
    cores = torch.get_num_threads()
    if runner.device.type != "cpu" or cores < 2 or compiled:
        return None
    return Lanes(min(_MOST, cores))


def _settle(cores: int, ready: threading.Barrier) -> None:
    """Have the thread's operators done by so many cores; return when every thread is here."""
    # Asked once, torch settles how many a thread has; it would do so later, and anew.
    torch.get_num_threads()
    torch.set_num_threads(cores)
    # Decoding, tracking, drawing and an encoder's threads come to nothing while these have the cores.
    make_way()
    _here.lane = True
    ready.wait()
