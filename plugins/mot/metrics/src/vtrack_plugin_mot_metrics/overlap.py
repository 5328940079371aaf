"""Intersection over union, in float64 and with the operations in trackeval's order, so that no digit differs."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array

__all__ = ["CornerBoxes"]

_EPSILON = float(np.finfo(np.float64).eps)


class CornerBoxes:
    """Boxes of a table with corners and areas worked out once.

    Attributes:
        corners: float64 ``(4, N)``: ``x1``, ``y1``, ``x2``, ``y2``, pixels.
        areas: float64 ``(N,)``, square pixels.
    """

    __slots__ = ("areas", "corners")

    def __init__(self, ltwh: Float64Array) -> None:
        """Take float64 ``(N, 4)`` left, top, width, height in pixels."""
        left, top, width, height = ltwh.T
        self.corners: Float64Array = np.stack((left, top, left + width, top + height))
        # Not width * height: the evaluator subtracts the corners again, which can differ in the last bit.
        self.areas: Float64Array = (self.corners[2] - left) * (self.corners[3] - top)

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.areas)

    def take(self, rows: np.ndarray | slice) -> CornerBoxes:
        """Return the boxes at some rows (indices, mask or slice)."""
        picked = CornerBoxes.__new__(CornerBoxes)
        picked.corners = self.corners[:, rows]
        picked.areas = self.areas[rows]
        return picked

    def iou(self, others: CornerBoxes) -> Float64Array:
        """Return the intersection over union with other boxes, float64 ``(N, M)``; 0 where a box has no area."""
        x1, y1, x2, y2 = self.corners[:, :, np.newaxis]
        other_x1, other_y1, other_x2, other_y2 = others.corners[:, np.newaxis, :]
        width = np.minimum(x2, other_x2)
        width -= np.maximum(x1, other_x1)
        height = np.minimum(y2, other_y2)
        height -= np.maximum(y1, other_y1)
        np.maximum(width, 0, out=width)
        np.maximum(height, 0, out=height)
        intersection: Float64Array = np.multiply(width, height, out=width)
        union = np.add(self.areas[:, np.newaxis], others.areas[np.newaxis, :], out=height)
        union -= intersection
        intersection[self.areas <= _EPSILON] = 0
        intersection[:, others.areas <= _EPSILON] = 0
        degenerate = union <= _EPSILON
        intersection[degenerate] = 0
        union[degenerate] = 1
        intersection /= union
        return intersection
