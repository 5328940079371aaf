"""Squares of a picture that are too large to be copied out before they are scaled."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["sampled_square"]


def sampled_square(
    image: npt.NDArray[Any], left: int, top: int, side: int, size: int, filling: tuple[float, ...]
) -> npt.NDArray[Any]:
    """Return a square of a picture, scaled without being put together first: the same but for rounding.

    Args:
        image: uint8 or float32 ``(height, width, 3)``.
        left: Its first column; may lie before the picture's.
        top: Its first row.
        side: Of the square, pixels of the picture.
        size: Side of the result.
        filling: What lies beyond the picture, by channel.

    Returns:
        ``(size, size, 3)`` of the picture's type.
    """
    step = side / size
    # Middles of pixels onto middles of pixels.
    shift = 0.5 * step - 0.5
    place = np.array([[step, 0, left + shift], [0, step, top + shift]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, place, (size, size), flags=flags, borderValue=filling))
