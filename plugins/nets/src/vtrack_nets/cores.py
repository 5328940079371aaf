"""Batches shared among the cores of a processor, input by input.

torch divides each operator among cores, which then meet after every one. In small networks most operators take less
time than the meeting, above all where the cores have other work, too: OSNet x0.25 then takes several times the
processor time of one core alone. The inputs of a batch need no meeting.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vtrack_nets.lanes import Lanes, in_lane
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
        self._divide_single = divide_single
        # Of all cores, each lane has one.
        self._lanes = Lanes(count)

    def __call__(self, batch: Tensor) -> Tensor:
        """Return what the network answers to a batch; in a lane with the cores of that lane alone."""
        if in_lane():
            return self._infer(batch)
        if self._divide_single and len(batch) == 1:
            return self._infer(batch)
        parts = batch.chunk(self._lanes.count)
        return torch.cat(list(self._lanes.spread(self._infer, parts)))


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
