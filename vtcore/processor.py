"""What this process may use of the processor, and how its threads take turns."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["available_cores", "make_ordinary", "make_way", "own_threads"]

_OWN_THREADS = Path("/proc/self/task")
_STEPS_BACK = 10
"""On Linux's scale, as the command ``nice`` takes: beside one of the usual priority a thread has a tenth of a core."""
_LAST = 19


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


def own_threads() -> set[int]:
    """Return the system's numbers of this process's threads; none elsewhere than on Linux."""
    with suppress(OSError):
        return {int(each.name) for each in _OWN_THREADS.iterdir()}
    return set()


def make_ordinary(threads: Iterable[int]) -> None:
    """Give threads that a library started their turn among all others, where it puts them before these.

    SVT-AV1 has its threads run before everything else on the machine where it may: as root on Linux. A thread that has
    to make way while it holds Python's lock then keeps all of Python waiting, and cores stand idle.

    Args:
        threads: The system's numbers; those that have ended are left out.
    """
    if sys.platform != "linux":
        return
    for thread in threads:
        # Where it has ended meanwhile, or the system refuses, there is nothing to be done.
        with suppress(OSError):
            if os.sched_getscheduler(thread) in (os.SCHED_FIFO, os.SCHED_RR):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
