"""Observation-centric re-update: a filter put right along the way that a track is now known to have taken.

While a track is lost its filter goes on from a velocity that is ever less true. Once the track is found again, the
filter goes back to where it stood when the track was lost and is fed boxes on the straight way from the last
observation to the new one.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_common_mot.kalman import BoxFilter

__all__ = ["replay"]


def replay(
    box_filter: BoxFilter,
    states: Float64Array,
    ends: tuple[Float64Array, Float64Array],
    gaps: Int64Array,
    *,
    include_last: bool,
    predict: bool,
) -> Float64Array:
    """Return the states after a virtual trajectory, all tracks at once.

    Args:
        box_filter: Of the states.
        states: ``(ROWS, n)``, from before the gaps; not changed.
        ends: Edges ``(6, n)`` of the last box before and of the first box after each gap.
        gaps: int64 ``(n,)``, frames from the last box to the new one.
        include_last: Feed the new box, too, as the trajectory's last.
        predict: Predict between the boxes.
    """
    steps = gaps if include_last else gaps - 1
    # The longest first: those that are still on their way are then the first so many.
    order = np.argsort(-steps, kind="stable")
    states, steps = states.take(order, 1), steps.take(order)
    start, end = _shapes(ends[0].take(order, 1)), _shapes(ends[1].take(order, 1))
    stride = (end - start) / gaps.take(order)
    for step in range(1, int(steps.max(initial=0)) + 1):
        count = int(np.count_nonzero(steps >= step))
        part = states[:, :count]
        box_filter.update(part, box_filter.measure(start[:, :count] + step * stride[:, :count]))
        going = int(np.count_nonzero(steps > step))
        if predict and going:
            # The plain prediction, without what a filter adds to keep boxes from vanishing, as in the original.
            states[:, :going] = BoxFilter.predict(box_filter, states[:, :going])
    back = np.empty_like(states)
    back[:, order] = states
    return back


def _shapes(edges: Float64Array) -> Float64Array:
    """Return ``x, y, width, height`` ``(4, n)``, x and y the centre."""
    left, top, right, bottom = edges[:4]
    return np.stack(((right - left) / 2, (bottom - top) / 2, left + right, top + bottom))
