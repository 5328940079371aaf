"""What this process may use of the processor, and how its threads take turns."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["OwnCores", "available_cores", "make_way"]

_STEPS_BACK = 10
"""On Linux's scale, as the command ``nice`` takes: beside one of the usual priority a thread has a tenth of a core."""
_LAST = 19
_SECONDS_TO_JUDGE = 1.0
"""How long a thread must have worked before what it got tells anything."""
_UNEQUAL = 2.0
"""How many times another's share is too much; what a run's other threads take differs less from core to core."""


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def make_way() -> None:
    """Have this thread make way for others of the program where there are more than cores; on Linux only.

    For work that is always there. What waits for it, and what is to be done with it, has little to do at a time: it
    should not queue for a core, or that which is always there runs out of room and stops.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            usual = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(usual + _STEPS_BACK, _LAST))


class OwnCores:
    """A core for each of as many threads as there are cores, until others want one of the cores, too; on Linux only.

    Linux leaves two such threads on one core for some milliseconds now and then, and the other core idle; kept to a
    core each they do not meet. But where another program is busy on one of the cores, its thread would fall behind, and
    who waits for it in turn with it; so all are let go for good as soon as one gets less than half of the processor
    time that another gets.
    """

    def __init__(self, count: int) -> None:
        """Prepare for so many threads; no cores are given where there are more or fewer."""
        affinity = getattr(os, "sched_getaffinity", None)
        cores = sorted(affinity(0)) if affinity is not None else []
        self._all = frozenset(cores)
        self._free = cores if len(cores) == count > 1 else []
        self._shares: dict[int, _Share] = {}
        self._lock = threading.Lock()

    def take(self) -> None:
        """Keep the calling thread to a core of its own, if one is left."""
        with self._lock, suppress(OSError):  # of a core that was taken from the process meanwhile
            if self._free:
                os.sched_setaffinity(0, {self._free.pop(0)})
                self._shares[threading.get_native_id()] = _Share()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Note how much processor time the calling thread gets for a piece of its work."""
        share = self._shares.get(threading.get_native_id())
        if share is None:
            yield
            return
        used, begun = time.thread_time(), time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                share.add(time.thread_time() - used, time.perf_counter() - begun)
                if self._unequal():
                    self._let_go()

    def _unequal(self) -> bool:
        # Of some there may be no work at all, where there are more threads than pieces.
        parts = [share.part for share in self._shares.values() if share.seconds >= _SECONDS_TO_JUDGE]
        return bool(parts) and max(parts) > _UNEQUAL * min(parts)

    def _let_go(self) -> None:
        for thread in self._shares:
            with suppress(OSError):  # of a thread that has ended
                os.sched_setaffinity(thread, self._all)
        self._shares = {}


class _Share:
    """Of the processor, while there was work: what counts is mostly the last seconds.

    Attributes:
        used: Processor time, in seconds.
        seconds: In which it was used.
    """

    def __init__(self) -> None:
        self.used = self.seconds = 0.0

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return self.used / self.seconds

    def add(self, used: float, seconds: float) -> None:
        """Add a piece of work."""
        if self.seconds > 2 * _SECONDS_TO_JUDGE:
            self.used, self.seconds = self.used / 2, self.seconds / 2
        self.used, self.seconds = self.used + used, self.seconds + seconds
