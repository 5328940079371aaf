"""Which of the assigned boxes are learnt from."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from vtrack_nets.assignment import BACKGROUND

__all__ = ["Sample", "Sampler"]


@attrs.frozen
class Sample:
    """Rows that are learnt from.

    Attributes:
        positives: int64 ``(P,)``, rows of boxes that find an object, ascending unless drawn.
        negatives: int64 ``(Q,)``, rows of boxes that find nothing.
        objects: int64 ``(P,)``, the object that each of `positives` finds.
    """

    positives: Tensor
    negatives: Tensor
    objects: Tensor


class Sampler:
    """Draws boxes, so that there are not too many, and not too few that find something.

    As MMDetection's RandomSampler (https://github.com/open-mmlab/mmdetection, Apache-2.0): up to ``fraction * count``
    that find something, then of the others until there are `count`.
    """

    def __init__(self, count: int = 0, *, fraction: float = 0.5, most_negatives: float = -1.0, seed: int = 0) -> None:
        """Choose how many.

        Args:
            count: Boxes to draw for each picture; 0 takes all.
            fraction: Share of those that find something, at most.
            most_negatives: Most that find nothing, for each that finds something; below 0 any number.
            seed: Of what is drawn; the same draws follow from the same seed.
        """
        self._count = count
        self._positives = int(count * fraction)
        self._most_negatives = most_negatives
        # Drawn on the processor: the same numbers on every device.
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, assigned: Tensor) -> Sample:
        """Return which rows to learn from.

        Args:
            assigned: int64 ``(N,)``, as `vtrack_nets.assignment.MaxOverlapAssigner` returns it.
        """
        positives = (assigned >= 0).nonzero()[:, 0]
        negatives = (assigned == BACKGROUND).nonzero()[:, 0]
        if self._count:
            positives = self._drawn(positives, self._positives)
            wanted = self._count - len(positives)
            if self._most_negatives >= 0:
                wanted = min(wanted, int(self._most_negatives * max(1, len(positives))))
            negatives = self._drawn(negatives, wanted)
        return Sample(positives, negatives, assigned[positives])

    def _drawn(self, rows: Tensor, count: int) -> Tensor:
        if len(rows) <= count:
            return rows
        chosen = torch.randperm(len(rows), generator=self._generator)[:count].sort().values
        return rows[chosen.to(rows.device)]
