"""Pieces of a frame around a target, scaled to the size of a model, to fractions of a pixel."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vtcore.frames import Image
from vtcore.instances import Float64Array

__all__ = ["grey", "sample", "sample_sizes"]

_LARGEST = 4096
"""Pixels of the frame on an edge of what is copied out to be shrunk."""


def sample(
    image: Image, centre: Float64Array, extent: Float64Array, size: tuple[int, int], turn: Float64Array | None = None
) -> Image:
    """Return a piece of a frame, scaled; what lies beyond the frame is as its border.

    Args:
        image: uint8 ``(height, width, channels)`` or ``(height, width)``.
        centre: Middle of the piece, ``x, y`` in continuous pixels of the frame.
        extent: Width and height of the piece in pixels of the frame.
        size: Height and width of the result.
        turn: ``(2, 2)``, by which the piece is turned or sheared around its middle; not at all by default.

    Returns:
        uint8 ``(*size, channels)``.
    """
    height, width = size
    linear = np.diag((extent[0] / width, extent[1] / height))
    if turn is not None:
        linear = turn @ linear
    shrunk, corner, factor = _shrunk(image, centre, extent, float(min(linear[0, 0], linear[1, 1])))
    matrix = linear / factor
    # Middles of pixels lie at halves.
    offset = (centre - corner) / factor - matrix @ np.array((width / 2 - 0.5, height / 2 - 0.5)) - 0.5
    place = np.hstack((matrix, offset[:, None]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(shrunk, place, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def sample_sizes(image: Image, centre: Float64Array, extents: Float64Array, size: tuple[int, int]) -> Image:
    """Return pieces around one place, one of each size, all scaled alike; as `sample` does it, in one go.

    Args:
        image: uint8 ``(height, width, channels)``.
        centre: Middle of the pieces, ``x, y`` in continuous pixels of the frame.
        extents: float64 ``(n, 2)``, width and height of each piece in pixels of the frame.
        size: Height and width of each result.

    Returns:
        uint8 ``(n, *size, channels)``.
    """
    height, width = size
    scale = float((extents / (width, height)).min())
    shrunk, corner, factor = _shrunk(image, centre, extents.max(axis=0), scale)
    middle = (centre - corner) / factor - 0.5
    across, down = (
        middle[axis] + np.outer(extents[:, axis] / factor, (np.arange(count) + 0.5) / count - 0.5)
        for axis, count in ((0, width), (1, height))
    )
    shape = len(extents), height, width
    columns = np.broadcast_to(across[:, None, :], shape).astype(np.float32).reshape(-1, width)
    rows = np.broadcast_to(down[:, :, None], shape).astype(np.float32).reshape(-1, width)
    taken = cv2.remap(shrunk, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.uint8).reshape(*shape, *image.shape[2:])


def grey(image: Image) -> Image:
    """Return the brightness of a picture, uint8 ``(height, width)``.

    Args:
        image: uint8 ``(height, width, 3)``, blue first.
    """
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _shrunk(
    image: Image, centre: Float64Array, extent: Float64Array, scale: float
) -> tuple[Image, Float64Array, float]:
    """Return the picture, or its part in question made smaller by a whole number, so that nothing is skipped.

    Returns:
        The picture, where its corner lies in the frame, and how many pixels of the frame make one of its.
    """
    factor = math.floor(scale)
    height, width = image.shape[:2]
    reach = extent * 0.75 + factor
    left, top = (max(0, math.floor(value)) for value in centre - reach)
    right, bottom = (min(edge, math.ceil(v)) for v, edge in zip(centre + reach, (width, height), strict=True))
    columns, rows = (right - left) // factor if factor else 0, (bottom - top) // factor if factor else 0
    if factor < 2 or columns < 1 or rows < 1 or max(right - left, bottom - top) > _LARGEST:
        return image, np.zeros(2), 1.0
    part = image[top : top + rows * factor, left : left + columns * factor]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array((left, top), np.float64), float(factor)
