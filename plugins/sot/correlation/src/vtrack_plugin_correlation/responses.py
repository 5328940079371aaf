"""What a filter is asked to answer, and what its answer says."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vtcore.instances import Float32Array, Float64Array
from vtrack_plugin_correlation.kernels import ComplexArray, transformed

__all__ = ["gaussian_label", "label_spectrum", "peak_place", "peak_to_sidelobe"]

_SIDELOBE = 5
"""Pixels around the peak that do not count to its surroundings: 11 x 11 in all."""


def gaussian_label(rows: int, columns: int, sigma: float) -> Float32Array:
    """Return a bell whose top is at the first row and column; it goes on at the opposite edges.

    Args:
        rows: Of the result.
        columns: Of the result.
        sigma: Width of the bell, in rows and columns.

    Returns:
        float32 ``(rows, columns)``, 1 at ``[0, 0]``.
    """
    # 0, 1, ..., -2, -1: how far each place lies from the first, the shorter way round.
    down, across = np.fft.fftfreq(rows, 1 / rows), np.fft.fftfreq(columns, 1 / columns)
    return np.exp(-0.5 * (down[:, None] ** 2 + across**2) / sigma**2).astype(np.float32)


@lru_cache(maxsize=64)
def label_spectrum(rows: int, columns: int, sigma: float) -> ComplexArray:
    """Return the transform of `gaussian_label`, complex64 ``(rows, columns // 2 + 1)``; not to be changed."""
    spectrum = transformed(gaussian_label(rows, columns, sigma))
    spectrum.flags.writeable = False
    return spectrum


def peak_place(response: Float32Array) -> tuple[Float64Array, float]:
    """Return where a response is greatest, between its places too, by a parabola through the neighbours.

    Args:
        response: float32 ``(rows, columns)``, whose edges meet.

    Returns:
        Columns and rows from the first place, the shorter way round, float64 ``(2,)``; the greatest value.
    """
    rows, columns = response.shape
    row, column = divmod(int(response.argmax()), columns)
    top = float(response[row, column])
    down = _vertex(float(response[row - 1, column]), top, float(response[(row + 1) % rows, column]))
    across = _vertex(float(response[row, column - 1]), top, float(response[row, (column + 1) % columns]))
    return np.array((_short(column, columns) + across, _short(row, rows) + down)), top


def peak_to_sidelobe(response: Float32Array) -> float:
    """Return how far the peak of a response stands above its surroundings, in their standard deviations.

    Bolme et al., Visual Object Tracking using Adaptive Correlation Filters, CVPR 2010, section 3.5: above 20 on a
    target that is seen well, around 7 where it is lost.

    Args:
        response: float32 ``(rows, columns)``, whose edges meet.
    """
    rows, columns = response.shape
    row, column = divmod(int(response.argmax()), columns)
    top = float(response[row, column])
    near = (np.abs(_around(row, rows)) <= _SIDELOBE)[:, None] & (np.abs(_around(column, columns)) <= _SIDELOBE)
    rest = response[~near]
    if not rest.size:
        return 0.0
    spread = float(rest.std())
    return (top - float(rest.mean())) / spread if spread > 0 else 0.0


def _around(place: int, length: int) -> Float64Array:
    return np.asarray((np.arange(length) - place + length // 2) % length - length // 2, np.float64)


def _short(place: int, length: int) -> int:
    return place - length if place > length // 2 else place


def _vertex(before: float, top: float, after: float) -> float:
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
