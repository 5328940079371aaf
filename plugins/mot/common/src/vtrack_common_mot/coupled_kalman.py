"""A Kalman filter of boxes whose states can be carried through a camera's motion.

A warp of the picture turns and shears, so that afterwards what is not known of x is not independent of what is not
known of y. `WarpedXywhFilter` keeps what `XywhFilter` keeps, and the covariances of the two axes with each other. In
this model centre and size have the same noise and go through the same warps: one covariance of ``x, y`` and their
velocities holds for ``width, height`` and theirs as well, and takes the rows that the second would need. A batch of n
tracks is one float64 array ``(ROWS, n)`` as in `vtrack_common_mot.kalman`, except for these rows:

=======  =====================================================================================
rows     meaning
=======  =====================================================================================
``8:11``   variance of x, variance of y, covariance of x with y
``12:15``  the same of the velocities
``16:20``  covariance of x with its velocity, y with its own, x with that of y, y with that of x
=======  =====================================================================================

Source: Aharon et al., "BoT-SORT: Robust Associations Multi-Pedestrian Tracking", 2022, section 3.2,
https://arxiv.org/abs/2206.14651; original code: https://github.com/NirAharon/BoT-SORT (MIT licence).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array
from vtrack_common_mot.kalman import ROWS, XywhFilter

__all__ = ["WarpedXywhFilter"]

_XX, _YY, _XY = 8, 9, 10
_SPEED = 12
_X_VX, _Y_VY, _X_VY, _Y_VX = 16, 17, 18, 19
_ONES = 22

# Rows of the covariance of x, and of y, with x, y and their velocities.
_WITH_X = np.array([_XX, _XY, _X_VX, _X_VY])
_WITH_Y = np.array([_XY, _YY, _Y_VX, _Y_VY])
_CENTRES = np.array([0, 1, 4, 5])
_SIZES = np.array([2, 3, 6, 7])
_LEAST_SHARE = np.array(1e-12)


class WarpedXywhFilter(XywhFilter):
    """`XywhFilter` for pictures that move: the same results while no warp turns or shears."""

    def __init__(
        self, *, position_weight: float = 1 / 20, velocity_weight: float = 1 / 160, pixel: float = 0.0
    ) -> None:
        """Set the noise; the arguments are those of `XywhFilter`."""
        super().__init__(position_weight=position_weight, velocity_weight=velocity_weight, pixel=pixel)
        self._shares = position_weight**2, velocity_weight**2
        self._transition = self._matrix(1.0)
        # The rows of the second variances mean something else here.
        self._initial[[2, 3, 6, 7]] = 0

    def _matrix(self, elapsed: float) -> Float64Array:
        return _transition(*self._shares, elapsed)

    def update(self, tracks: Float64Array, measured: Float64Array, scores: Float64Array | None = None) -> None:
        """Correct tracks by what was measured, in place.

        Args:
            tracks: ``(ROWS, n)``; fastest when contiguous.
            measured: ``(4, n)``, ``x, y, width, height``.
            scores: ``(n,)``, as `BoxFilter.update` takes them.
        """
        noise_x, noise_y = self._noise(tracks, scores)[:2]
        with_x, with_y = tracks.take(_WITH_X, 0), tracks.take(_WITH_Y, 0)
        total_x, total_y, total_xy = with_x[0] + noise_x, with_y[1] + noise_y, with_x[1]
        determinant = _determinant(total_x, total_y, total_xy)
        gain_x = (with_x * total_y - with_y * total_xy) / determinant
        gain_y = (with_y * total_x - with_x * total_xy) / determinant
        surprise = measured - tracks[:4]
        tracks[_CENTRES] += gain_x * surprise[0] + gain_y * surprise[1]
        tracks[_SIZES] += gain_x * surprise[2] + gain_y * surprise[3]
        # P - P (P + R)^-1 P = R (P + R)^-1 P, and the same for the covariances with the velocities.
        tracks[_XX] = gain_x[0] * noise_x
        tracks[_YY] = gain_y[1] * noise_y
        tracks[_XY] = gain_y[0] * noise_y
        tracks[_X_VX], tracks[_X_VY] = gain_x[2:] * noise_x
        tracks[_Y_VX], tracks[_Y_VY] = gain_y[2:] * noise_y
        speed = tracks[_SPEED : _SPEED + 3]
        speed[:2] -= gain_x[2:] * with_x[2:] + gain_y[2:] * with_y[2:]
        speed[2] -= gain_x[2] * with_x[3] + gain_y[2] * with_y[3]

    def project(self, tracks: Float64Array, scores: Float64Array | None = None) -> tuple[Float64Array, Float64Array]:
        """Return mean and variance of what would be measured of the tracks, ``(4, n)`` each, each coordinate alone.

        Args:
            tracks: ``(ROWS, n)``.
            scores: As `update` takes them.
        """
        return tracks[:4].copy(), tracks[[_XX, _YY, _XX, _YY]] + self._noise(tracks, scores)

    def gate(self, tracks: Float64Array, measured: Float64Array, *, position_only: bool = False) -> Float64Array:
        """Return the squared Mahalanobis distance of every measurement from every track, float64 ``(n, m)``.

        Args:
            tracks: ``(ROWS, n)``.
            measured: ``(4, m)``, ``x, y, width, height``.
            position_only: Of the centre alone.
        """
        mean, variance = self.project(tracks)
        total_x, total_y, total_xy = variance[0][:, None], variance[1][:, None], tracks[_XY][:, None]
        surprise = measured[:, None, :] - mean[:, :, None]
        distance = np.zeros(surprise.shape[1:])
        for along, across in (surprise[:2],) if position_only else (surprise[:2], surprise[2:]):
            distance += along * along * total_y - 2 * along * across * total_xy + across * across * total_x
        distance /= _determinant(total_x, total_y, total_xy)
        return distance

    def warped(self, tracks: Float64Array, warp: Float64Array) -> Float64Array:
        """Return the tracks as a moved camera sees them.

        Sizes and velocities are turned as places are, which is the original's way: a box that the camera rolls
        becomes wider or narrower.

        Args:
            tracks: ``(ROWS, n)``.
            warp: float64 ``(2, 3)``, where a pixel of the previous frame is in this one.
        """
        moved: Float64Array = _through(warp).dot(tracks)
        return moved


def _determinant(x: Float64Array, y: Float64Array, xy: Float64Array) -> Float64Array:
    """Return the determinant of covariances of two coordinates; rounding must not leave what no covariance has."""
    plain = x * y
    determinant: Float64Array = np.maximum(plain - xy * xy, _LEAST_SHARE * plain)
    return determinant


def _transition(position: float, velocity: float, elapsed: float) -> Float64Array:
    """Return the matrix that moves a batch of tracks ahead.

    Args:
        position: Variance that one frame adds to a position, as a share of the side squared.
        velocity: The same of a velocity.
        elapsed: How far, in frames.
    """
    matrix = np.zeros((ROWS, ROWS))
    for row in range(4):
        matrix[row, [row, row + 4]] = 1, elapsed
        matrix[row + 4, row + 4] = 1
    xx, yy, xy = _SPEED, _SPEED + 1, _SPEED + 2
    square = elapsed * elapsed
    matrix[_XX, [_XX, _X_VX, xx]] = 1, 2 * elapsed, square
    matrix[_YY, [_YY, _Y_VY, yy]] = 1, 2 * elapsed, square
    matrix[_XY, [_XY, _X_VY, _Y_VX, xy]] = 1, elapsed, elapsed, square
    for row, speed in ((_X_VX, xx), (_Y_VY, yy), (_X_VY, xy), (_Y_VX, xy)):
        matrix[row, [row, speed]] = 1, elapsed
    matrix[[xx, yy, xy], [xx, yy, xy]] = 1
    matrix[[_XX, _YY], [20, 21]] = position * elapsed
    matrix[[xx, yy], [20, 21]] = velocity * elapsed
    matrix[_ONES, _ONES] = 1
    return matrix


def _through(warp: npt.NDArray[np.float64]) -> Float64Array:
    """Return the matrix that carries a batch of tracks through a warp."""
    turn, shift = warp[:, :2], warp[:, 2]
    (a, b), (c, d) = turn.tolist()
    matrix = np.zeros((ROWS, ROWS))
    for row in range(0, 8, 2):
        matrix[row : row + 2, row : row + 2] = turn
    matrix[:2, _ONES] = shift
    # M C M^T, written out for the three entries of a symmetric C ...
    for row in (_XX, _SPEED):
        matrix[row : row + 3, row : row + 3] = [
            [a * a, b * b, 2 * a * b],
            [c * c, d * d, 2 * c * d],
            [a * c, b * d, a * d + b * c],
        ]
    # ... and for the four of any: xx, yy, xy, yx.
    matrix[_X_VX : _Y_VX + 1, _X_VX : _Y_VX + 1] = [
        [a * a, b * b, a * b, b * a],
        [c * c, d * d, c * d, d * c],
        [a * c, b * d, a * d, b * c],
        [c * a, d * b, c * b, d * a],
    ]
    matrix[_ONES, _ONES] = 1
    return matrix
