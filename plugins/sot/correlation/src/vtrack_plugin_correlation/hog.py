"""Histograms of oriented gradients, as 31 numbers for each cell.

Felzenszwalb et al., Object Detection with Discriminatively Trained Part-Based Models, PAMI 2010, section 6: 18
directions, 9 orientations, 4 sums that tell of texture. From the paper; other than there the outermost cells are kept:
beyond the border they count as if they stood there once more.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vtcore.instances import Float32Array, Int64Array

__all__ = ["CHANNELS", "histograms"]

CHANNELS = 31

_DIRECTIONS = 18
_ORIENTATIONS = 9
_LARGEST = np.float32(0.2)
_TEXTURE = np.float32(0.2357)
_TINY = np.float32(1e-4)


def histograms(pictures: Float32Array, cell: int) -> Float32Array:
    """Return the histograms of pictures of one size.

    Args:
        pictures: float32 ``(n, height, width, channels)`` or ``(n, height, width)``, of any range.
        cell: Edge of a cell in pixels; it divides height and width.

    Returns:
        float32 ``(n, 31, height / cell, width / cell)``.
    """
    count, height, width = pictures.shape[:3]
    across, down = _gradients(pictures)
    magnitude, angle = cv2.cartToPolar(across.reshape(count * height, -1), down.reshape(count * height, -1))
    direction = np.rint(angle * np.float32(_DIRECTIONS / (2 * np.pi))).astype(np.int64).ravel()
    direction[direction == _DIRECTIONS] = 0
    counted = _counted(direction, np.asarray(magnitude, np.float32).ravel(), (count, height, width), cell)
    return _normalised(counted)


def _gradients(pictures: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Return the differences across and down, each ``(n, height, width)``, of the channel where they are largest."""
    across, down = np.empty_like(pictures), np.empty_like(pictures)
    across[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    across[:, :, 0], across[:, :, -1] = pictures[:, :, 1] - pictures[:, :, 0], pictures[:, :, -1] - pictures[:, :, -2]
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    down[:, 0], down[:, -1] = pictures[:, 1] - pictures[:, 0], pictures[:, -1] - pictures[:, -2]
    if pictures.ndim == 3:
        return across, down
    strength = across * across + down * down
    best_across, best_down, best = across[..., 0], down[..., 0], strength[..., 0]
    for channel in range(1, pictures.shape[3]):
        stronger = strength[..., channel] > best
        best = np.maximum(best, strength[..., channel])
        best_across = np.where(stronger, across[..., channel], best_across)
        best_down = np.where(stronger, down[..., channel], best_down)
    return best_across, best_down


def _counted(direction: Int64Array, magnitude: Float32Array, shape: tuple[int, int, int], cell: int) -> Float32Array:
    """Return how much there is of each direction in each cell, ``(n, 18, rows, columns)``."""
    count, rows, columns = shape[0], shape[1] // cell, shape[2] // cell
    places, weights = _shares(shape, cell)
    size = count * (rows + 2) * (columns + 2)
    direction *= size
    total = np.zeros(_DIRECTIONS * size)
    for place, weight in zip(places, weights, strict=True):
        total += np.bincount(direction + place, magnitude * weight, len(total))
    table = total.reshape(_DIRECTIONS, count, rows + 2, columns + 2)[:, :, 1:-1, 1:-1]
    return np.ascontiguousarray(table.transpose(1, 0, 2, 3), np.float32)


@lru_cache(maxsize=32)
def _shares(shape: tuple[int, int, int], cell: int) -> tuple[list[Int64Array], list[Float32Array]]:
    """Return for each pixel the four cells that share it, and how; around the cells there is a border of others."""
    count, height, width = shape
    rows, columns = height // cell, width // cell
    places, weights = [], []
    row, row_share = _neighbours(height, cell)
    column, column_share = _neighbours(width, cell)
    picture = np.arange(count)[:, None, None] * ((rows + 2) * (columns + 2))
    for down in (0, 1):
        for across in (0, 1):
            place = picture + (row[down][:, None] * (columns + 2) + column[across])[None]
            weight = np.broadcast_to(row_share[down][:, None] * column_share[across], shape)
            places.append(place.ravel())
            weights.append(np.ascontiguousarray(weight, np.float32).ravel())
    return places, weights


def _neighbours(length: int, cell: int) -> tuple[list[Int64Array], list[Float32Array]]:
    """Return the two cells between whose middles a pixel lies, the border's counted, and its share in each."""
    middle = (np.arange(length) + 0.5) / cell - 0.5
    first = np.floor(middle).astype(np.int64)
    share = (middle - first).astype(np.float32)
    return [first + 1, first + 2], [1 - share, share]


def _normalised(table: Float32Array) -> Float32Array:
    count, _, rows, columns = table.shape
    both = table[:, :_ORIENTATIONS] + table[:, _ORIENTATIONS:]
    energy = np.pad((both * both).sum(axis=1), ((0, 0), (1, 1), (1, 1)), mode="edge")
    block = energy[:, :-1, :-1] + energy[:, 1:, :-1] + energy[:, :-1, 1:] + energy[:, 1:, 1:]
    factor = 1 / np.sqrt(block + _TINY)
    result = np.zeros((count, CHANNELS, rows, columns), np.float32)
    for number, (down, across) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        scale = factor[:, None, down : down + rows, across : across + columns]
        directions = np.minimum(table * scale, _LARGEST)
        result[:, :_DIRECTIONS] += directions
        result[:, _DIRECTIONS : _DIRECTIONS + _ORIENTATIONS] += np.minimum(both * scale, _LARGEST)
        result[:, _DIRECTIONS + _ORIENTATIONS + number] = directions.sum(axis=1) * _TEXTURE
    result[:, : _DIRECTIONS + _ORIENTATIONS] *= np.float32(0.5)
    return result
