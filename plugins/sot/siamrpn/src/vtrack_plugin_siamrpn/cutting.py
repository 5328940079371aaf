"""Pictures of targets and of where they may be, cut as pysot or as MMTracking (both Apache-2.0) cut them."""

from __future__ import annotations

from typing import Any

import attrs
import cv2
import numpy as np

from vtcore.frames import Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.crops import shows_picture
from vtrack_common_sot.sampling import sampled_square
from vtrack_common_sot.subwindow import context_size, mean_colour, subwindow
from vtrack_plugin_siamrpn.config import SiamRpnConfig

__all__ = ["Piece", "Scissors"]

_LARGEST_PIECE = 4096
"""Edge, in pixels of the frame, up to which MMTracking's pieces are copied out before they are scaled."""


@attrs.frozen(eq=False)
class Piece:
    """A picture for the network.

    Attributes:
        pixels: ``(size, size, 3)``, blue first, uint8 or float32, 0 to 255.
        scale: Its pixels per pixel of the frame.
    """

    pixels: Any
    scale: float


class Scissors:
    """Cuts templates and search pictures."""

    def __init__(self, config: SiamRpnConfig) -> None:
        """Take sizes and margins from the options."""
        self._config = config
        self._mmtracking = config.convention == "mmtracking"

    def centre(self, ltwh: Float64Array) -> Float64Array:
        """Return the middle of a box, ``x, y``; pysot counts it from the middles of pixels."""
        width, height = ltwh[2:]
        beyond = 0.0 if self._mmtracking else 1.0
        return np.array((ltwh[0] + (width - beyond) / 2, ltwh[1] + (height - beyond) / 2))

    def colour(self, image: Image) -> Float64Array:
        """Return what fills up pieces, ``(3,)``."""
        return mean_colour(image)

    def template(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Any:
        """Return the picture of a target, as `Piece.pixels`.

        Args:
            image: The frame.
            centre: ``x, y`` of the target.
            size: Width and height of the target.
            colour: As `colour` returns it.
        """
        edge = max(round(self._extent(size)), 1)
        return self._cut(image, centre, self._config.template_size, edge, colour)

    def search(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array, edge: int) -> Piece:
        """Return the picture to search for a target: arguments as for `template`.

        Args:
            image: The frame.
            centre: ``x, y`` where the target was.
            size: Its width and height.
            colour: As `colour` returns it.
            edge: Of the picture.
        """
        around = self._around(size, edge)
        return Piece(self._cut(image, centre, edge, around, colour), self._config.template_size / self._extent(size))

    def shows(self, image: Image, centre: Float64Array, size: Float64Array, edge: int) -> bool:
        """Return whether the picture to search shows any of the frame; arguments as for `search`."""
        around = self._around(size, edge)
        return shows_picture(image.shape, (*(centre - around / 2), around, around))

    def _around(self, size: Float64Array, edge: int) -> int:
        """Return the edge of the picture to search in pixels of the frame."""
        return max(round(self._extent(size) * (edge / self._config.template_size)), 1)

    def _extent(self, size: Float64Array) -> float:
        return context_size(float(size[0]), float(size[1]), self._config.context_amount)

    def _cut(self, image: Image, centre: Float64Array, edge: int, around: int, colour: Float64Array) -> Any:
        if self._mmtracking:
            return _mmtracking_piece(image, centre, edge, around, colour)
        return subwindow(image, centre, edge, around, colour)


def _mmtracking_piece(
    image: Image, centre: Float64Array, size: int, original_size: int, colour: Float64Array
) -> Float32Array:
    """Return a piece of a frame by MMTracking's rules.

    It is one pixel larger than asked for, but not where it ends beyond the frame, and is scaled without rounding to
    whole grey levels.
    """
    height, width = image.shape[:2]
    half = original_size / 2
    # Not to the next lower, but towards zero.
    (left, right), (top, bottom) = (
        (int(value - half), _end(int(value + half), limit))
        for value, limit in zip(centre.tolist(), (width, height), strict=True)
    )
    if left >= width or top >= height or right <= 0 or bottom <= 0:
        return np.broadcast_to(colour.astype(np.float32), (size, size, 3))
    if original_size > _LARGEST_PIECE and original_size > size:
        filling = tuple(colour.tolist())
        return sampled_square(image.astype(np.float32), left, top, original_size + 1, size, filling)
    piece = image[max(top, 0) : bottom, max(left, 0) : right].astype(np.float32)
    beyond = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(beyond):
        filled = cv2.copyMakeBorder(piece, *beyond, cv2.BORDER_CONSTANT, value=tuple(colour.tolist()))
        piece = np.asarray(filled, np.float32)
    if piece.shape[:2] == (size, size):
        return np.asarray(piece, np.float32)
    return np.asarray(cv2.resize(piece, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _end(last: int, limit: int) -> int:
    return last if last >= limit else last + 1
