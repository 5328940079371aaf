"""Square pieces of pictures around a target, filled up with the picture's mean colour, as Siamese trackers cut them.

Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016, https://arxiv.org/abs/1606.09549; the
corners and the rounding are those of pysot (https://github.com/STVIR/pysot, Apache-2.0), byte by byte. Unlike there,
only the piece is filled up, never the whole picture; and pieces with an edge of more than `LARGEST_PIECE` are sampled
where they lie instead of being copied out first, which may differ by a few grey levels.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from vtcore.frames import Image
from vtcore.instances import Float64Array
from vtrack_common_sot.sampling import sampled_square

__all__ = ["LARGEST_PIECE", "context_size", "mean_colour", "subwindow"]

LARGEST_PIECE = 8192
"""Edge, in pixels of the picture, up to which a piece is copied out before it is scaled."""


def mean_colour(image: Image) -> Float64Array:
    """Return the mean of each channel over a picture, float64 ``(3,)``.

    Args:
        image: uint8 ``(height, width, 3)``.
    """
    # Sums of whole numbers are exact; OpenCV's own mean is not, and what is just below a grey level is cut to the next.
    sums: Float64Array = np.array(cv2.sumElems(image)[:3], np.float64)
    mean: Float64Array = sums / (image.shape[0] * image.shape[1])
    return mean


def context_size(width: float, height: float, context: float = 0.5) -> float:
    """Return the edge of the square that holds a target and what is around it, in the units of its size.

    Args:
        width: Of the target.
        height: Of the target.
        context: Margin on both sides together, as a share of the sum of width and height; raising it shows more of the
            surroundings.
    """
    margin = context * (width + height)
    return math.sqrt((width + margin) * (height + margin))


def subwindow(
    image: Image, centre: tuple[float, float] | Float64Array, size: int, original_size: int, colour: Float64Array
) -> Image:
    """Return a square piece of a picture.

    Args:
        image: uint8 ``(height, width, 3)``.
        centre: Its middle, ``x, y`` in pixels of the picture, where whole numbers are the middles of pixels.
        size: Edge of what is returned, in pixels.
        original_size: Edge of the piece, in pixels of the picture; at least 1.
        colour: What lies beyond the picture, ``(3,)``; its fractions are cut off.

    Returns:
        uint8 ``(size, size, 3)``; all colour where the piece misses the picture.
    """
    filling = tuple(int(value) for value in colour)
    left, top = (math.floor(value - (original_size + 1) / 2 + 0.5) for value in centre)
    height, width = image.shape[:2]
    if left >= width or top >= height or left + original_size <= 0 or top + original_size <= 0:
        return np.full((size, size, 3), filling, np.uint8)
    if original_size > LARGEST_PIECE and original_size > size:
        return np.asarray(sampled_square(image, left, top, original_size, size, filling), np.uint8)
    right, bottom = left + original_size, top + original_size
    piece = image[max(top, 0) : bottom, max(left, 0) : right]
    if left < 0 or top < 0 or right > width or bottom > height:
        beyond = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
        piece = np.asarray(cv2.copyMakeBorder(piece, *beyond, cv2.BORDER_CONSTANT, value=filling), np.uint8)
    if original_size == size:
        return np.ascontiguousarray(piece)
    return np.asarray(cv2.resize(piece, (size, size)), np.uint8)
