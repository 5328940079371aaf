"""What the network sees of tracks: their ends and beginnings, on one scale.

As MMDetection 3.3.0 (Apache-2.0) has it: a track with fewer rows than the network looks at is filled up with zeros, and
these count when both tracks are brought to -1 to 1. So it matters a little that frame numbers count from 1.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array

__all__ = ["beginnings", "endings", "standardised"]

_LEAST_RANGE = 1e-5


def endings(values: Float64Array, starts: Int64Array, lengths: Int64Array, size: int = 30) -> Float64Array:
    """Return the last rows of tracks, after zeros where a track is shorter.

    Args:
        values: float64 ``(K, C)``, rows of all tracks, each track's together and in order.
        starts: int64 ``(P,)``, where tracks begin in `values`.
        lengths: int64 ``(P,)``, how many rows they have.
        size: Rows to return of each.

    Returns:
        float64 ``(P, size, C)``.
    """
    return _windows(values, starts, lengths, lengths[:, None] - size + np.arange(size))


def beginnings(values: Float64Array, starts: Int64Array, lengths: Int64Array, size: int = 30) -> Float64Array:
    """Return the first rows of tracks, before zeros where a track is shorter: see `endings`."""
    return _windows(values, starts, lengths, np.broadcast_to(np.arange(size), (len(starts), size)))


def standardised(first: Float64Array, second: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Bring pairs of tracks to -1 to 1, each pair and column by its own least and greatest value.

    Args:
        first: float64 ``(P, L, C)``.
        second: float64 ``(P, L, C)``.

    Returns:
        The same, brought to scale.
    """
    least = np.minimum(first.min(1), second.min(1))[:, None]
    most = np.maximum(first.max(1), second.max(1))[:, None]
    middle = (most + least) / 2
    half = (most - least) / 2 + _LEAST_RANGE
    return (first - middle) / half, (second - middle) / half


def _windows(values: Float64Array, starts: Int64Array, lengths: Int64Array, places: Int64Array) -> Float64Array:
    """Return the rows at `places` within each track, zeros where it has none there."""
    within = (places >= 0) & (places < lengths[:, None])
    rows = values[np.where(within, starts[:, None] + places, 0)]
    windows: Float64Array = np.where(within[:, :, None], rows, 0.0)
    return windows
