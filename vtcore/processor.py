"""What this process may use of the processor, and how its threads take turns."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

__all__ = ["available_cores", "make_way"]

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
