"""Intersection over union, in float64 and with the operations in trackeval's order, so that no digit differs."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array

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
        if isinstance(rows, np.ndarray) and rows.dtype != np.bool_:
            # Several times faster than indexing.
            picked.corners = self.corners.take(rows, 1)
        else:
            picked.corners = self.corners[:, rows]
        picked.areas = self.areas[rows]
        return picked

    def iou(self, others: CornerBoxes) -> Float64Array:
        """Return the intersection over union with other boxes, float64 ``(N, M)``; 0 where a box has no area."""
        return _iou(
            (self.corners[:, :, np.newaxis], self.areas[:, np.newaxis]),
            (others.corners[:, np.newaxis, :], others.areas[np.newaxis, :]),
        )

    def paired_iou(self, others: CornerBoxes, rows: Int64Array, other_rows: Int64Array) -> Float64Array:
        """Return the intersection over union of some pairs, float64 ``(P,)``.

        Args:
            others: Other boxes.
            rows: int64 ``(P,)``, one of these boxes each.
            other_rows: int64 ``(P,)``, one of the others each.
        """
        mine, their = self.take(rows), others.take(other_rows)
        return _iou((mine.corners, mine.areas), (their.corners, their.areas))


def _iou(boxes: tuple[Float64Array, Float64Array], others: tuple[Float64Array, Float64Array]) -> Float64Array:
    """Return the intersection over union of corners ``(4, ...)`` and areas that broadcast against each other."""
    (x1, y1, x2, y2), areas = boxes
    (other_x1, other_y1, other_x2, other_y2), other_areas = others
    width = np.minimum(x2, other_x2)
    width -= np.maximum(x1, other_x1)
    height = np.minimum(y2, other_y2)
    height -= np.maximum(y1, other_y1)
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    intersection: Float64Array = np.multiply(width, height, out=width)
    union = np.add(areas, other_areas, out=height)
    union -= intersection
    degenerate = (areas <= _EPSILON) | (other_areas <= _EPSILON)
    degenerate |= union <= _EPSILON
    if degenerate.any():
        intersection[degenerate] = 0
        union[degenerate] = 1
    intersection /= union
    return intersection
