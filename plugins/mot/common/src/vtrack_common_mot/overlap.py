"""Intersection over union of many boxes with many boxes.

Boxes are prepared once, as *edges*, and then compared with any others. Edges are float64 ``(6, n)``: the rows
``-x1, -y1, x2, y2``, each moved outwards by half of `pixel`, then the width and the area. With the first two negated,
one minimum over four rows gives the edges of every intersection.

`pixel` is 1 where a box covers the pixels from its first to its last corner, both included
(``width = x2 - x1 + 1``), as evaluation code for whole pixels counts; 0 in continuous coordinates. Boxes that are
compared share it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtrack_common_mot import native

__all__ = ["BoxReader", "edge_matrix", "overlaps", "paired_overlaps"]

# Arrays, not Python numbers: numpy takes them as they are.
_ZERO, _INFINITY = np.array(0.0), np.array(np.inf)
_SMALLEST_AREA = np.array(1e-12)

_FEW = 64
"""Up to so many pairs it is faster to list them: numpy takes longer to set up a broadcast than to copy the edges."""


def edge_matrix(width: int, rows: tuple[int, int, int, int, int], pixel: float) -> Float64Array:
    """Return the matrix ``(6, width)`` from columns of numbers to four edges and two sides.

    Args:
        width: How many numbers a column has.
        rows: Where in a column stand x and y of the centre, width, height, and 1.
        pixel: See the module.
    """
    x, y, box_width, box_height, one = rows
    matrix = np.zeros((6, width))
    matrix[[0, 1, 2, 3], [x, y, x, y]] = -1, -1, 1, 1
    matrix[[0, 2], box_width] = 0.5
    matrix[[1, 3], box_height] = 0.5
    matrix[:4, one] = pixel / 2
    matrix[4, box_width] = matrix[5, box_height] = 1
    matrix[4:, one] = pixel
    return matrix


class BoxReader:
    """Reads boxes as they come; holds scratch memory, so one per tracker."""

    def __init__(self, pixel: float = 0.0) -> None:
        """Prepare for boxes of any number.

        Args:
            pixel: See the module.
        """
        half = pixel / 2
        rows = [[-1, 0, 0, 0, half], [0, -1, 0, 0, half], [0, 0, 1, 0, half], [0, 0, 0, 1, half]]
        sides = [[-1, 0, 1, 0, pixel], [0, -1, 0, 1, pixel]]
        centres = [[0.5, 0, 0.5, 0, 0], [0, 0.5, 0, 0.5, 0], [-1, 0, 1, 0, 0], [0, -1, 0, 1, 0]]
        self._matrix: Float64Array = np.array(rows + sides + centres, np.float64)
        self._columns: Float64Array = np.ones((5, 64))

    def read(self, boxes: Float32Array) -> tuple[Float64Array, Float64Array]:
        """Return the edges ``(6, n)``, and ``x, y, width, height`` ``(4, n)`` with x and y the centre.

        Args:
            boxes: float32 ``(n, 4)``, ``x1, y1, x2, y2``.
        """
        count = len(boxes)
        if count > self._columns.shape[1]:
            self._columns = np.ones((5, 2 * count))
        self._columns[:4, :count] = boxes.T
        shapes = self._matrix.dot(self._columns[:, :count])
        area = shapes[5]
        np.multiply(area, shapes[4], area)
        return shapes, shapes[6:]


def overlaps(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return the intersection over union of every box with every other, float64 ``(n, m)``; 0 for none.

    Args:
        first: Edges ``(6, n)``.
        second: Edges ``(6, m)``.
    """
    rows, columns = first.shape[1], second.shape[1]
    if native.loops is not None:
        compared: Float64Array = np.empty((rows, columns))
        native.loops.overlaps(first, native.contiguous(second), compared)
        return compared
    if rows * columns <= _FEW:
        row, column = _grid(rows, columns)
        listed = paired_overlaps(first.take(row, 1), second.take(column, 1))
        return listed.reshape(rows, columns)
    edges = np.minimum(first[:4, :, None], second[:4, None, :])
    sides = edges[:2]
    np.add(sides, edges[2:], sides)
    # Faster than a maximum with one number.
    sides.clip(_ZERO, _INFINITY, sides)
    shared = np.multiply(*sides)
    union: Float64Array = first[5][:, None] + np.maximum(second[5], _SMALLEST_AREA)
    np.subtract(union, shared, union)
    np.divide(shared, union, union)
    return union


def paired_overlaps(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return the intersection over union of the boxes in equal columns, float64 ``(n,)``; 0 for none.

    Args:
        first: Edges ``(6, n)``.
        second: Edges ``(6, n)``.
    """
    edges = np.minimum(first[:4], second[:4])
    sides = edges[:2] + edges[2:]
    np.maximum(sides, _ZERO, out=sides)
    shared = np.multiply(*sides)
    union: Float64Array = first[5] + np.maximum(second[5], _SMALLEST_AREA)
    np.subtract(union, shared, union)
    np.divide(shared, union, union)
    return union


@lru_cache(maxsize=512)
def _grid(rows: int, columns: int) -> tuple[Int64Array, Int64Array]:
    """Return row and column of every entry of a small matrix, row by row."""
    row, column = np.indices((rows, columns)).reshape(2, -1)
    return row, column
