"""The filter of OC-SORT for pictures that move.

A warp turns the plane, so that afterwards what is not known of x is not independent of what is not known of y. A batch
of n tracks is one float64 array ``(ROWS, n)`` as in `vtrack_common_mot.kalman`, except for these rows:

=======  =====================================================================================
rows     meaning
=======  =====================================================================================
``8:11``   variance of x, variance of y, covariance of x with y
``11``     variance of the aspect ratio
``12:15``  as ``8:11``, of the velocities
``15``     variance of the area
``16:20``  covariance of x with its velocity, y with its own, x with that of y, y with that of x
``20``     variance of the area's velocity
``21``     covariance of the area with its velocity
=======  =====================================================================================

Source: Maggiolino et al., "Deep OC-SORT", ICIP 2023; original code: https://github.com/GerardMaggiolino/Deep-OC-SORT
(MIT licence). As in it, a warp turns places and velocities and their variances, but neither the covariance of the one
with the other nor the area, whatever the warp's scale.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array
from vtrack_common_mot.kalman import ROWS, XysrFilter

__all__ = ["WarpedXysrFilter"]

_XX, _YY, _XY, _RATIO_VARIANCE = 8, 9, 10, 11
_SPEED, _AREA_VARIANCE = 12, 15
_X_VX, _Y_VY, _X_VY, _Y_VX = 16, 17, 18, 19
_GROWTH_VARIANCE, _AREA_GROWTH, _ONES = 20, 21, 22

# Rows of the covariance of x, and of y, with x, y and their velocities.
_WITH_X = np.array([_XX, _XY, _X_VX, _X_VY])
_WITH_Y = np.array([_XY, _YY, _Y_VX, _Y_VY])
_CENTRES = np.array([0, 1, 4, 5])
_SMALLEST_AREA = np.array(1e-12)
_LEAST = 1e-12
_LEAST_SHARE = np.array(_LEAST)
_SMALLEST = 1e-6
_HALF = np.array(0.5)


class WarpedXysrFilter(XysrFilter):
    """`XysrFilter` for pictures that move: the same results while no warp turns or shears."""

    def __init__(self) -> None:
        super().__init__()
        process, measurement = self.constants()
        self._noises = process[0], process[2], process[3], process[4], process[6]
        self._place_noise, self._area_noise, self._ratio_noise = measurement[0], measurement[2], measurement[3]
        first = self._initial[:, 2].tolist()
        self._initial[:, 2] = [first[0], first[1], 0, first[3], first[4], first[5], 0, first[2]]
        self._first_growth = first[6]
        self._transition = self._matrix(1.0)

    def start(self, measured: Float64Array) -> Float64Array:
        """Return tracks at rest at the measured positions ``(4, n)``."""
        tracks = super().start(measured)
        tracks[_GROWTH_VARIANCE] = self._first_growth
        return tracks

    def edges(self, tracks: Float64Array) -> Float64Array:
        """Return the edges ``(6, n)`` of the tracks' boxes, as `vtrack_common_mot.overlap` takes them."""
        area = np.maximum(tracks[2], _SMALLEST_AREA)
        width = np.sqrt(area * tracks[3])
        sides = np.stack((width, area / width))
        centres, half = tracks[:2], sides * _HALF
        return np.concatenate((half - centres, half + centres, sides[:1], sides[:1] * sides[1:]))

    def shapes(self, tracks: Float64Array) -> Float64Array:
        """Return the edges and, below them, the corners ``x1, y1, x2, y2`` of the tracks' boxes, ``(10, n)``."""
        edges = self.edges(tracks)
        return np.concatenate((edges, -edges[:2], edges[2:4]))

    def update(self, tracks: Float64Array, measured: Float64Array, scores: Float64Array | None = None) -> None:
        """Correct tracks by what was measured, in place.

        Args:
            tracks: ``(ROWS, n)``; fastest when contiguous.
            measured: ``(4, n)``, this filter's coordinates.
            scores: ``(n,)``, as `BoxFilter.update` takes them.
        """
        doubt = 1.0 if scores is None else (1 - scores) ** 2
        surprise = measured - tracks[:4]
        self._update_places(tracks, surprise, self._place_noise * doubt)
        self._update_area(tracks, surprise[2], self._area_noise * doubt)
        ratio_noise = self._ratio_noise * doubt
        gain = tracks[_RATIO_VARIANCE] / (tracks[_RATIO_VARIANCE] + ratio_noise)
        tracks[3] += gain * surprise[3]
        tracks[_RATIO_VARIANCE] = gain * ratio_noise

    def _update_places(self, tracks: Float64Array, surprise: Float64Array, noise: Float64Array | float) -> None:
        with_x, with_y = tracks.take(_WITH_X, 0), tracks.take(_WITH_Y, 0)
        total_x, total_y, total_xy = with_x[0] + noise, with_y[1] + noise, with_x[1]
        determinant = _determinant(total_x, total_y, total_xy)
        gain_x = (with_x * total_y - with_y * total_xy) / determinant
        gain_y = (with_y * total_x - with_x * total_xy) / determinant
        tracks[_CENTRES] += gain_x * surprise[0] + gain_y * surprise[1]
        # P - P (P + R)^-1 P = R (P + R)^-1 P, and the same for the covariances with the velocities.
        tracks[_XX], tracks[_YY], tracks[_XY] = gain_x[0] * noise, gain_y[1] * noise, gain_y[0] * noise
        tracks[_X_VX], tracks[_X_VY] = gain_x[2:] * noise
        tracks[_Y_VX], tracks[_Y_VY] = gain_y[2:] * noise
        speed = tracks[_SPEED : _SPEED + 3]
        speed[:2] -= gain_x[2:] * with_x[2:] + gain_y[2:] * with_y[2:]
        speed[2] -= gain_x[2] * with_x[3] + gain_y[2] * with_y[3]

    def _update_area(self, tracks: Float64Array, surprise: Float64Array, noise: Float64Array | float) -> None:
        variance, covariance = tracks[_AREA_VARIANCE], tracks[_AREA_GROWTH]
        total = variance + noise
        gain, growth_gain = variance / total, covariance / total
        tracks[2] += gain * surprise
        tracks[6] += growth_gain * surprise
        tracks[_GROWTH_VARIANCE] -= growth_gain * covariance
        tracks[_AREA_VARIANCE] = gain * noise
        tracks[_AREA_GROWTH] = growth_gain * noise

    def walk(self, state: list[float], start: list[float], stride: list[float], steps: int) -> list[float]:
        """Return a state after its way; see `vtrack_common_mot.observation_centric.replay.WalkingFilter`."""
        return _walk(self._noises, self.constants()[1], state, start, stride, steps)

    def project(self, tracks: Float64Array, scores: Float64Array | None = None) -> tuple[Float64Array, Float64Array]:
        """Return mean and variance of what would be measured of the tracks, ``(4, n)`` each, each coordinate alone.

        Args:
            tracks: ``(ROWS, n)``.
            scores: As `update` takes them.
        """
        noise = np.array([self._place_noise, self._place_noise, self._area_noise, self._ratio_noise])[:, None]
        doubt = 1.0 if scores is None else (1 - scores) ** 2
        return tracks[:4].copy(), tracks[[_XX, _YY, _AREA_VARIANCE, _RATIO_VARIANCE]] + noise * doubt

    def gate(self, tracks: Float64Array, measured: Float64Array, *, position_only: bool = False) -> Float64Array:
        """Return the squared Mahalanobis distance of every measurement from every track, float64 ``(n, m)``.

        Args:
            tracks: ``(ROWS, n)``.
            measured: ``(4, m)``, this filter's coordinates.
            position_only: Of the centre alone.
        """
        mean, variance = self.project(tracks)
        across, down, area, ratio = measured[:, None, :] - mean[:, :, None]
        total_x, total_y, total_xy = variance[0][:, None], variance[1][:, None], tracks[_XY][:, None]
        distance: Float64Array = across * across * total_y - 2 * across * down * total_xy + down * down * total_x
        distance /= _determinant(total_x, total_y, total_xy)
        if not position_only:
            distance += area * area / variance[2][:, None] + ratio * ratio / variance[3][:, None]
        return distance

    def warped(self, tracks: Float64Array, warp: Float64Array) -> Float64Array:
        """Return the tracks as a moved camera sees them.

        Args:
            tracks: ``(ROWS, n)``.
            warp: float64 ``(2, 3)``, where a pixel of the previous frame is in this one.
        """
        moved: Float64Array = _through(warp).dot(tracks)
        return moved

    def _matrix(self, elapsed: float) -> Float64Array:
        place, area, ratio, speed, growth = self._noises
        square = elapsed * elapsed
        matrix = np.eye(ROWS)
        matrix[[0, 1, 2], [4, 5, 6]] = elapsed
        xx, yy, xy = _SPEED, _SPEED + 1, _SPEED + 2
        matrix[_XX, [_X_VX, xx]] = 2 * elapsed, square
        matrix[_YY, [_Y_VY, yy]] = 2 * elapsed, square
        matrix[_XY, [_X_VY, _Y_VX, xy]] = elapsed, elapsed, square
        matrix[[_X_VX, _Y_VY, _X_VY, _Y_VX], [xx, yy, xy, xy]] = elapsed
        matrix[_AREA_VARIANCE, [_AREA_GROWTH, _GROWTH_VARIANCE]] = 2 * elapsed, square
        matrix[_AREA_GROWTH, _GROWTH_VARIANCE] = elapsed
        for rows, noise in (
            ([_XX, _YY], place),
            ([_AREA_VARIANCE], area),
            ([_RATIO_VARIANCE], ratio),
            ([xx, yy], speed),
            ([_GROWTH_VARIANCE], growth),
        ):
            matrix[rows, _ONES] = noise * elapsed
        return matrix


def _determinant(x: Float64Array, y: Float64Array, xy: Float64Array) -> Float64Array:
    """Return the determinant of covariances of two coordinates; rounding must not leave what no covariance has."""
    plain = x * y
    determinant: Float64Array = np.maximum(plain - xy * xy, _LEAST_SHARE * plain)
    return determinant


def _walk(
    process: tuple[float, ...],
    noise: list[float],
    state: list[float],
    start: list[float],
    stride: list[float],
    steps: int,
) -> list[float]:
    """Return one state after its way, as `WarpedXysrFilter.walk` does."""
    x, y, area, ratio, x_speed, y_speed, growth, unused = state[:8]
    xx, yy, xy, ratio_variance, uu, vv, uv, spread = state[8:16]
    xu, yv, xv, yu, growth_variance, spread_growth = state[16:22]
    place_noise, area_noise, ratio_noise = noise[0], noise[2], noise[3]
    for step in range(1, steps + 1):
        width, height = max(start[2] + step * stride[2], _SMALLEST), max(start[3] + step * stride[3], _SMALLEST)
        ahead, down = start[0] + step * stride[0] - x, start[1] + step * stride[1] - y
        total_x, total_y = xx + place_noise, yy + place_noise
        plain = total_x * total_y
        determinant = max(plain - xy * xy, _LEAST * plain)
        # Gains of x, y and their velocities from what is measured of x, and of y.
        x_x, x_y = (xx * total_y - xy * xy) / determinant, (xy * total_x - xx * xy) / determinant
        y_x, y_y = (xy * total_y - yy * xy) / determinant, (yy * total_x - xy * xy) / determinant
        u_x, u_y = (xu * total_y - yu * xy) / determinant, (yu * total_x - xu * xy) / determinant
        v_x, v_y = (xv * total_y - yv * xy) / determinant, (yv * total_x - xv * xy) / determinant
        x, y = x + x_x * ahead + x_y * down, y + y_x * ahead + y_y * down
        x_speed, y_speed = x_speed + u_x * ahead + u_y * down, y_speed + v_x * ahead + v_y * down
        uu, vv, uv = uu - u_x * xu - u_y * yu, vv - v_x * xv - v_y * yv, uv - u_x * xv - u_y * yv
        xx, yy, xy = x_x * place_noise, y_y * place_noise, x_y * place_noise
        xu, yv, xv, yu = u_x * place_noise, v_y * place_noise, v_x * place_noise, u_y * place_noise
        more, gain = width * height - area, spread / (spread + area_noise)
        growth_gain = spread_growth / (spread + area_noise)
        area, growth = area + gain * more, growth + growth_gain * more
        growth_variance -= growth_gain * spread_growth
        spread, spread_growth = gain * area_noise, growth_gain * area_noise
        gain = ratio_variance / (ratio_variance + ratio_noise)
        ratio, ratio_variance = ratio + gain * (width / height - ratio), gain * ratio_noise
        if step < steps:
            x, y, area = x + x_speed, y + y_speed, area + growth
            xx, yy, xy = xx + 2 * xu + uu + process[0], yy + 2 * yv + vv + process[0], xy + xv + yu + uv
            xu, yv, xv, yu = xu + uu, yv + vv, xv + uv, yu + uv
            spread += 2 * spread_growth + growth_variance + process[1]
            spread_growth, ratio_variance = spread_growth + growth_variance, ratio_variance + process[2]
            uu, vv, growth_variance = uu + process[3], vv + process[3], growth_variance + process[4]
    means = [x, y, area, ratio, x_speed, y_speed, growth, unused]
    variances = [xx, yy, xy, ratio_variance, uu, vv, uv, spread, xu, yv, xv, yu, growth_variance, spread_growth]
    return [*means, *variances, state[_ONES]]


def _through(warp: Float64Array) -> Float64Array:
    """Return the matrix that carries a batch of tracks through a warp."""
    turn, shift = warp[:, :2], warp[:, 2]
    (a, b), (c, d) = turn.tolist()
    matrix = np.eye(ROWS)
    matrix[:2, :2] = matrix[4:6, 4:6] = turn
    matrix[:2, _ONES] = shift
    # M C M^T, written out for the three entries of a symmetric C.
    for row in (_XX, _SPEED):
        matrix[row : row + 3, row : row + 3] = [
            [a * a, b * b, 2 * a * b],
            [c * c, d * d, 2 * c * d],
            [a * c, b * d, a * d + b * c],
        ]
    return matrix
