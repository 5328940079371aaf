"""Batches shared among the cores of a processor, crop by crop.

torch divides each operator among cores, which then meet after every one. In small networks most operators take less
time than the meeting, above all where the cores have other work, too: OSNet x0.25 then takes several times the
processor time of one core alone. Crops need no meeting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from vtrack_nets.running import NetworkRunner

__all__ = ["Workers", "shared"]


class Workers:
    """Calls a network in several threads, each with a part of the batch and one core."""

    def __init__(self, infer: Callable[[Tensor], Tensor], count: int) -> None:
        """Start the threads.

        Args:
            infer: The network, callable from several threads: ``(n, ...)`` to ``(n, D)``.
            count: Threads.
        """
        self._infer = infer
        self._count = count
        before = torch.get_num_threads()
        ready = threading.Barrier(count + 1)
        self._pool = ThreadPoolExecutor(count, "reid")
        for _ in range(count):
            self._pool.submit(_alone, ready)
        ready.wait()
        # What a thread sets, those that start later begin with.
        torch.set_num_threads(before)

    def __call__(self, batch: Tensor) -> Tensor:
        """Return what the network answers to a batch; also a single crop is one core's."""
        parts = self._pool.map(self._infer, batch.chunk(self._count))
        return torch.cat(list(parts))


def _alone(ready: threading.Barrier) -> None:
    """Have the thread's operators done by one core; return when every thread is here."""
    # Asked once, torch settles how many a thread has; it would do so later, and anew.
    torch.get_num_threads()
    torch.set_num_threads(1)
    ready.wait()


def shared(runner: NetworkRunner, *, compiled: bool) -> Callable[[Tensor], Tensor]:
    """Return what calls a network on all cores: the runner itself where they are not torch's to share out.

    Args:
        runner: The network on its device.
        compiled: Whether it is compiled, for batches of few sizes; then they are not divided.
    """
    count = torch.get_num_threads()
    return Workers(runner, count) if runner.device.type == "cpu" and count > 1 and not compiled else runner
