"""A Kalman filter of boxes and of the confidence in them.

Hybrid-SORT lets the confidence in a track be a further coordinate of SORT's filter, with a velocity, and with the noise
of the area. It is predicted and measured whenever the area is, so its variances are the area's, and what is kept of it
is two more rows below the box's:

==========  ==========================================
rows        meaning
==========  ==========================================
``0:23``    as `vtrack_common_mot.kalman` has them
``23``      confidence
``24``      its velocity, per frame
==========  ==========================================
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_common_mot.kalman import ROWS, XysrFilter

__all__ = ["CONFIDENCE", "SCORED_ROWS", "ScoredFilter", "replay_confidence"]

CONFIDENCE = ROWS
"""Row of the confidence."""
SCORED_ROWS = ROWS + 2
"""Rows of a batch of tracks."""

_GROWTH = CONFIDENCE + 1
_AREA = 2
_AREA_VARIANCE, _GROWTH_VARIANCE, _AREA_COVARIANCE = 8 + _AREA, 12 + _AREA, 16 + _AREA

_NOISE, _DRIFT, _GROWTH_DRIFT = 10.0, 1.0, 1e-4
"""Of the area, and so of the confidence: variances of a measurement, and that a prediction adds."""


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
        return tracks

    def edges(self, tracks: Float64Array) -> Float64Array:
        """Return the edges of the tracks' boxes and, below them, the confidence, ``(7, n)``."""
        return super().edges(tracks)

    def update(self, tracks: Float64Array, measured: Float64Array, scores: Float64Array | None = None) -> None:
        """Correct tracks by what was measured, in place.

        Args:
            tracks: ``(SCORED_ROWS, n)``; fastest when contiguous.
            measured: ``(5, n)``, this filter's coordinates.
            scores: Not looked at: the noise is constant.
        """
        total = tracks[_AREA_VARIANCE] + _NOISE
        gain, growth_gain = tracks[_AREA_VARIANCE] / total, tracks[_AREA_COVARIANCE] / total
        super().update(tracks, measured[:4])
        surprise = measured[4] - tracks[CONFIDENCE]
        tracks[CONFIDENCE] += gain * surprise
        tracks[_GROWTH] += growth_gain * surprise

    def _matrix(self, elapsed: float) -> Float64Array:
        matrix = np.pad(super()._matrix(elapsed), (0, SCORED_ROWS - ROWS))
        matrix[CONFIDENCE, [CONFIDENCE, _GROWTH]] = 1, elapsed
        matrix[_GROWTH, _GROWTH] = 1
        return matrix


def replay_confidence(states: Float64Array, ends: tuple[Float64Array, Float64Array], gaps: Int64Array) -> Float64Array:
    """Return confidence and velocity ``(2, n)`` after the straight way of `vtrack_common_mot`'s replay.

    The same as a replay of all rows, digit by digit, in Python's own numbers: sooner done for a few tracks.

    Args:
        states: ``(SCORED_ROWS, n)``, from before the gaps.
        ends: Confidence ``(n,)`` in the last box before and in the first after each gap.
        gaps: int64 ``(n,)``, ticks between the two.
    """
    rows = [CONFIDENCE, _GROWTH, _AREA_VARIANCE, _GROWTH_VARIANCE, _AREA_COVARIANCE]
    walked = []
    for state, first, last, gap in zip(
        states[rows].T.tolist(), ends[0].tolist(), ends[1].tolist(), gaps.tolist(), strict=True
    ):
        confidence, growth, variance, growth_variance, covariance = state
        stride = (last - first) / gap
        for step in range(1, gap + 1):
            total = variance + _NOISE
            gain, growth_gain = variance / total, covariance / total
            surprise = first + step * stride - confidence
            confidence, growth = confidence + gain * surprise, growth + growth_gain * surprise
            growth_variance -= growth_gain * covariance
            variance, covariance = gain * _NOISE, growth_gain * _NOISE
            if step < gap:
                confidence += growth
                variance += growth_variance + 2 * covariance + _DRIFT
                covariance += growth_variance
                growth_variance += _GROWTH_DRIFT
        walked.append((confidence, growth))
    after: Float64Array = np.array(walked).T
    return after
