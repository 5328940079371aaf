"""Windows that hold a target near where it was."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array

__all__ = ["hann_window", "outer_window"]


def hann_window(size: int, *, zero_ends: bool = False) -> Float32Array:
    """Return a cosine window.

    Args:
        size: How many values.
        zero_ends: Whether the first and last value are 0, as pysot (Apache-2.0) has it by ``numpy.hanning``; else the
            zeros lie one step beyond either end, as OSTrack's (MIT) centred window has it.

    Returns:
        float32 ``(size,)``, at most 1.
    """
    window = np.hanning(size) if zero_ends else np.hanning(size + 2)[1:-1]
    return window.astype(np.float32)


def outer_window(height: int, width: int, *, zero_ends: bool = False) -> Float32Array:
    """Return a cosine window in two dimensions, float32 ``(height, width)``."""
    rows, columns = (hann_window(size, zero_ends=zero_ends) for size in (height, width))
    return np.outer(rows, columns)
