"""How alike embeddings are, and who takes whom by it.

Source: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
https://arxiv.org/abs/2006.06664; orders and exceptions as in https://github.com/open-mmlab/mmtracking (Apache-2.0).
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array

__all__ = ["bisoftmax", "bisoftmax_within", "cosines", "products", "softmax", "take_in_turn"]

_TINY = 1e-12
_LEAST_SUM = 1e-6


def products(first: Float32Array, second: Float32Array) -> Float64Array:
    """Return the scalar product of every embedding ``(n, D)`` with every other ``(m, D)``, float64 ``(n, m)``."""
    # Of long embeddings squares overflow in float32.
    found: Float64Array = first.astype(np.float64) @ second.astype(np.float64).T
    return found


def cosines(first: Float32Array, second: Float32Array) -> Float64Array:
    """Return the cosine of the angle of every embedding with every other, float64 ``(n, m)``; 0 with zeros."""
    found: Float64Array = _units(first) @ _units(second).T
    return found


def softmax(values: Float64Array, axis: int) -> Float64Array:
    """Return the softmax along an axis, shaped as `values`, which are not empty."""
    powers: Float64Array = np.exp(values - values.max(axis, keepdims=True))
    powers /= powers.sum(axis, keepdims=True)
    return powers


def bisoftmax(values: Float64Array) -> Float64Array:
    """Return the mean of the softmax over columns and that over rows, ``(n, m)``."""
    both: Float64Array = (softmax(values, 1) + softmax(values, 0)) / 2
    return both


def bisoftmax_within(values: Float64Array, same: BoolArray) -> Float64Array:
    """Return the same over the pairs of one class only, 0 for others; sums have a little added, as in the source.

    Args:
        values: float64 ``(n, m)``, products.
        same: bool ``(n, m)``.
    """
    return (_share(values, same, 1) + _share(values, same, 0)) / 2


def take_in_turn(
    similarity: Float64Array | Float32Array, floor: float | np.float32, allowed: BoolArray
) -> tuple[Int64Array, Float32Array, BoolArray]:
    """Let every row in turn choose the column most like it, among those that none before it has taken.

    Compared is in single precision, as in the source: the bi-softmax of whoever is alone in memory is a half and what
    little is added to it, and must not exceed a half by that.

    Args:
        similarity: float64 ``(n, m)``; what is taken counts 0 for others.
        floor: 0 or more, what must be exceeded.
        allowed: bool ``(n, m)``, whether a row that chooses a column takes it away from others.

    Returns:
        The column that each row chose, int64 ``(n,)``, -1 for none; how alike it is, float32 ``(n,)``; whether it was
        taken, bool ``(n,)``.
    """
    rows, columns = similarity.shape
    if not columns or not rows:
        return np.full(rows, -1), np.zeros(rows, np.float32), np.zeros(rows, bool)
    similarity, floor = similarity.astype(np.float32), np.float32(floor)
    every = np.arange(rows)
    best = similarity.argmax(1)
    value = similarity[every, best]
    chosen: Int64Array = np.where(value > floor, best, -1)
    taken: BoolArray = allowed[every, best] & (chosen >= 0)
    wanting = (chosen >= 0).nonzero()[0]
    if len(set(chosen[wanting].tolist())) == len(wanting):
        return chosen, value, taken
    gone = np.zeros(columns, bool)
    for row in wanting.tolist():
        column = chosen[row]
        if gone[column]:
            left = np.where(gone, np.float32(0), similarity[row])
            column = left.argmax()
            value[row] = left[column]
            chosen[row] = column if value[row] > floor else -1
            taken[row] = chosen[row] >= 0 and allowed[row, column]
        gone[column] |= taken[row]
    return chosen, value, taken


def _units(embeddings: Float32Array) -> Float64Array:
    wide = embeddings.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    units: Float64Array = wide / np.maximum(lengths, _TINY)[:, None]
    return units


def _share(values: Float64Array, same: BoolArray, axis: int) -> Float64Array:
    """Return ``exp(value) / (sum + 1e-6)`` along an axis, of what counts; without ever leaving the range of numbers."""
    counted = np.where(same, values, -np.inf)
    most = counted.max(axis, keepdims=True)
    most[~np.isfinite(most)] = 0
    powers = np.exp(counted - most)
    with np.errstate(over="ignore"):
        little = _LEAST_SUM * np.exp(-most)
    shares: Float64Array = powers / (powers.sum(axis, keepdims=True) + little)
    return shares
