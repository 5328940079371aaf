"""Every pair of an annotation and a result in the same frame, many frames at a time.

A frame holds few boxes, so that calling numpy for each would cost more than the arithmetic. Pairs of many frames stand
in one array instead, frame by frame, and within a frame as the rows of a matrix of annotations by results. Each
number is what the same operations give for the frame alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtrack_plugin_mot_metrics.overlap import CornerBoxes

__all__ = ["FramePairs", "frame_pairs"]

_PAIRS = 1 << 16
"""Pairs in one array, unless a single frame has more: few enough for the processor's cache."""
_BIG_FRAME = 1 << 12
"""Pairs of a frame from which on a matrix of its own is faster."""


@attrs.frozen(eq=False)
class FramePairs:
    """The pairs of some frames.

    Attributes:
        first: The first frame.
        truth_bounds: int64 ``(frames + 1,)``, where each frame's annotations begin.
        result_bounds: int64 ``(frames + 1,)``, where each frame's results begin.
        bounds: int64 ``(frames + 1,)``, where each frame's pairs begin.
        overlaps: float64 ``(pairs,)``, intersection over union.
    """

    first: int
    truth_bounds: Int64Array
    result_bounds: Int64Array
    bounds: Int64Array
    overlaps: Float64Array

    @property
    def shapes(self) -> Iterator[tuple[int, int]]:
        """Number of annotations and of results of each frame."""
        return zip(np.diff(self.truth_bounds).tolist(), np.diff(self.result_bounds).tolist(), strict=True)

    def rows(self) -> tuple[Int64Array, Int64Array]:
        """Return the annotation and the result of each pair, int64 ``(pairs,)`` each."""
        return _pair_rows(self.truth_bounds, self.result_bounds, self.bounds)

    def frames(self, pairs: Int64Array) -> Int64Array:
        """Return the frame of some pairs, given by their places."""
        found: Int64Array = np.searchsorted(self.bounds, pairs, side="right") - 1 + self.first
        return found

    def blocks(self, values: Float64Array) -> Iterator[Float64Array]:
        """Yield each frame's values ``(annotations, results)``, views of ``(pairs,)`` values."""
        bounds = self.bounds.tolist()
        for place, shape in enumerate(self.shapes):
            yield values[bounds[place] : bounds[place + 1]].reshape(shape)

    def crowded(self, is_candidate: BoolArray, rows: tuple[Int64Array, Int64Array]) -> Int64Array:
        """Return the frames, counted from `first`, in which candidates compete: two of one annotation or result.

        Args:
            is_candidate: bool ``(pairs,)``.
            rows: What `rows` returns.
        """
        chosen = np.flatnonzero(is_candidate)
        competing = np.zeros(len(chosen), bool)
        for side, bounds in zip(rows, (self.truth_bounds, self.result_bounds), strict=True):
            own = side[chosen] - bounds[0]
            competing |= np.bincount(own, minlength=1)[own] > 1
        return np.unique(self.frames(chosen[competing]) - self.first)

    def matched(self, worth: Float64Array) -> Int64Array:
        """Match one to one in every frame for the greatest total worth; return the places of the matched pairs.

        Args:
            worth: float64 ``(pairs,)``, 0 or more; pairs worth nothing are never returned.
        """
        is_candidate = worth > 0
        crowded = self.crowded(is_candidate, self.rows())
        widths = np.diff(self.result_bounds)
        cost = -worth
        for frame in crowded.tolist():
            pairs = slice(self.bounds[frame], self.bounds[frame + 1])
            width = int(widths[frame])
            truth, results = linear_sum_assignment(cost[pairs].reshape(-1, width))
            best = np.zeros(pairs.stop - pairs.start, bool)
            best[truth * width + results] = True
            is_candidate[pairs] &= best
        return np.flatnonzero(is_candidate)


def frame_pairs(truth: tuple[CornerBoxes, Int64Array], results: tuple[CornerBoxes, Int64Array]) -> Iterator[FramePairs]:
    """Pair the boxes of every frame.

    Args:
        truth: Boxes of the annotations, and where each frame's begin, int64 ``(length + 1,)``.
        results: The same of the results.
    """
    (truth_boxes, truth_bounds), (result_boxes, result_bounds) = truth, results
    sizes = np.diff(truth_bounds) * np.diff(result_bounds)
    ends = np.cumsum(sizes)
    first, length = 0, len(sizes)
    while first < length:
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + _PAIRS, side="right")), first + 1)
        truths, founds = truth_bounds[first : last + 1], result_bounds[first : last + 1]
        bounds = np.concatenate(([0], ends[first:last] - done))
        if last == first + 1 and sizes[first] > _BIG_FRAME:
            rows, columns = slice(truths[0], truths[1]), slice(founds[0], founds[1])
            overlaps = truth_boxes.take(rows).iou(result_boxes.take(columns)).reshape(-1)
        else:
            overlaps = truth_boxes.paired_iou(result_boxes, *_pair_rows(truths, founds, bounds))
        yield FramePairs(first, truths, founds, bounds, overlaps)
        first = last


def _pair_rows(
    truth_bounds: Int64Array, result_bounds: Int64Array, bounds: Int64Array
) -> tuple[Int64Array, Int64Array]:
    heights, widths = np.diff(truth_bounds), np.diff(result_bounds)
    repeats = np.repeat(widths, heights)
    truth = np.repeat(np.arange(truth_bounds[0], truth_bounds[-1]), repeats)
    # The results of a frame follow each other, over and over again.
    starts = np.cumsum(repeats) - repeats
    results = np.arange(bounds[-1]) + np.repeat(np.repeat(result_bounds[:-1], heights) - starts, repeats)
    return truth, results
