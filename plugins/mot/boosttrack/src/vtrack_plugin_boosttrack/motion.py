"""The Kalman filter of BoostTrack: centre, height and aspect ratio, all with velocities and constant noise."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array
from vtrack_common_mot.kalman import BoxFilter

__all__ = ["VARIANCES", "XyhrFilter"]

VARIANCES = slice(8, 12)
"""Rows of a batch of tracks that hold the variance of each coordinate."""

_WIDTH, _HEIGHT = 20, 2
_SMALLEST_HEIGHT = 1e-6
_ZERO = np.array(0.0)


class XyhrFilter(BoxFilter):
    """Centre, height and aspect ratio (width / height), each with a velocity; constant noise."""

    def __init__(self) -> None:
        """Set the noise to that of the original."""
        super().__init__(
            process=_rows(1, 1, 1, 1, 1e-2, 1e-2, 1e-2, 1e-2),
            measurement=_rows(1, 1, 10, 1e-2),
            # Nothing is known of the first velocities.
            initial=_rows(10, 10, 10, 10, 1e4, 1e4, 1e4, 1e4),
            sides=(_WIDTH, _HEIGHT),
        )

    def measure(self, centres: Float64Array) -> Float64Array:
        """Turn ``x, y, width, height`` into ``x, y, height, width / height``, in place."""
        width, height = centres[2], centres[3]
        ratio = width / (height + _SMALLEST_HEIGHT)
        width[:] = height
        height[:] = ratio
        return centres

    def warp(self, tracks: Float64Array, warp: Float64Array) -> None:
        """Move the boxes of tracks, in place, as a moved camera sees their upper left and lower right corners.

        Velocities and variances stay as they are, as in the original.

        Args:
            tracks: ``(ROWS, n)``.
            warp: float64 ``(2, 3)``, where a pixel of the previous frame is in this one.
        """
        corners = self.shapes(tracks)[6:].reshape(2, 2, -1)
        moved = np.matmul(warp[:, :2], corners) + warp[:, 2:]
        width, height = moved[1] - moved[0]
        np.add(moved[0], moved[1], tracks[:2])
        tracks[:2] /= 2
        height[np.abs(height) < _SMALLEST_HEIGHT] = _SMALLEST_HEIGHT
        tracks[2] = height
        np.divide(width, height, tracks[3])

    def _fill_squares(self, tracks: Float64Array) -> None:
        """Nothing: the noise is constant."""

    def _fill_sides(self, tracks: Float64Array) -> None:
        """A ratio expected to be less than nothing is none; a height of less than nothing turns the box inside out.

        Neither overlaps anything.
        """
        width = np.maximum(tracks[3], _ZERO, out=tracks[_WIDTH])
        np.multiply(width, tracks[_HEIGHT], width)


def _rows(*noise: float) -> list[list[float]]:
    """Noise that does not depend on the box, over the basis (unused, unused, 1)."""
    return [[0.0, 0.0, value] for value in noise]
