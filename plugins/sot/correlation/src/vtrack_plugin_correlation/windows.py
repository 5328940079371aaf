"""The piece of a frame that a filter looks at, and the picture that is made of it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vtcore.instances import Float32Array, Float64Array

__all__ = ["bounded", "cosine", "model_size"]

_SMALLEST = 2.0
"""Pixels: no target becomes smaller."""


def model_size(extent: Float64Array, area_edge: int, cell: int = 1) -> tuple[int, int]:
    """Return height and width of the picture of a piece, in cells.

    Args:
        extent: Width and height of the piece.
        area_edge: Edge in pixels of a square of the picture's area.
        cell: Edge of a cell in pixels.

    Returns:
        At least 4 each; no more than 16 times the edge of that square.
    """
    shape = extent[::-1] * (area_edge / float(np.sqrt(extent.prod()))) / cell
    height, width = np.clip(np.rint(shape), 4, 16 * area_edge // cell)
    return int(height), int(width)


def bounded(
    centre: Float64Array, size: Float64Array, start: Float64Array, shape: tuple[int, ...]
) -> tuple[Float64Array, Float64Array]:
    """Return centre and size within bounds: the centre in the picture, the size no larger than it.

    Args:
        centre: x and y.
        size: Width and height.
        start: Width and height that the target was started with; its shape is kept.
        shape: Height and width of the picture, and whatever follows.
    """
    edges = np.array((shape[1], shape[0]), np.float64)
    growth = float(np.clip((size / start).mean(), (_SMALLEST / start).max(), max(float((edges / start).min()), 1.0)))
    return np.clip(centre, 0, edges), start * max(growth, 1e-3)


@lru_cache(maxsize=64)
def cosine(rows: int, columns: int) -> Float32Array:
    """Return a cosine window that ends in zeros, float32 ``(rows, columns)``; not to be changed."""
    window = np.outer(np.hanning(rows), np.hanning(columns)).astype(np.float32)
    window.flags.writeable = False
    return window
