"""Gaussian-smoothed interpolation (GSI): gaps are filled, then every track is smoothed by a Gaussian process.

Paper: Du et al., "StrongSORT: Make DeepSORT Great Again", IEEE TMM 2023, https://arxiv.org/abs/2202.13514. Equal to
MMDetection's ``InterpolateTracklets`` (Apache-2.0), which asks scikit-learn for the regression; here it is solved
directly, for all four coordinates at once.

The regression is exact. Its kernel falls off so fast that for long tracks nearly all of its matrix is 0: then only
the band around the diagonal is kept and solved, in time and memory proportional to the track's length.
"""

from __future__ import annotations

import math

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks, with_columns
from vtrack_plugin_mot_refine.config import GaussianSmoothingConfig
from vtrack_plugin_mot_refine.interpolation import SHORTEST, fill_gaps

__all__ = ["JITTER", "GaussianSmoothing", "length_scale", "smooth"]

JITTER = 1e-10
"""Added to the kernel's diagonal: the only noise there is, as in the original."""

_FEW = 100
"""Rows up to which the whole matrix is factored. OpenBLAS takes several threads for larger ones, which wait for each
other for many times what the work takes when the machine is busy; the factoring of bands does not."""

_REACH = 9.6
"""Length scales from which the kernel counts as 0: it is 1e-20 there, a tenth of a billionth of the jitter."""


class GaussianSmoothing:
    """Fills gaps, then smooths every track of three or more rows; scores stay as they are."""

    def __init__(self, tau: float = 10.0, max_gap: int = 18, min_length: int = 6, compat: str = "") -> None:
        """Choose how smooth tracks become.

        Args:
            tau: Smoothness. Tracks of nearly ``tau ** 3`` rows, and longer ones, stay as they are.
            max_gap: Most frames missing in a gap that is filled first; 0 for none.
            min_length: Least rows of a track whose gaps are filled.
            compat: ``"mmdetection"`` scores filled rows 1 and drops tracks of one or two rows.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = GaussianSmoothingConfig(tau=tau, max_gap=max_gap, min_length=min_length, compat=compat)

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table with gaps filled and boxes smoothed.

        Args:
            table: Tracks; a track is all rows of an id. Rows with a negative id stay as they are.
            sequence: Not used.
            length: Not used: nothing is added before a track's first row or after its last.
        """
        config = self.config
        filled = fill_gaps(table, max_gap=config.max_gap, min_length=config.min_length, compat=bool(config.compat))
        tracks = Tracks.of(filled)
        boxes = filled.ltwh.copy()
        for start, count in zip(tracks.starts.tolist(), tracks.lengths.tolist(), strict=True):
            if count >= SHORTEST:
                rows = tracks.rows[start : start + count]
                boxes[rows] = smooth(filled.frames[rows], boxes[rows], length_scale(config.tau, count))
        # A smooth curve through small sizes may swing below 0.
        np.maximum(boxes[:, 2:], 0, out=boxes[:, 2:])
        return with_columns(filled, ltwh=boxes)


def length_scale(tau: float, count: int) -> float:
    """Return the kernel's length scale in frames for a track of `count` rows: short tracks are smoothed more."""
    return min(max(tau * math.log(tau**3 / count), 1 / tau), tau**2)


def smooth(frames: Int64Array, values: Float64Array, scale: float) -> Float64Array:
    """Return the mean of a Gaussian process that was fitted to values, at the same frames.

    The process has mean 0, a squared exponential kernel of variance 1, and noise of variance `JITTER`.

    Args:
        frames: int64 ``(n,)``, ascending, each once.
        values: float64 ``(n, d)``.
        scale: Length scale of the kernel, in frames; raising it smooths more.

    Returns:
        float64 ``(n, d)``.
    """
    times = (frames - frames[0]) / scale
    count = len(times)
    band = int((np.searchsorted(times, times + _REACH, side="right") - np.arange(count)).max()) - 1
    if band == 0:
        return values / (1 + JITTER)
    solve = _solve_all if count <= _FEW else _solve_band
    # The smoothed values are K w with (K + jitter) w = values: no product is needed to know them.
    smoothed: Float64Array = values - JITTER * solve(times, values, band)
    return smoothed


def _solve_all(times: Float64Array, values: Float64Array, band: int) -> Float64Array:
    """Solve with the whole matrix."""
    from scipy.linalg import cho_factor, cho_solve

    noisy = np.exp(-0.5 * np.square(times[:, None] - times))
    np.fill_diagonal(noisy, 1 + JITTER)
    factor = cho_factor(noisy, lower=True, overwrite_a=True, check_finite=False)
    weights: Float64Array = cho_solve(factor, values, check_finite=False)
    return weights


def _solve_band(times: Float64Array, values: Float64Array, band: int) -> Float64Array:
    """Solve with the main diagonal and `band` diagonals on either side of it."""
    from scipy.linalg import cho_solve_banded, cholesky_banded

    count = len(times)
    # Row k holds the k-th diagonal below the main one, as LAPACK stores a band.
    noisy = np.zeros((band + 1, count))
    noisy[0] = 1 + JITTER
    for offset in range(1, band + 1):
        noisy[offset, : count - offset] = np.exp(-0.5 * np.square(times[offset:] - times[: count - offset]))
    factor = cholesky_banded(noisy, overwrite_ab=True, lower=True, check_finite=False)
    weights: Float64Array = cho_solve_banded((factor, True), values, check_finite=False)
    return weights
