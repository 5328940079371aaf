"""Assignment of detections to tracks: the best partial matching above a floor.

With ``gain = 1 - cost`` and ``floor = 1 - limit`` this is the matching that ``lap.lapjv(cost, extend_cost=True,
cost_limit=limit)`` finds, which minimises the sum of ``cost - limit`` over the pairs it makes and leaves a row or
column alone rather than pay more than the limit. There the costs are embedded in a matrix of twice the size; here
every gain below the floor is raised to the floor, which makes such a pair worth as much as no pair, and the ordinary
rectangular problem gives the same optimum.

Source: Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
Computing 1987; Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 2016 (scipy's solver).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.instances import BoolArray, Float64Array, Int64Array

__all__ = ["Pairs", "assign_then_cut", "left_over", "match_above", "match_then_cut", "uncontested"]

Pairs = tuple[Int64Array, Int64Array]

_NONE = np.empty(0, np.int64)
_ALL = np.ones(1024, bool)


def match_above(gain: Float64Array, floor: Float64Array, *, apart: bool = False) -> Pairs:
    """Return the pairs that maximise the sum of ``gain - floor``, each with a gain above the floor.

    Args:
        gain: float64 ``(n, m)``, finite, higher is better.
        floor: What a pair must exceed, without dimensions; raising it makes fewer pairs.
        apart: Pairs seldom compete: look for that first, and spare the solver. The result is the same.

    Returns:
        Rows, ascending, and their columns, int64 ``(k,)`` each.
    """
    above = gain > floor
    if apart:
        rows, columns = above.nonzero()
        if not (_repeats(rows) or _repeats(columns)):
            return rows, columns
    rows, columns = linear_sum_assignment(np.maximum(gain, floor), True)
    made = above[rows, columns].nonzero()[0]
    if len(made) < len(rows):
        return rows.take(made), columns.take(made)
    return rows, columns


def match_then_cut(
    overlap: Float64Array, least: Float64Array, classes: tuple[Int64Array, Int64Array] | None = None
) -> Pairs:
    """Return the pairs of the greatest total overlap, less those that overlap by under `least`.

    Unlike in `match_above`, pairs below the bound take part in the matching and are cut afterwards. Where nothing
    competes, every pair above the bound is taken as it is.

    Args:
        overlap: float64 ``(n, m)``, 0 or more.
        least: Overlap of a pair that is kept, without dimensions; raising it makes fewer pairs.
        classes: Labels of rows and columns where there are several; each class is then matched as if it were alone.
            The overlap of different classes is 0 already.

    Returns:
        Rows, ascending, and their columns, int64 ``(k,)`` each.
    """
    above = overlap > least
    rows, columns = above.nonzero()
    if len(rows) and not (_repeats(rows) or _repeats(columns)):
        return rows, columns
    total = overlap
    if classes is not None:
        total = total.copy()
        # What lies below the bound must not disturb a class in which nothing competes.
        total[_calm(above, classes)[:, None] & ~above] = 0
    rows, columns = linear_sum_assignment(total, True)
    made = (total[rows, columns] >= least).nonzero()[0]
    if len(made) < len(rows):
        return rows.take(made), columns.take(made)
    return rows, columns


def _calm(above: BoolArray, classes: tuple[Int64Array, Int64Array]) -> BoolArray:
    """Return which rows are of a class that has pairs and in which no two of them compete."""
    row_labels, column_labels = classes
    competing = np.concatenate((row_labels[above.sum(1) > 1], column_labels[above.sum(0) > 1]))
    paired = row_labels[above.any(1)]
    calm: BoolArray = np.isin(row_labels, paired) & ~np.isin(row_labels, competing)
    return calm


def assign_then_cut(gain: Float64Array, overlap: Float64Array, least: Float64Array) -> Pairs:
    """Return the assignment of the greatest total gain, less its pairs that overlap by under `least`.

    As many pairs as there are rows or columns, whichever are fewer, take part, also those of negative gain.

    Args:
        gain: float64 ``(n, m)``, finite, higher is better.
        overlap: float64 ``(n, m)``, what decides whether a pair is kept.
        least: Overlap of a pair that is kept, without dimensions; raising it makes fewer pairs.

    Returns:
        Rows, ascending, and their columns, int64 ``(k,)`` each.
    """
    rows, columns = linear_sum_assignment(gain, True)
    made = (overlap[rows, columns] >= least).nonzero()[0]
    return rows.take(made), columns.take(made)


def uncontested(above: BoolArray) -> Pairs | None:
    """Return the pairs that are true where there are some and no two share a row or a column, None otherwise."""
    rows, columns = above.nonzero()
    if len(rows) == 0 or _repeats(rows) or _repeats(columns):
        return None
    return rows, columns


def left_over(count: int, used: Int64Array) -> Int64Array:
    """Return which of ``0 .. count - 1`` are not used, int64, ascending.

    Args:
        count: How many there are.
        used: Some of them, each once.
    """
    if len(used) == count:
        return _NONE
    # A copy is made sooner than an array is filled.
    free = _ALL[:count].copy() if count <= len(_ALL) else np.ones(count, bool)
    free[used] = False
    return free.nonzero()[0]


def _repeats(indices: Int64Array) -> bool:
    # A set of a few dozen Python numbers is made before numpy has sorted them.
    return len(set(indices.tolist())) < len(indices)
