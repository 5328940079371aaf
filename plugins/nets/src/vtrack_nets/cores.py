"""Batches shared among the cores of a processor, input by input.

torch divides each operator among cores, which then meet after every one. In small networks most operators take less
time than the meeting, above all where the cores have other work, too: OSNet x0.25 then takes several times the
processor time of one core alone. The inputs of a batch need no meeting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from vtrack_nets.lanes import in_lane
from vtrack_nets.running import NetworkRunner

__all__ = ["Cores", "shared"]


class Cores:
    """Calls a network in several threads, each with a part of the batch and one core."""

    def __init__(self, infer: Callable[[Tensor], Tensor], count: int, *, divide_single: bool = False) -> None:
        """Start the threads.

        Args:
            infer: The network, callable from several threads: ``(n, ...)`` to ``(n, ...)``.
            count: Threads.
            divide_single: Whether the operators of a batch of one are divided among all cores, as torch does it; else
                it is one core's, too.
        """
        self._infer = infer
        self._count = count
        self._divide_single = divide_single
        before = torch.get_num_threads()
        ready = threading.Barrier(count + 1)
        self._pool = ThreadPoolExecutor(count, "vtrack-core")
        for _ in range(count):
            self._pool.submit(_alone, ready)
        ready.wait()
        # What a thread sets, those that start later begin with.
        torch.set_num_threads(before)

    def __call__(self, batch: Tensor) -> Tensor:
        """Return what the network answers to a batch; in a lane with the cores of that lane alone."""
        if in_lane():
            return self._infer(batch)
        if self._divide_single and len(batch) == 1:
            return self._infer(batch)
        parts = self._pool.map(self._infer, batch.chunk(self._count))
        return torch.cat(list(parts))


def _alone(ready: threading.Barrier) -> None:
    """Have the thread's operators done by one core; return when every thread is here."""
    # Asked once, torch settles how many a thread has; it would do so later, and anew.
    torch.get_num_threads()
    torch.set_num_threads(1)
    ready.wait()


def shared(runner: NetworkRunner, *, compiled: bool, divide_single: bool = False) -> Callable[[Tensor], Tensor]:
    """Return what calls a network on all cores: the runner itself where they are not torch's to share out.

    Args:
        runner: The network on its device; it answers with one tensor, a row for each input.
        compiled: Whether it is compiled, for batches of few sizes; then they are not divided.
        divide_single: As `Cores` takes it.
    """
    count = torch.get_num_threads()
    if runner.device.type != "cpu" or count < 2 or compiled:
        return runner
    return Cores(runner, count, divide_single=divide_single)
