"""Kalman filters of boxes, all tracks at once.

The filters of this family have a constant-velocity motion model and diagonal noise. Each box coordinate is then a
filter of its own with two states, position and velocity, and the usual matrix equations become a few elementwise
expressions; the prediction, linear even in its noise, is one product with a constant matrix for all tracks together.
A batch of n tracks is one float64 array ``(ROWS, n)``:

=========  ======================================================================
rows       meaning
=========  ======================================================================
``0:4``    position of each coordinate
``4:8``    velocity of each coordinate, per frame
``8:12``   variance of each position
``12:16``  variance of each velocity
``16:20``  covariance of each position with its velocity
``20:22``  scratch: the squares that noise grows with, or the sides of the box
``22``     ones
=========  ======================================================================

Which four coordinates, and how noisy they are, is what the subclasses say. Noise is a linear function of the last
three rows, its *basis*. The ones are set when a track starts and carried along by every prediction.

Sources: Kalman, "A New Approach to Linear Filtering and Prediction Problems", 1960; the noise of `XyahFilter` is that
of Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017; that of `XysrFilter`,
of Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016; that of `XywhFilter`, of Aharon et al., "BoT-SORT:
Robust Associations Multi-Pedestrian Tracking", 2022. NSA is that of Du et al., "GIAOTracker", ICCVW 2021.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array
from vtrack_common_mot.overlap import edge_matrix

__all__ = ["GATES", "ROWS", "BoxFilter", "XyahFilter", "XysrFilter", "XywhFilter"]

ROWS = 23
"""Rows of a batch of tracks."""

_POSITION = slice(0, 4)
_POSITION_VARIANCE = slice(8, 12)
_VELOCITY_VARIANCE = slice(12, 16)
_MEAN = slice(0, 8)
_SPREAD = slice(4, 20)
"""In two halves, each ends in four rows that a measurement corrects: variance of position, and covariance."""
_VARIANCES = slice(8, 16)
_SCRATCH = 20
_SECOND_SCRATCH = 21
_ONES = 22
_BASIS = slice(20, 23)

# Arrays, not Python numbers: numpy takes them as they are.
_SMALLEST_SIDE = np.array(1e-6)
_SMALLEST_AREA = np.array(1e-12)
_ZERO = np.array(0.0)

_FEW_PAIRS = 1 << 14
"""Up to so many pairs it is faster to do all coordinates at once."""

GATES = {2: 5.9915, 4: 9.4877}
"""Squared distances within which 95 in 100 true measurements lie, by the number of coordinates."""


class BoxFilter(ABC):
    """A constant-velocity filter of four box coordinates with diagonal noise. Holds no track."""

    def __init__(
        self,
        *,
        process: npt.ArrayLike,
        measurement: npt.ArrayLike,
        initial: npt.ArrayLike,
        sides: tuple[int, int],
        pixel: float = 0.0,
    ) -> None:
        """Keep the noise as weights of the basis.

        Args:
            process: ``(8, 3)``, variance added in a prediction: four position rows, then four velocity rows.
            measurement: ``(4, 3)``, variance of a measured position.
            initial: ``(8, 3)``, variance of a track's first state, rows as in `process`.
            sides: Rows that hold width and height once `_fill_sides` is done.
            pixel: As in `vtrack_common_mot.overlap`.
        """
        self._measurement: Float64Array = np.array(measurement, np.float64)
        self._initial: Float64Array = np.array(initial, np.float64)
        self._process: Float64Array = np.array(process, np.float64)
        self._transition = self._ahead = _transition(self._process, 1.0)
        self._ahead_by = 1.0
        rows = (0, 1, *sides, _ONES)
        corners = edge_matrix(ROWS, rows, 0.0)[:4] * [[-1], [-1], [1], [1]]
        self._shapes = np.concatenate((edge_matrix(ROWS, rows, pixel), corners))
        self._edges = self._shapes[:6]

    @abstractmethod
    def measure(self, centres: Float64Array) -> Float64Array:
        """Turn ``x, y, width, height`` ``(4, n)``, x and y the centre, into this filter's coordinates, in place."""

    @abstractmethod
    def _fill_squares(self, tracks: Float64Array) -> None:
        """Write the squares that noise grows with into the scratch rows."""

    @abstractmethod
    def _fill_sides(self, tracks: Float64Array) -> None:
        """Write width and height into the scratch rows, where they are no coordinates."""

    def edges(self, tracks: Float64Array) -> Float64Array:
        """Return the edges ``(6, n)`` of the tracks' boxes, as `vtrack_common_mot.overlap` takes them."""
        self._fill_sides(tracks)
        edges: Float64Array = self._edges.dot(tracks)
        area = edges[5]
        np.multiply(area, edges[4], area)
        return edges

    def shapes(self, tracks: Float64Array) -> Float64Array:
        """Return the edges and, below them, the corners ``x1, y1, x2, y2`` of the tracks' boxes, ``(10, n)``."""
        self._fill_sides(tracks)
        shapes: Float64Array = self._shapes.dot(tracks)
        area = shapes[5]
        np.multiply(area, shapes[4], area)
        return shapes

    def start(self, measured: Float64Array) -> Float64Array:
        """Return tracks at rest at the measured positions ``(4, n)``."""
        tracks = np.zeros((ROWS, measured.shape[1]))
        tracks[_ONES] = 1
        tracks[_POSITION] = measured
        self._fill_squares(tracks)
        tracks[_VARIANCES] = self._initial.dot(tracks[_BASIS])
        return tracks

    def predict(self, tracks: Float64Array, elapsed: float = 1.0) -> Float64Array:
        """Return the tracks as they are expected some time later.

        Args:
            tracks: ``(ROWS, n)``.
            elapsed: Time since they were as they are, in frames; noise grows in proportion to it.
        """
        self._fill_squares(tracks)
        ahead: Float64Array = (self._transition if elapsed == 1.0 else self._over(elapsed)).dot(tracks)
        return ahead

    def _over(self, elapsed: float) -> Float64Array:
        """Return the matrix that moves a batch of tracks so many frames ahead; that of the last time is kept."""
        if elapsed != self._ahead_by:
            self._ahead, self._ahead_by = self._matrix(elapsed), elapsed
        return self._ahead

    def _matrix(self, elapsed: float) -> Float64Array:
        """Return the matrix ``(ROWS, ROWS)`` that moves a batch of tracks so many frames ahead."""
        return _transition(self._process, elapsed)

    def update(self, tracks: Float64Array, measured: Float64Array, scores: Float64Array | None = None) -> None:
        """Correct tracks by what was measured, in place.

        Args:
            tracks: ``(ROWS, n)``; fastest when contiguous.
            measured: ``(4, n)``, this filter's coordinates.
            scores: ``(n,)``, from 0 to 1: the surer a detection, the less noisy its box is taken to be (NSA: the
                standard deviation is multiplied by 1 - score). None: all are equally noisy.
        """
        noise = self._noise(tracks, scores)
        mean = tracks[_MEAN].reshape(2, 4, -1)
        spread = tracks[_SPREAD].reshape(2, 8, -1)[:, 4:]
        gain = spread / (spread[0] + noise)
        np.add(mean, gain * (measured - mean[0]), mean)
        speed_variance = tracks[_VELOCITY_VARIANCE]
        np.subtract(speed_variance, gain[1] * spread[1], speed_variance)
        # P - P P / (P + R) = R P / (P + R), and the same for the covariance.
        np.multiply(gain, noise, spread)

    def project(self, tracks: Float64Array, scores: Float64Array | None = None) -> tuple[Float64Array, Float64Array]:
        """Return mean and variance of what would be measured of the tracks, ``(4, n)`` each.

        Args:
            tracks: ``(ROWS, n)``.
            scores: As `update` takes them.
        """
        return tracks[_POSITION].copy(), tracks[_POSITION_VARIANCE] + self._noise(tracks, scores)

    def _noise(self, tracks: Float64Array, scores: Float64Array | None) -> Float64Array:
        """Return the variance of a measurement of each track, ``(4, n)``."""
        self._fill_squares(tracks)
        noise: Float64Array = self._measurement.dot(tracks[_BASIS])
        if scores is not None:
            np.multiply(noise, (1 - scores) ** 2, noise)
        return noise

    def gate(self, tracks: Float64Array, measured: Float64Array, *, position_only: bool = False) -> Float64Array:
        """Return the squared Mahalanobis distance of every measurement from every track, float64 ``(n, m)``.

        The distance is distributed as chi squared, with 4 degrees of freedom or, of positions, 2: 95 in 100 true
        measurements lie within 9.4877 or 5.9915.

        Args:
            tracks: ``(ROWS, n)``.
            measured: ``(4, m)``, this filter's coordinates.
            position_only: Of the first two coordinates alone.
        """
        mean, variance = self.project(tracks)
        count = 2 if position_only else 4
        if mean.shape[1] * measured.shape[1] <= _FEW_PAIRS:
            surprise = measured[:count, None, :] - mean[:count, :, None]
            np.multiply(surprise, surprise, surprise)
            distance: Float64Array = np.divide(surprise, variance[:count, :, None], surprise).sum(0)
            return distance
        # One coordinate after the other: the same sums, in a quarter of the memory, which the caches then hold.
        distance = np.zeros((mean.shape[1], measured.shape[1]))
        term = np.empty_like(distance)
        for place, centre, spread in zip(measured[:count], mean[:, :, None], variance[:, :, None], strict=False):
            np.subtract(place, centre, term)
            np.multiply(term, term, term)
            np.add(distance, np.divide(term, spread, term), distance)
        return distance


def _transition(process: Float64Array, elapsed: float) -> Float64Array:
    """Return the matrix that moves a batch of tracks ahead.

    Args:
        process: ``(8, 3)``, variance added in one frame.
        elapsed: How far, in frames.
    """
    matrix = np.zeros((ROWS, ROWS))
    for position, speed, variance, speed_variance, covariance in zip(
        *(range(row, row + 4) for row in range(0, 20, 4)), strict=True
    ):
        matrix[position, [position, speed]] = 1, elapsed
        matrix[speed, speed] = 1
        matrix[variance, [variance, covariance, speed_variance]] = 1, 2 * elapsed, elapsed * elapsed
        matrix[speed_variance, speed_variance] = 1
        matrix[covariance, [covariance, speed_variance]] = 1, elapsed
    matrix[_VARIANCES, _BASIS] = process * elapsed
    matrix[_ONES, _ONES] = 1
    return matrix


class XyahFilter(BoxFilter):
    """Centre, aspect ratio (width / height) and height; noise grows with the height (DeepSORT, ByteTrack)."""

    def __init__(
        self, *, position_weight: float = 1 / 20, velocity_weight: float = 1 / 160, pixel: float = 0.0
    ) -> None:
        """Set the noise.

        Args:
            position_weight: Standard deviation of a position, as a share of the height.
            velocity_weight: Standard deviation of a velocity per frame, as a share of the height.
            pixel: As in `vtrack_common_mot.overlap`.
        """
        position, velocity = position_weight**2, velocity_weight**2
        super().__init__(
            process=_height_rows(position, 1e-2**2) + _height_rows(velocity, 1e-5**2),
            measurement=_height_rows(position, 1e-1**2),
            initial=_height_rows(4 * position, 1e-2**2) + _height_rows(100 * velocity, 1e-5**2),
            sides=(_SCRATCH, 3),
            pixel=pixel,
        )

    def measure(self, centres: Float64Array) -> Float64Array:
        """Turn ``x, y, width, height`` into ``x, y, width / height, height``, in place.

        Boxes without height count as minimally high: detectors do emit them.
        """
        width, height = centres[2], centres[3]
        np.maximum(height, _SMALLEST_SIDE, out=height)
        np.divide(width, height, width)
        return centres

    def _fill_squares(self, tracks: Float64Array) -> None:
        height = tracks[3]
        np.multiply(height, height, tracks[_SCRATCH])

    def _fill_sides(self, tracks: Float64Array) -> None:
        np.multiply(tracks[2], tracks[3], tracks[_SCRATCH])


class XywhFilter(BoxFilter):
    """Centre, width and height; noise along each axis grows with the box's size along it (BoT-SORT)."""

    def __init__(
        self, *, position_weight: float = 1 / 20, velocity_weight: float = 1 / 160, pixel: float = 0.0
    ) -> None:
        """Set the noise.

        Args:
            position_weight: Standard deviation of a position, as a share of the width or height.
            velocity_weight: Standard deviation of a velocity per frame, as a share of the width or height.
            pixel: As in `vtrack_common_mot.overlap`.
        """
        position, velocity = position_weight**2, velocity_weight**2
        super().__init__(
            process=_side_rows(position) + _side_rows(velocity),
            measurement=_side_rows(position),
            initial=_side_rows(4 * position) + _side_rows(100 * velocity),
            sides=(2, 3),
            pixel=pixel,
        )

    def measure(self, centres: Float64Array) -> Float64Array:
        """Leave ``x, y, width, height`` as they are, but for boxes without width or height: minimally wide or high."""
        sides = centres[2:4]
        np.maximum(sides, _SMALLEST_SIDE, out=sides)
        return centres

    def shapes(self, tracks: Float64Array) -> Float64Array:
        """Return edges and corners; a box that shrinks fast, expected and corrected to less than nothing, is empty."""
        shapes = super().shapes(tracks)
        first, last = shapes[6:8], shapes[8:]
        np.maximum(first, last, out=last)
        return shapes

    def _fill_squares(self, tracks: Float64Array) -> None:
        sides = tracks[2:4]
        np.multiply(sides, sides, tracks[_SCRATCH:_ONES])

    def _fill_sides(self, tracks: Float64Array) -> None:
        """Nothing: the sides are coordinates."""


class XysrFilter(BoxFilter):
    """Centre, area and aspect ratio (width / height), the ratio constant; constant noise (SORT, OC-SORT).

    Attributes:
        variances: What a prediction adds, ``(8,)``, and those of a measurement, ``(4,)``; x and y have the same.
    """

    def __init__(self, *, pixel: float = 0.0) -> None:
        """Set the noise.

        Args:
            pixel: As in `vtrack_common_mot.overlap`.
        """
        super().__init__(
            process=_constant_rows(1, 1, 1, 1, 1e-2, 1e-2, 1e-4, 0),
            measurement=_constant_rows(1, 1, 10, 10),
            # Nothing is known of the first velocities; a ratio has none.
            initial=_constant_rows(10, 10, 10, 10, 1e4, 1e4, 1e4, 0),
            sides=(_SCRATCH, _SECOND_SCRATCH),
            pixel=pixel,
        )
        self._constant_noise: Float64Array = self._measurement[:, 2:].copy()
        self.variances: tuple[Float64Array, Float64Array] = self._process[:, 2].copy(), self._measurement[:, 2].copy()

    def measure(self, centres: Float64Array) -> Float64Array:
        """Turn ``x, y, width, height`` into ``x, y, width * height, width / height``, in place.

        Boxes without width or height count as minimally wide or high.
        """
        sides = centres[2:]
        np.maximum(sides, _SMALLEST_SIDE, out=sides)
        width, height = sides
        ratio = width / height
        np.multiply(width, height, width)
        height[:] = ratio
        return centres

    def constants(self) -> tuple[list[float], list[float]]:
        """Return `variances` as Python's own numbers."""
        process, measurement = self.variances
        return process.tolist(), measurement.tolist()

    def predict(self, tracks: Float64Array, elapsed: float = 1.0) -> Float64Array:
        """Return the tracks some frames later; an area that would shrink to nothing stops shrinking."""
        growth = tracks[6]
        after = growth if elapsed == 1.0 else growth * elapsed
        np.multiply(growth, tracks[2] + after > _ZERO, growth)
        return super().predict(tracks, elapsed)

    def _noise(self, tracks: Float64Array, scores: Float64Array | None) -> Float64Array:
        """Return the variance of a measurement, ``(4, 1)`` for all tracks or, by their scores, ``(4, n)``."""
        if scores is None:
            return self._constant_noise
        noise: Float64Array = self._constant_noise * (1 - scores) ** 2
        return noise

    def _fill_squares(self, tracks: Float64Array) -> None:
        """Nothing: the noise is constant."""

    def _fill_sides(self, tracks: Float64Array) -> None:
        area, width, height = tracks[2], tracks[_SCRATCH], tracks[_SECOND_SCRATCH]
        np.maximum(area, _SMALLEST_AREA, out=area)
        np.multiply(area, tracks[3], width)
        np.sqrt(width, width)
        np.divide(area, width, height)


def _height_rows(height: float, ratio: float) -> list[list[float]]:
    """Noise of x, y, aspect ratio and height over the basis (height squared, unused, 1)."""
    return [[height, 0.0, 0.0], [height, 0.0, 0.0], [0.0, 0.0, ratio], [height, 0.0, 0.0]]


def _side_rows(side: float) -> list[list[float]]:
    """Noise of x, y, width and height over the basis (width squared, height squared, 1)."""
    return [[side, 0.0, 0.0], [0.0, side, 0.0]] * 2


def _constant_rows(*noise: float) -> list[list[float]]:
    """Noise that does not depend on the box."""
    return [[0.0, 0.0, value] for value in noise]
