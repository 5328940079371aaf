"""Where the pieces of a frame are cut that template and search pictures are made of; one way for each ``compat``.

The pieces are pysot's (`vtrack_common_sot.subwindow`): whole pixels of the frame. A piece therefore lies up to half a
pixel beside its target, and the original code gives the network's answer as if it did not; besides, a piece is centred
one pixel left of and above the middle that it is asked for. Of a target 17 pixels wide that takes 4 points of overlap.
"""

from __future__ import annotations

import math
from typing import Protocol

import attrs
import cv2
import numpy as np

from vtcore.frames import Image
from vtcore.instances import Float64Array
from vtrack_common_sot.subwindow import context_size, subwindow
from vtrack_plugin_nanotrack.network import SEARCH_SIZE, TEMPLATE_SIZE

__all__ = ["CUTTERS", "Cutter", "Piece"]

_SMALLEST = 1


@attrs.frozen
class Piece:
    """A search picture and where it lies.

    Attributes:
        picture: uint8 ``(255, 255, 3)``.
        middle: float64 ``(2,)``: its middle in the frame, in the numbers that `centre` counts in.
        scale: Pixels of the picture for each pixel of the frame.
    """

    picture: Image
    middle: Float64Array
    scale: float


class Cutter(Protocol):
    """Cuts pieces, and says what the numbers of a target's centre mean."""

    def centre(self, ltwh: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return centre and size ``(2,)`` of a target that is started from a box."""

    def template(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Image:
        """Return the template picture, uint8 ``(127, 127, 3)``."""

    def search(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Piece:
        """Return the search picture."""


class TrueCutter:
    """Positions from where the piece truly lies.

    Training pictures are cut with the numbers of a box taken as those of pixels, so that a box of the network's is to
    be read the same way: 10.0 is the middle of the eleventh pixel.
    """

    def centre(self, ltwh: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return centre and size."""
        return ltwh[:2] + ltwh[2:] / 2, ltwh[2:].copy()

    def template(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Image:
        """Return the template picture."""
        return subwindow(image, centre + 1, TEMPLATE_SIZE, _whole(context_size(*size)), colour)

    def search(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Piece:
        """Return the search picture."""
        (x, y), (width, height) = centre.tolist(), size.tolist()
        edge = _whole(context_size(width, height) * (SEARCH_SIZE / TEMPLATE_SIZE))
        # A piece lies one pixel left of and above the middle that it is asked for.
        picture = subwindow(image, (x + 1, y + 1), SEARCH_SIZE, edge, colour)
        left, top = (math.floor(value + 1 - edge / 2) for value in (x, y))
        half = (edge - 1) / 2
        return Piece(picture, np.array((left + half, top + half)), SEARCH_SIZE / edge)


class PublishedCutter:
    """The authors' tracker: the piece is taken to lie where it was asked for."""

    def centre(self, ltwh: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return centre and size."""
        return ltwh[:2] + (ltwh[2:] - 1) / 2, ltwh[2:].copy()

    def template(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Image:
        """Return the template picture."""
        return subwindow(image, centre, TEMPLATE_SIZE, _whole(context_size(*size)), colour)

    def search(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Piece:
        """Return the search picture."""
        edge = context_size(*size)
        picture = subwindow(image, centre, SEARCH_SIZE, _whole(edge * (SEARCH_SIZE / TEMPLATE_SIZE)), colour)
        return Piece(picture, centre, TEMPLATE_SIZE / edge)


class OpencvCutter:
    """OpenCV's TrackerNano (Apache-2.0): fractions are cut off, and the search piece is twice the template's.

    The colour beyond the picture is that of each frame, rounded.
    """

    def centre(self, ltwh: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return centre and size of the box in whole pixels, which is all that OpenCV takes."""
        whole = np.maximum(np.rint(ltwh), (-np.inf, -np.inf, 1, 1))
        return whole[:2] + whole[2:] / 2, whole[2:]

    def template(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Image:
        """Return the template picture."""
        return self._cut(image, centre, TEMPLATE_SIZE, context_size(*size))

    def search(self, image: Image, centre: Float64Array, size: Float64Array, colour: Float64Array) -> Piece:
        """Return the search picture."""
        margin = 0.5 * math.floor(size.sum())
        edge = math.sqrt((size[0] + margin) * (size[1] + margin))
        picture = self._cut(image, centre, SEARCH_SIZE, edge * (SEARCH_SIZE // TEMPLATE_SIZE))
        return Piece(picture, centre, TEMPLATE_SIZE / edge)

    @staticmethod
    def _cut(image: Image, centre: Float64Array, size: int, edge: float) -> Image:
        whole = max(int(edge), _SMALLEST)
        # `subwindow` puts the corner at floor(middle - whole / 2); OpenCV's is at int(centre) - (whole + 1) // 2.
        middle = np.trunc(centre) - (whole + 1) // 2 + whole / 2
        return subwindow(image, middle, size, whole, np.rint(cv2.mean(image)[:3]))


CUTTERS: dict[str, type[Cutter]] = {"": TrueCutter, "nanotrack": PublishedCutter, "opencv": OpencvCutter}
"""By the option ``compat``."""


def _whole(edge: float) -> int:
    return max(round(edge), _SMALLEST)
