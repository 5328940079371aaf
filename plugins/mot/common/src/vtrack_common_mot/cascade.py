"""Matching in turns, the latest seen tracks first; and matching as many as possible.

Sources: the cascade is that of Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP
2017, listing 1; that forbidden pairs cost more than all others together is how mmtracking (through motmetrics, MIT)
assigns in its DeepSORT and StrongSORT.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtrack_common_mot.assignment import Pairs, left_over, match_above, uncontested

__all__ = ["match_cascade", "match_most"]

_NONE = np.empty(0, np.int64)


def match_cascade(gain: Float64Array, floor: Float64Array, ages: Int64Array, depth: int | None = None) -> Pairs:
    """Match tracks with detections, age after age: what a track seen lately can have, no older one gets.

    Ages of which no track has a pair above the floor cost nothing.

    Args:
        gain: float64 ``(n, m)``, higher is better; may be minus infinity.
        floor: What a pair must exceed, without dimensions; raising it makes fewer pairs.
        ages: int64 ``(n,)``, frames since each track was seen.
        depth: Ages from 1 to this have a turn each, older ones one turn together after them. 0 matches all at once,
            None gives every age its turn.

    Returns:
        Rows, ascending, and their columns, int64 ``(k,)`` each.
    """
    above = gain > floor
    pairs = uncontested(above)
    if pairs is not None:
        return pairs
    candidates = above.any(1).nonzero()[0]
    if len(candidates) == 0:
        return _NONE, _NONE
    turns = ages.take(candidates)
    if depth is not None:
        turns = np.minimum(turns, depth + 1) if depth else np.zeros_like(turns)
    free = above.any(0).nonzero()[0]
    rows, columns = [], []
    for turn in sorted(set(turns.tolist())):
        some = candidates[turns == turn]
        row, column = match_above(gain[some[:, None], free], floor, apart=True)
        rows.append(some.take(row))
        columns.append(free.take(column))
        free = free.take(left_over(len(free), column))
    tracks, found = np.concatenate(rows), np.concatenate(columns)
    order = tracks.argsort()
    return tracks.take(order), found.take(order)


def match_most(cost: Float64Array, allowed: BoolArray) -> Pairs:
    """Return as many allowed pairs as there can be, and of all such matchings that of the least total cost.

    Args:
        cost: float64 ``(n, m)``, finite where allowed.
        allowed: bool ``(n, m)``; other pairs are never made.

    Returns:
        Rows, ascending, and their columns, int64 ``(k,)`` each.
    """
    costs = cost[allowed]
    if len(costs) == 0:
        return _NONE, _NONE
    # More than any two matchings of allowed pairs can differ by.
    forbidden = 2 * min(cost.shape) * np.abs(costs).max() + 1
    rows, columns = linear_sum_assignment(np.where(allowed, cost, forbidden))
    made = allowed[rows, columns].nonzero()[0]
    return rows.take(made), columns.take(made)
