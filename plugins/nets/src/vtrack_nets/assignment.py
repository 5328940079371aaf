"""Which reference box is to find which object: by the greatest overlap.

Ren et al., "Faster R-CNN", NeurIPS 2015, https://arxiv.org/abs/1506.01497; rules and their order as in MMDetection's
MaxIoUAssigner (https://github.com/open-mmlab/mmdetection, Apache-2.0).
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from vtrack_nets.overlap import pairwise_overlap

__all__ = ["BACKGROUND", "UNUSED", "MaxOverlapAssigner"]

BACKGROUND = -1
"""Stands where a box finds nothing, and is to say so."""

UNUSED = -2
"""Stands where a box is neither: it is not learnt from."""


@attrs.frozen(kw_only=True)
class MaxOverlapAssigner:
    """Assigns boxes to objects by intersection over union.

    Attributes:
        positive: Least overlap of a box with the object that it is to find.
        negative: A box that overlaps every object by less finds nothing.
        low_quality: An object's best box finds it, even if it overlaps by less than `positive`.
        least_best: Least overlap of such a box.
        ignore: A box of which more than this share lies in a region to be ignored is not learnt from; 0 asks none.
    """

    positive: float = 0.7
    negative: float = 0.3
    low_quality: bool = True
    least_best: float = 0.3
    ignore: float = 0.0

    def __call__(self, boxes: Tensor, objects: Tensor, ignored: Tensor | None = None) -> Tensor:
        """Return int64 ``(N,)``: the row of the object that each box is to find, `BACKGROUND` or `UNUSED`.

        Args:
            boxes: ``(N, 4)`` ``x1, y1, x2, y2``.
            objects: ``(M, 4)``.
            ignored: ``(K, 4)`` regions to be ignored.
        """
        assigned = boxes.new_full((len(boxes),), UNUSED, dtype=torch.int64)
        overlaps = pairwise_overlap(objects, boxes) if len(objects) else boxes.new_zeros((1, len(boxes)))
        if self.ignore > 0 and ignored is not None and len(ignored) and len(boxes):
            covered = pairwise_overlap(boxes, ignored, of_first=True).amax(dim=1) > self.ignore
            overlaps[:, covered] = -1
        if not len(boxes):
            return assigned
        most, which = overlaps.max(dim=0)
        assigned[(most >= 0) & (most < self.negative)] = BACKGROUND
        if not len(objects):
            return assigned
        found = most >= self.positive
        assigned[found] = which[found]
        if self.low_quality:
            self._take_best(assigned, overlaps)
        return assigned

    def _take_best(self, assigned: Tensor, overlaps: Tensor) -> None:
        """Give each object all boxes that overlap it the most; a later object takes those of an earlier one."""
        best = overlaps.amax(dim=1)
        takes = (overlaps == best[:, None]) & (best >= self.least_best)[:, None]
        last = len(overlaps) - 1 - takes.flip(0).to(torch.uint8).argmax(dim=0)
        taken = takes.any(dim=0)
        assigned[taken] = last[taken]
