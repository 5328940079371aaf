"""What SiamRPN++ is to answer to a search picture, as pysot teaches it (https://github.com/STVIR/pysot, Apache-2.0)."""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq
from typing import NamedTuple

import numpy as np

from vtcore.instances import Float32Array, Int64Array
from vtrack_plugin_siamrpn.anchors import base_anchors, training_anchors

__all__ = ["AnchorTargets", "Targets"]

_AROUND = 3
"""Cells to each side of where the target of a wrong pair is."""

Random = np.random.Generator | np.random.RandomState
Cells = tuple[Int64Array, ...]


class Targets(NamedTuple):
    """What is to be answered to one search picture; ``A`` anchors per cell of ``size * size``.

    Attributes:
        labels: int64 ``(A, size, size)``: 1 on the target, 0 beside it, -1 for what does not count.
        deltas: float32 ``(4, A, size, size)``: shift and logarithmic change of size of each anchor.
        weights: float32 ``(A, size, size)``, how much each box counts.
        overlaps: float32 ``(A, size, size)``, of anchors with the target.
    """

    labels: Int64Array
    deltas: Float32Array
    weights: Float32Array
    overlaps: Float32Array


class AnchorTargets:
    """Says which anchors are on a target, and what is to be answered there.

    Attributes:
        corners: float32 ``(4, A, size, size)``, the anchors as ``x1, y1, x2, y2`` in pixels of the search picture.
        centres: float32 ``(4, A, size, size)``, the anchors as ``cx, cy, width, height``.
    """

    def __init__(
        self,
        *,
        stride: int = 8,
        ratios: Seq[float] = (0.33, 0.5, 1.0, 2.0, 3.0),
        scales: Seq[float] = (8.0,),
        search_size: int = 255,
        output_size: int = 25,
        high_overlap: float = 0.6,
        low_overlap: float = 0.3,
        positives: int = 16,
        negatives: int = 16,
        total: int = 64,
        convention: str = "pysot",
    ) -> None:
        """Lay out the anchors.

        Args:
            stride: Pixels of the search picture between anchors.
            ratios: Height by width of the anchors.
            scales: Edge of a square anchor, in strides.
            search_size: Edge of the search picture, in pixels.
            output_size: Cells of a row of the maps, and rows; 17 for AlexNet.
            high_overlap: Anchors that overlap the target more are on it.
            low_overlap: Anchors that overlap it less are beside it.
            positives: Most anchors on the target that are drawn.
            negatives: Most anchors that are drawn from a wrong pair.
            total: Most anchors that are drawn from a right pair; those beside the target are at most the rest.
            convention: Whose anchors: ``"pysot"`` or ``"mmtracking"``.
        """
        base = base_anchors(stride, ratios, scales, convention=convention)
        self.corners, self.centres = training_anchors(base, stride, output_size, search_size // 2)
        self._stride, self._middle = stride, search_size // 2
        self._high, self._low = high_overlap, low_overlap
        self._positives, self._negatives, self._rest = positives, negatives, total - positives

    def __call__(self, box: Seq[float], *, wrong_pair: bool = False, random: Random | None = None) -> Targets:
        """Return what is to be answered.

        Args:
            box: ``x1, y1, x2, y2`` of the target in pixels of the search picture.
            wrong_pair: The template shows something else: nothing in the search picture is the target.
            random: Draws the anchors that count; a ``RandomState`` draws as the original does with NumPy's global one
                in the same state. Without it all count.
        """
        shape = self.centres.shape[1:]
        labels: Int64Array = np.full(shape, -1, np.int64)
        x1, y1, x2, y2 = (float(edge) for edge in box)
        middle, size = ((x1 + x2) * 0.5, (y1 + y2) * 0.5), (x2 - x1, y2 - y1)
        if wrong_pair:
            labels[_drawn(self._near(middle), self._negatives, random)] = 0
            blank = np.zeros(shape, np.float32)
            return Targets(labels, np.zeros((4, *shape), np.float32), blank, blank.copy())
        overlaps = self._overlaps(x1, y1, x2, y2)
        on = _drawn(np.nonzero(overlaps > self._high), self._positives, random)
        beside = _drawn(np.nonzero(overlaps < self._low), self._rest, random)
        weights = np.zeros(shape, np.float32)
        weights[on] = 1 / (len(on[0]) + 1e-6)
        labels[on], labels[beside] = 1, 0
        return Targets(labels, self._deltas(middle, size), weights, overlaps)

    def _near(self, middle: tuple[float, float]) -> Cells:
        """Return the cells around the middle of a box."""
        count, edge = self.centres.shape[1:3]
        column, row = (edge // 2 + math.ceil((place - self._middle) / self._stride + 0.5) for place in middle)
        near = np.zeros((count, edge, edge), bool)
        near[
            :,
            max(0, row - _AROUND) : max(0, row + _AROUND + 1),
            max(0, column - _AROUND) : max(0, column + _AROUND + 1),
        ] = True
        return np.nonzero(near)

    def _deltas(self, middle: tuple[float, float], size: tuple[float, float]) -> Float32Array:
        cx, cy, width, height = self.centres
        shifts = ((middle[0] - cx) / width, (middle[1] - cy) / height)
        return np.stack((*shifts, np.log(size[0] / width), np.log(size[1] / height))).astype(np.float32)

    def _overlaps(self, x1: float, y1: float, x2: float, y2: float) -> Float32Array:
        left, top, right, bottom = self.corners
        width = np.maximum(0, np.minimum(x2, right) - np.maximum(x1, left))
        height = np.maximum(0, np.minimum(y2, bottom) - np.maximum(y1, top))
        shared = width * height
        overlaps: Float32Array = shared / ((right - left) * (bottom - top) + (x2 - x1) * (y2 - y1) - shared)
        return overlaps


def _drawn(cells: Cells, most: int, random: Random | None) -> Cells:
    """Return at most so many cells."""
    count = len(cells[0])
    if random is None or count <= most:
        return cells
    order = np.arange(count)
    random.shuffle(order)
    return tuple(axis[order[:most]] for axis in cells)
