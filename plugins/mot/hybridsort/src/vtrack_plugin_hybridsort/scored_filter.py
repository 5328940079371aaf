"""A Kalman filter of boxes and of the confidence in them.

Hybrid-SORT lets the confidence in a track be a further coordinate of SORT's filter, with a velocity and with the noise
of the area. The noise is diagonal, so it is a filter beside that of the box; a batch has its rows below the box's:

==========  ==========================================
rows        meaning
==========  ==========================================
``0:23``    as `vtrack_common_mot.kalman` has them
``23``      confidence
``24``      its velocity, per frame
``25``      variance of the confidence
``26``      variance of its velocity
``27``      covariance of the two
==========  ==========================================
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array
from vtrack_common_mot.kalman import ROWS, XysrFilter

__all__ = ["CONFIDENCE", "SCORED_ROWS", "ScoredFilter"]

CONFIDENCE = ROWS
"""Row of the confidence."""
SCORED_ROWS = ROWS + 5
"""Rows of a batch of tracks."""

_GROWTH, _VARIANCE, _GROWTH_VARIANCE, _COVARIANCE = range(CONFIDENCE + 1, SCORED_ROWS)
_ONES = ROWS - 1

_NOISE = np.array(10.0)
_FIRST_VARIANCE, _FIRST_GROWTH_VARIANCE = 10.0, 1e4
_DRIFT, _GROWTH_DRIFT = 1.0, 1e-4


class ScoredFilter(XysrFilter):
    """Centre, area, aspect ratio and confidence; constant noise."""

    def __init__(self) -> None:
        """Set the noise."""
        super().__init__()
        self._transition = self._ahead = self._matrix(1.0)
        self._shapes = np.pad(self._shapes, ((0, 0), (0, SCORED_ROWS - ROWS)))
        self._edges = np.pad(self._shapes[:6], ((0, 1), (0, 0)))
        self._edges[6, CONFIDENCE] = 1

    def measure(self, centres: Float64Array) -> Float64Array:
        """Turn ``x, y, width, height, score`` into ``x, y, width * height, width / height, score``, in place."""
        super().measure(centres[:4])
        return centres

    def start(self, measured: Float64Array) -> Float64Array:
        """Return tracks at rest at what was measured ``(5, n)``: float64 ``(SCORED_ROWS, n)``."""
        tracks = np.zeros((SCORED_ROWS, measured.shape[1]))
        tracks[:ROWS] = super().start(measured[:4])
        tracks[CONFIDENCE] = measured[4]
        tracks[_VARIANCE] = _FIRST_VARIANCE
        tracks[_GROWTH_VARIANCE] = _FIRST_GROWTH_VARIANCE
        return tracks

    def edges(self, tracks: Float64Array) -> Float64Array:
        """Return the edges of the tracks' boxes and, below them, the confidence, ``(7, n)``."""
        return super().edges(tracks)

    def update(self, tracks: Float64Array, measured: Float64Array, scores: Float64Array | None = None) -> None:
        """Correct tracks by what was measured ``(5, n)``, in place."""
        super().update(tracks[:ROWS], measured[:4], scores)
        confidence, growth, variance, growth_variance, covariance = tracks[CONFIDENCE:]
        total = variance + _NOISE
        gain, growth_gain = variance / total, covariance / total
        surprise = measured[4] - confidence
        confidence += gain * surprise
        growth += growth_gain * surprise
        growth_variance -= growth_gain * covariance
        np.multiply(gain, _NOISE, variance)
        np.multiply(growth_gain, _NOISE, covariance)

    def _matrix(self, elapsed: float) -> Float64Array:
        matrix = np.pad(super()._matrix(elapsed), (0, SCORED_ROWS - ROWS))
        matrix[CONFIDENCE, [CONFIDENCE, _GROWTH]] = 1, elapsed
        matrix[_GROWTH, _GROWTH] = 1
        matrix[_VARIANCE, [_VARIANCE, _COVARIANCE, _GROWTH_VARIANCE]] = 1, 2 * elapsed, elapsed * elapsed
        matrix[_VARIANCE, _ONES] = _DRIFT * elapsed
        matrix[_GROWTH_VARIANCE, [_GROWTH_VARIANCE, _ONES]] = 1, _GROWTH_DRIFT * elapsed
        matrix[_COVARIANCE, [_COVARIANCE, _GROWTH_VARIANCE]] = 1, elapsed
        return matrix
