"""Sums of floats in the order in which trackeval takes them, so that no digit differs."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array

__all__ = ["sum_by_frame"]


def sum_by_frame(values: Float64Array, frames: Int64Array) -> float:
    """Add up values, each frame's one after the other, then the frames' sums one after the other.

    Args:
        values: float64 ``(N,)``.
        frames: int64 ``(N,)``, ascending, 0 or more.
    """
    if not len(values):
        return 0.0
    # Both add strictly in order; `np.sum` does not.
    return float(np.add.accumulate(np.bincount(frames, weights=values))[-1])
