"""Numbers over time, made few enough to draw."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array, Int64Array

__all__ = ["MOST_POINTS", "Bins", "histogram"]

MOST_POINTS = 600
"""A curve is not drawn with more points than this: a plot is about as many pixels wide."""


@attrs.frozen
class Bins:
    """Runs of frames that become one point each.

    Attributes:
        length: Number of frames.
        width: Frames in a run; the last may be shorter.
    """

    length: int
    width: int

    @classmethod
    def for_length(cls, length: int) -> Bins:
        """Return bins for so many frames."""
        return cls(length, max(1, -(-length // MOST_POINTS)))

    @property
    def starts(self) -> Int64Array:
        """First frame of each run, 0-based."""
        return np.arange(0, self.length, self.width)

    @property
    def first_frames(self) -> Float64Array:
        """First frame of each run, counted from 1 as result files do."""
        return np.asarray(self.starts + 1, np.float64)

    def sums(self, values: npt.NDArray[np.int64] | Float64Array) -> Float64Array:
        """Return the sum over each run of ``(length,)`` values."""
        if self.length == 0:
            return np.zeros(0)
        return np.add.reduceat(np.asarray(values, np.float64), self.starts)

    def means(self, values: npt.NDArray[np.int64] | Float64Array) -> Float64Array:
        """Return the mean over each run of ``(length,)`` values."""
        return self.sums(values) / np.diff(np.append(self.starts, self.length))


def histogram(values: Int64Array, bars: int = 24) -> tuple[Int64Array, Int64Array]:
    """Count integers into bars of equal, whole width.

    Returns:
        The bars' edges, one more than there are bars, each bar ``edge <= value < next edge``; and the counts.
    """
    if len(values) == 0:
        return np.array([0, 1]), np.array([0])
    low, high = int(values.min()), int(values.max()) + 1
    width = max(1, -(-(high - low) // bars))
    if width > 1:
        width = _round_width(width)
        low = low // width * width
    edges = np.arange(low, high + width, width)
    counts, _ = np.histogram(values, edges - 0.5)
    filled = len(counts) - int(np.argmax(counts[::-1] > 0))
    return edges[: filled + 1], counts[:filled].astype(np.int64)


def _round_width(width: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, ... that is not below `width`."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= width:
                return digit * power
        power *= 10
