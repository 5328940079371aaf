"""Observation-centric re-update: a filter put right along the way that a track is now known to have taken.

While a track is lost its filter goes on from a velocity that is ever less true. Once the track is found again, the
filter goes back to where it stood when the track was lost and is fed boxes on the straight way from the last
observation to the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_common_mot import native
from vtrack_common_mot.kalman import BoxFilter, XysrFilter

__all__ = ["WalkingFilter", "replay"]

Walk = Callable[[list[float], list[float], list[float], int], list[float]]

_SMALLEST = 1e-6
_FEW = 12
"""With up to so many tracks at each step, on average, it is faster to take one after the other."""


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
        ends: Edges ``(6, n)`` of the last box before and of the first box after each gap; rows after those six go
            straight from one to the other too, and to the filter after the box.
        gaps: int64 ``(n,)``, ticks from the last box to the new one.
        include_last: Feed the new box, too, as the trajectory's last.
        predict: Predict between the boxes.
    """
    steps = gaps if include_last else gaps - 1
    if predict and native.loops is not None and type(box_filter) is XysrFilter:
        after = np.empty_like(states)
        native.loops.walk(states, *ends, gaps, steps, *box_filter.variances, after)
        return after
    counts = steps.tolist()
    walk = _walker(box_filter) if predict and sum(counts) <= _FEW * max(counts, default=0) else None
    if walk is not None:
        ways = map(_way, ends[0].T.tolist(), ends[1].T.tolist(), gaps.tolist())
        walked = [walk(state, *way, count) for state, way, count in zip(states.T.tolist(), ways, counts, strict=True)]
        states_after: Float64Array = np.array(walked).T
        return states_after
    start = _shapes(ends[0])
    stride = (_shapes(ends[1]) - start) / gaps
    return _together(box_filter, states, start, stride, steps, predict)


def _together(
    box_filter: BoxFilter,
    states: Float64Array,
    start: Float64Array,
    stride: Float64Array,
    steps: Int64Array,
    predict: bool,
) -> Float64Array:
    """Return the states after their ways, step by step.

    Args:
        box_filter: Of the states.
        states: ``(ROWS, n)``.
        start: ``x, y, width, height`` ``(4, n)``.
        stride: The same of each step.
        steps: int64 ``(n,)``, how many each takes.
        predict: Predict between the boxes.
    """
    # The longest first: those that are still on their way are then the first so many.
    order = np.argsort(-steps, kind="stable")
    states, start, stride = states.take(order, 1), start.take(order, 1), stride.take(order, 1)
    steps = steps.take(order)
    for step in range(1, int(steps.max(initial=0)) + 1):
        count = int(np.count_nonzero(steps >= step))
        box_filter.update(states[:, :count], box_filter.measure(start[:, :count] + step * stride[:, :count]))
        going = int(np.count_nonzero(steps > step))
        if predict and going:
            # The plain prediction, without what a filter adds to keep boxes from vanishing, as in the original.
            states[:, :going] = BoxFilter.predict(box_filter, states[:, :going])
    back = np.empty_like(states)
    back[:, order] = states
    return back


@runtime_checkable
class WalkingFilter(Protocol):
    """A filter that takes one state along its way in Python's own numbers: soonest done for a few tracks."""

    def walk(self, state: list[float], start: list[float], stride: list[float], steps: int) -> list[float]:
        """Return a state after its way, fed a box and predicted, but after the last, at each step.

        Args:
            state: ``ROWS`` numbers.
            start: ``x, y, width, height``.
            stride: The same of each step.
            steps: How many.
        """


def _walker(box_filter: BoxFilter) -> Walk | None:
    if type(box_filter) is XysrFilter:
        process, noise = box_filter.constants()
        return partial(_walk, process, noise)
    return box_filter.walk if isinstance(box_filter, WalkingFilter) else None


def _walk(
    process: list[float], noise: list[float], state: list[float], start: list[float], stride: list[float], steps: int
) -> list[float]:
    """Return one state of a `XysrFilter` after its way, digit by digit as all together come out of theirs.

    Place and speed of x and y have the same variances.
    """
    x, y, area, ratio, x_speed, y_speed, growth = state[:7]
    place, spread, ratio_variance = state[8], state[10], state[11]
    speed, growth_variance, place_speed, spread_growth = state[12], state[14], state[16], state[18]
    place_noise, _, area_noise, ratio_noise = noise
    more_place, _, more_spread, more_ratio, more_speed, _, more_growth, _ = process
    first_x, first_y, first_width, first_height = start
    right, down, wider, higher = stride
    for step in range(1, steps + 1):
        if step > 1:
            x += x_speed
            y += y_speed
            area += growth
            place = place + speed + 2 * place_speed + more_place
            spread = spread + growth_variance + 2 * spread_growth + more_spread
            place_speed += speed
            spread_growth += growth_variance
            speed += more_speed
            growth_variance += more_growth
            ratio_variance += more_ratio
        width, height = first_width + step * wider, first_height + step * higher
        if width < _SMALLEST:
            width = _SMALLEST
        if height < _SMALLEST:
            height = _SMALLEST
        total = place + place_noise
        gain, speed_gain = place / total, place_speed / total
        off = first_x + step * right - x
        x += gain * off
        x_speed += speed_gain * off
        off = first_y + step * down - y
        y += gain * off
        y_speed += speed_gain * off
        speed -= speed_gain * place_speed
        place, place_speed = gain * place_noise, speed_gain * place_noise
        total = spread + area_noise
        gain, speed_gain = spread / total, spread_growth / total
        off = width * height - area
        area += gain * off
        growth += speed_gain * off
        growth_variance -= speed_gain * spread_growth
        spread, spread_growth = gain * area_noise, speed_gain * area_noise
        gain = ratio_variance / (ratio_variance + ratio_noise)
        ratio += gain * (width / height - ratio)
        ratio_variance = gain * ratio_noise
    variances = [place, place, spread, ratio_variance, speed, speed, growth_variance, state[15]]
    covariances = [place_speed, place_speed, spread_growth, state[19]]
    return [x, y, area, ratio, x_speed, y_speed, growth, state[7], *variances, *covariances, *state[20:]]


def _way(before: list[float], after: list[float], gap: int) -> tuple[list[float], list[float]]:
    """Return the first box of one way, as `_shapes` has it, and its stride."""
    start = _shape(before)
    return start, [(there - here) / gap for here, there in zip(start, _shape(after), strict=True)]


def _shape(edges: list[float]) -> list[float]:
    """Return what `_shapes` returns, of one box."""
    left, top, right, bottom = edges[:4]
    return [(right - left) / 2, (bottom - top) / 2, left + right, top + bottom, *edges[6:]]


def _shapes(edges: Float64Array) -> Float64Array:
    """Return ``x, y, width, height``, x and y the centre, and what else the edges have below their six rows."""
    left, top, right, bottom = edges[:4]
    return np.stack(((right - left) / 2, (bottom - top) / 2, left + right, top + bottom, *edges[6:]))
