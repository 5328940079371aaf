"""Anchors: the boxes that a cell's answer is counted from, and the window that prefers the middle.

Sizes are rounded as in pysot or as in MMTracking (both Apache-2.0), which differ by a few pixels where an anchor is
higher than wide: weights go with the anchors that they were trained with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq

import numpy as np

from vtcore.instances import Float32Array, Float64Array

__all__ = ["anchor_grid", "base_anchors", "cosine_window", "training_anchors"]


def base_anchors(stride: int, ratios: Seq[float], scales: Seq[float], *, convention: str = "pysot") -> Float32Array:
    """Return the anchors of one cell, float32 ``(A, 4)``, ``x1, y1, x2, y2`` in pixels from its middle.

    Args:
        stride: Pixels of the search picture per cell.
        ratios: Height by width.
        scales: Edge of a square anchor, in strides; those of a ratio stand together.
        convention: Whose rounding: ``"pysot"`` or ``"mmtracking"``.
    """
    sizes = []
    for ratio in ratios:
        if convention == "pysot":
            width = int(math.sqrt(stride * stride / ratio))
            height = int(width * ratio)
        else:
            root = np.sqrt(np.float32(ratio))
            width, height = int(stride * (np.float32(1) / root)), int(stride * root)
        sizes += [(width * scale, height * scale) for scale in scales]
    halves = np.array(sizes, np.float64).reshape(-1, 2) * 0.5
    return np.concatenate((-halves, halves), axis=1).astype(np.float32)


def anchor_grid(base: Float32Array, stride: int, size: int) -> Float32Array:
    """Return the anchors of all cells, counted from the middle one.

    Args:
        base: Of one cell, as `base_anchors` returns them.
        stride: Pixels of the search picture per cell.
        size: Cells of a row, and rows.

    Returns:
        float32 ``(A * size * size, 4)``, ``cx, cy, width, height``: anchor by anchor, row by row.
    """
    places = ((np.arange(size) - size // 2) * stride).astype(np.float32)
    grid = np.empty((len(base), size, size, 4), np.float32)
    grid[..., 0], grid[..., 1] = places, places[:, None]
    grid[..., 2:] = (base[:, 2:] - base[:, :2])[:, None, None]
    return grid.reshape(-1, 4)


def training_anchors(base: Float32Array, stride: int, size: int, centre: int) -> tuple[Float32Array, Float32Array]:
    """Return the anchors of all cells in pixels of the search picture, for the targets of training.

    Args:
        base: Of one cell, as `base_anchors` returns them.
        stride: Pixels per cell.
        size: Cells of a row, and rows.
        centre: Where the middle cell is, in pixels.

    Returns:
        float32 ``(4, A, size, size)`` twice: ``x1, y1, x2, y2``, and ``cx, cy, width, height``.
    """
    corners = base + np.float32(centre - size // 2 * stride)
    steps = np.arange(size) * stride
    x1, y1, x2, y2 = (edge[:, None, None] for edge in corners.T)
    blank = np.zeros((len(base), size, size), np.float32)
    cx, cy = (x1 + x2) * 0.5 + steps + blank, (y1 + y2) * 0.5 + steps[:, None] + blank
    width, height = x2 - x1 + blank, y2 - y1 + blank
    edges = (cx - width * 0.5, cy - height * 0.5, cx + width * 0.5, cy + height * 0.5)
    return np.stack(edges).astype(np.float32), np.stack((cx, cy, width, height)).astype(np.float32)


def cosine_window(size: int, anchors: int) -> Float64Array:
    """Return what prefers the middle, float64 ``(anchors * size * size,)``, in the order of `anchor_grid`.

    Args:
        size: Cells of a row, and rows.
        anchors: Per cell.
    """
    hanning = np.hanning(size)
    return np.tile(np.outer(hanning, hanning).ravel(), anchors)
