"""Square crops around a target, to the pixel as OSTrack, STARK and MixFormer make them.

The crop of Ye et al., Joint Feature Learning and Relation Modeling for Tracking: A One-Stream Framework, ECCV 2022,
https://arxiv.org/abs/2203.11991, code botaoye/OSTrack (MIT), which STARK and MixFormer (both MIT) share. One thing is
defined here that raises there: a crop that misses the picture altogether is all padding.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtrack_common_sot.sampling import sampled_square

__all__ = [
    "answered_box",
    "box_in_crop",
    "box_in_picture",
    "clip_box",
    "crop_shows_picture",
    "padding_mask",
    "shows_picture",
    "square_crop",
]

_LARGEST_SIDE = 8192
"""Pixels of a crop that is put together before it is scaled; a larger one is sampled from the picture instead."""


def square_crop(image: Image, ltwh: npt.ArrayLike, factor: float, size: int) -> tuple[Image, float]:
    """Cut a square around a box and scale it.

    Its side is `factor` times the geometric mean of the box's width and height, rounded up to whole pixels; what lies
    beyond the picture is black. At the right and lower border one row of pixels more than that is black, as in the
    originals.

    Args:
        image: uint8 ``(H, W, 3)``.
        ltwh: ``x, y, width, height`` in pixels, of positive size.
        factor: Side of the crop in sides of the box; raising it shows more of what is around, in fewer pixels.
        size: Side of the result, pixels.

    Returns:
        uint8 ``(size, size, 3)``, and the pixels of the crop for each pixel of the picture.
    """
    left, top, side = _square(ltwh, factor)
    cut, pads = _cut(image, left, top, side)
    if not cut.size:
        return np.zeros((size, size, 3), np.uint8), size / side
    if side > _LARGEST_SIDE:
        sampled = sampled_square(cut, -pads[2], -pads[0], side, size, (0, 0, 0))
        return np.asarray(sampled, np.uint8), size / side
    if any(pads):
        cut = np.asarray(cv2.copyMakeBorder(cut, *pads, cv2.BORDER_CONSTANT), np.uint8)
    return np.asarray(cv2.resize(cut, (size, size)), np.uint8), size / side


def padding_mask(shape: tuple[int, ...], ltwh: npt.ArrayLike, factor: float, size: int) -> BoolArray:
    """Return what in the crop of `square_crop` is padding.

    Args:
        shape: Height and width of the picture, and whatever follows.
        ltwh: The box.
        factor: Side of the crop in sides of the box.
        size: Side of the result, pixels.

    Returns:
        bool ``(size, size)``, true where any of what a pixel was interpolated from is padding.
    """
    left, top, side = _square(ltwh, factor)
    (y1, y2, x1, x2), inside = _pads(shape, left, top, side), np.ones(2, bool)
    rows, columns = np.ones(side), np.ones(side)
    inside[:] = y1 + y2 < side, x1 + x2 < side
    if inside.all():
        rows[y1 : side - y2], columns[x1 : side - x2] = 0, 0
    # A pixel is padding where its row or its column is: both are scaled alone, and joined after.
    scaled = [cv2.resize(line.reshape(1, -1), (size, 1)).ravel() > 0 for line in (rows, columns)]
    return np.asarray(scaled[0][:, None] | scaled[1][None, :])


def shows_picture(shape: tuple[int, ...], ltwh: npt.ArrayLike) -> bool:
    """Return whether a rectangle shows any of a picture.

    Args:
        shape: Height and width of the picture, and whatever follows.
        ltwh: The rectangle, ``x, y, width, height`` in pixels of the picture.
    """
    x, y, across, down = (float(value) for value in np.asarray(ltwh))
    height, width = shape[:2]
    return max(x, 0.0) < min(x + across, width) and max(y, 0.0) < min(y + down, height)


def crop_shows_picture(shape: tuple[int, ...], ltwh: npt.ArrayLike, factor: float) -> bool:
    """Return whether the crop of `square_crop` shows any of the picture; else it is all padding.

    Args:
        shape: Height and width of the picture, and whatever follows.
        ltwh: The box.
        factor: Side of the crop in sides of the box.
    """
    left, top, side = _square(ltwh, factor)
    # The last row and the last column of a picture are padding where a crop reaches beyond them.
    return shows_picture((shape[0] - 1, shape[1] - 1), (left, top, side, side))


def clip_box(ltwh: npt.ArrayLike, height: int, width: int, margin: float = 0) -> Float64Array:
    """Return boxes within the picture, each side at least `margin` long.

    Args:
        ltwh: ``(..., 4)``, ``x, y, width, height``.
        height: Of the picture.
        width: Of the picture.
        margin: Pixels; how far a box reaches into the picture at least.

    Returns:
        float64, of the same shape.
    """
    boxes = np.asarray(ltwh, np.float64)
    low, high = boxes[..., :2], boxes[..., :2] + boxes[..., 2:]
    edge = np.array((width, height), np.float64)
    low = np.minimum(np.maximum(0.0, low), edge - margin)
    high = np.minimum(np.maximum(margin, high), edge)
    return np.concatenate((low, np.maximum(margin, high - low)), axis=-1)


def box_in_crop(ltwh: npt.ArrayLike, around: npt.ArrayLike, scale: float, size: int) -> Float64Array:
    """Return where a box of the picture lies in a crop, as the originals count: between centres of pixels.

    Args:
        ltwh: ``x, y, width, height`` in the picture.
        around: The box that the crop was made around.
        scale: Pixels of the crop for each pixel of the picture.
        size: Side of the crop.

    Returns:
        float64 ``(4,)``, ``x, y, width, height`` in fractions of the crop.
    """
    box, centre_box = np.asarray(ltwh, np.float64), np.asarray(around, np.float64)
    moved = (box[:2] + 0.5 * box[2:]) - (centre_box[:2] + 0.5 * centre_box[2:])
    extent = box[2:] * scale
    return np.concatenate(((size - 1) / 2 + moved * scale - 0.5 * extent, extent)) / size


def box_in_picture(cxcywh: npt.ArrayLike, around: npt.ArrayLike, scale: float, size: int) -> Float64Array:
    """Return a box that was found in a crop, in pixels of the picture.

    Args:
        cxcywh: ``centre x, centre y, width, height`` in pixels of the picture, from the crop's top left corner.
        around: The box ``x, y, width, height`` that the crop was made around.
        scale: Pixels of the crop for each pixel of the picture.
        size: Side of the crop.

    Returns:
        float64 ``(4,)``, ``x, y, width, height``.
    """
    x, y, width, height = (float(value) for value in np.asarray(cxcywh))
    left, top, across, down = (float(value) for value in np.asarray(around))
    half = 0.5 * size / scale
    x, y = x + (left + 0.5 * across - half), y + (top + 0.5 * down - half)
    return np.array((x - 0.5 * width, y - 0.5 * height, width, height))


def answered_box(
    answer: Float32Array, around: npt.ArrayLike, scale: float, size: int, shape: tuple[int, ...], margin: float
) -> Float64Array:
    """Return the box that a network answers of a crop, in the picture and within it.

    Its size is computed in single precision, as in the originals.

    Args:
        answer: float32 ``(4,)``, ``centre x, centre y, width, height`` in fractions of the crop.
        around: The box ``x, y, width, height`` that the crop was made around.
        scale: Pixels of the crop for each pixel of the picture.
        size: Side of the crop.
        shape: Height and width of the picture, and whatever follows.
        margin: Pixels; see `clip_box`.

    Returns:
        float64 ``(4,)``, ``x, y, width, height``.
    """
    found = box_in_picture(answer * np.float32(size) / np.float32(scale), around, scale, size)
    return clip_box(found, shape[0], shape[1], margin)


def _square(ltwh: npt.ArrayLike, factor: float) -> tuple[int, int, int]:
    """Return left, top and side of the crop in the picture, whole pixels."""
    x, y, width, height = (float(value) for value in np.asarray(ltwh))
    side = max(math.ceil(math.sqrt(width * height) * factor), 1)
    return round(x + 0.5 * width - side * 0.5), round(y + 0.5 * height - side * 0.5), side


def _pads(shape: tuple[int, ...], left: int, top: int, side: int) -> tuple[int, int, int, int]:
    """Return how many rows and columns of padding there are above, below, on the left and on the right."""
    height, width = shape[:2]
    return max(0, -top), max(top + side - height + 1, 0), max(0, -left), max(left + side - width + 1, 0)


def _cut(image: Image, left: int, top: int, side: int) -> tuple[Image, tuple[int, int, int, int]]:
    pads = above, below, before, after = _pads(image.shape, left, top, side)
    rows = slice(top + above, max(top + side - below, top + above))
    columns = slice(left + before, max(left + side - after, left + before))
    return image[rows, columns], pads
