"""Several pieces of work side by side, each with its share of the processor's cores.

One after the other they leave cores idle: before a network and behind it there is work for one core alone, and small
operators do not divide. Side by side, what one leaves idle the other uses.
"""

from __future__ import annotations

import threading

import torch

from vtcore.side_by_side import MOST, SideBySide
from vtrack_nets.running import NetworkRunner

__all__ = ["Lanes", "in_lane", "lanes_of"]

_here = threading.local()


class Lanes(SideBySide):
    """Threads that share the cores equally."""

    def __init__(self, count: int) -> None:
        """Start the threads.

        Args:
            count: How many; each has so manieth a part of the cores that torch uses in this thread, at least one.
        """
        super().__init__(count, name="vtrack-lane")
        before = torch.get_num_threads()
        cores = max(1, before // count)
        ready = threading.Barrier(count + 1)
        for _ in range(count):
            self._pool.submit(_settle, cores, ready)
        ready.wait()
        # What a thread sets, those that start later begin with.
        torch.set_num_threads(before)


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
    return Lanes(min(MOST, cores))


def _settle(cores: int, ready: threading.Barrier) -> None:
    """Have the thread's operators done by so many cores; return when every thread is here."""
    # Asked once, torch settles how many a thread has; it would do so later, and anew.
    torch.get_num_threads()
    torch.set_num_threads(cores)
    _here.lane = True
    ready.wait()
