"""Numbers that look drawn at random, each a function of its key alone.

A sequence that can be rendered at any frame, in any order and on any machine, needs numbers that depend on what
they are for (seed, object, purpose), not on how many were drawn before. The mixing function is the finaliser of
SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), in integer
arithmetic, the same everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array

__all__ = ["keyed", "normal", "uniform"]

UInt64Array = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def keyed(*keys: Any) -> UInt64Array:
    """Mix integers into 64-bit keys.

    Args:
        keys: Integers >= 0, or arrays of them; they broadcast, and their order counts.

    Returns:
        uint64 array of the broadcast shape (at least one-dimensional).
    """
    state: UInt64Array = np.zeros(1, np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            state = (state + np.asarray(key).astype(np.uint64)) * np.uint64(0x2545F4914F6CDD1D) + _STEP
            state = (state ^ (state >> np.uint64(30))) * _FIRST
            state = (state ^ (state >> np.uint64(27))) * _SECOND
            state = state ^ (state >> np.uint64(31))
    return state


def uniform(*keys: Any) -> Float64Array:
    """Return numbers in [0, 1), one for each broadcast key, with 53 random bits."""
    scaled: Float64Array = (keyed(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return scaled


def normal(*keys: Any) -> Float64Array:
    """Return standard normal numbers, one for each broadcast key (Box and Muller's transform)."""
    radius = np.sqrt(-2 * np.log1p(-uniform(*keys, 0)))
    angle: Float64Array = 2 * np.pi * uniform(*keys, 1)
    drawn: Float64Array = radius * np.cos(angle)
    return drawn
