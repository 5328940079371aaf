"""What is remembered of a track's observations: its last boxes, when they were, and how sure they were.

Directions are those of the four corners, and each is a sum over several intervals; they are worked out only when a
matching asks for them. The boxes of the last observations and their ticks are all that takes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtrack_common_mot.observation_centric.observations import ObservedRows
from vtrack_plugin_hybridsort.scored_filter import CONFIDENCE, SCORED_ROWS

__all__ = ["CornerRows", "CornerView", "Corners"]

_NEVER = -1e18
_NOWHERE = np.array([[1.0], [1], [-1], [-1]])
"""Edges of the empty box at -1, -1, which the original takes for the last observation of a track without any."""
_LAST = slice(-7, None)
_ZERO = np.array(0.0)
_TINY = np.array(1e-6)


class Corners(NamedTuple):
    """Where the four corners of tracks were, and where they were going.

    Corners are those of a left or right side (first index) and a top or bottom one (second). Left and top sides are
    negated, as in `vtrack_common_mot.overlap`; places and ways alike, so their products are not.

    Attributes:
        across: ``(2, n)``, the left and right sides.
        down: ``(2, n)``, the top and bottom sides.
        way_across: ``(2, 2, n)``, sums of vectors of length 1, their first component.
        way_down: ``(2, 2, n)``, and their second.
    """

    across: Float64Array
    down: Float64Array
    way_across: Float64Array
    way_down: Float64Array


class CornerView:
    """Knows where what is in the `past` of `CornerRows`; holds nothing.

    Attributes:
        ticks: Rows of the ticks.
        confidence: Row of the confidence.
        growth: Row of its growth.
        boxes: Rows of the boxes.
        rows: How many rows there are.
    """

    def __init__(self, delta_t: int) -> None:
        """Lay out the rows.

        Args:
            delta_t: Ticks over which directions are measured.
        """
        self._delta_t = delta_t
        self.ticks = slice(0, delta_t + 1)
        self.confidence, self.growth = delta_t + 1, delta_t + 2
        self.boxes = slice(delta_t + 3, 5 * delta_t + 7)
        self.rows = 5 * delta_t + 10

    def corners(self, past: Float64Array, tick: int) -> Corners:
        """Return where the corners of tracks were and where they were going.

        The place is that of the oldest observation of the last `delta_t` ticks, or else of the last one. The way is
        the sum of the directions to the last observation from those of the `delta_t` ticks before it, or else from
        the one before it; zeros for a track with fewer than two.

        Args:
            past: ``(rows, n)``, of `CornerRows`.
            tick: To which the next direction is measured.
        """
        earlier, count = self._delta_t, past.shape[1]
        ticks, boxes = past[self.ticks], past[self.boxes].reshape(earlier + 1, 4, count)
        steps = boxes[earlier] - boxes[:earlier]
        squares = steps * steps
        share: Float64Array = squares[:, 0::2, None] + squares[:, None, 1::2]
        np.sqrt(share, share)
        share += _TINY
        counted = ticks[:earlier] >= ticks[earlier] - earlier
        np.greater(ticks[earlier - 1], _ZERO, counted[-1])
        np.divide(counted[:, None, None], share, share)
        recent = (ticks >= tick - earlier).sum(0)
        oldest = np.minimum(earlier + 1 - recent, earlier)
        columns = np.arange(count)
        origins = boxes.reshape(-1).take(np.arange(0, 4 * count, count)[:, None] + (oldest * (4 * count) + columns))
        return Corners(
            origins[0::2],
            origins[1::2],
            (steps[:, 0::2, None] * share).sum(0),
            (steps[:, None, 1::2] * share).sum(0),
        )

    def expected_confidence(self, past: Float64Array, elapsed: float) -> Float64Array:
        """Return the confidence expected of tracks by the line through their last two, float64 ``(n,)``.

        Args:
            past: ``(rows, n)``, of `CornerRows`.
            elapsed: Time since the last update, in nominal frames.
        """
        expected: Float64Array = past[self.confidence] + past[self.growth] * elapsed
        return expected


class CornerRows(ObservedRows):
    """Tracks in the order: seen in the last frame, then missing, then born in the last frame.

    Attributes:
        past: float64 ``(5 * delta_t + 10, n)``: ticks of the last ``delta_t + 1`` observations, the latest last, far
            below 0 for none; confidence, which is the last detection's score, and how much it grew in a frame, 0 for
            a track that was missing; the first four rows of the edges at each of those ticks; and below the rest of
            the last edges, and their score.
    """

    __slots__ = ("_view",)

    def __init__(self, view: CornerView, delta_t: int, facts: int) -> None:
        """Start without tracks.

        Args:
            view: Knows where what is in the past.
            delta_t: Ticks over which directions are measured.
            facts: Number of rows of `facts`.
        """
        super().__init__(delta_t, facts)
        self._view = view
        self.motion = self.frozen = np.empty((SCORED_ROWS, 0))
        self.past = np.empty((view.rows, 0))

    def last_edges(self) -> Float64Array:
        """Return the edges of the last observation of all tracks and, below them, its score, ``(7, n)``."""
        return self.past[_LAST]

    def replay_edges(self) -> Float64Array:
        """Return the same: filters are put right from there."""
        return self.past[_LAST]

    def directions(self) -> Float64Array:
        """Return nothing, ``(0, n)``: directions are worked out when they are asked for."""
        return self.past[:0]

    def origins(self, tick: int) -> Float64Array:
        """Return nothing, ``(0, n)``, as `directions`."""
        return self.past[:0]

    def skip(self, start: int, stop: int) -> None:
        """Let ticks go by; nothing depends on it."""

    def trust(self, tracks: Int64Array, scores: Float32Array, elapsed: float) -> Float64Array:
        """Take note of how sure the detections of this frame are; return the confidence before, float64 ``(k,)``.

        Args:
            tracks: int64 ``(k,)``, columns of the tracks that are seen.
            scores: float32 ``(k,)``, of their detections.
            elapsed: Time since the last update, in nominal frames.
        """
        confidence, growth = self.past[self._view.confidence], self.past[self._view.growth]
        before: Float64Array = confidence.take(tracks)
        growth[:] = 0
        growth[tracks] = (scores - before) / elapsed
        confidence[tracks] = scores
        return before

    def observe(self, tick: int, tracks: Int64Array, edges: Float64Array, centres: Float64Array) -> Float64Array:
        """Return the past of tracks after an observation of each.

        Args:
            tick: Of the frame.
            tracks: Columns.
            edges: ``(7, k)``, of the observed boxes, and their scores.
            centres: ``(2, k)``, theirs; not needed.
        """
        past = self.past.take(tracks, 1)
        ticks, boxes = past[self._view.ticks], past[self._view.boxes]
        ticks[:-1] = ticks[1:]
        ticks[-1] = tick
        boxes[:-4] = boxes[4:]
        past[_LAST] = edges
        return past

    def miss(self, tick: int, tracks: Int64Array) -> Float64Array:
        """Return the past of tracks that were not seen in a frame."""
        return self.past.take(tracks, 1)

    def begin(self, motion: Float64Array, facts: Int64Array) -> None:
        """Add tracks after the others, as yet without observation; their confidence is that of the filter."""
        self.append(motion, facts)
        view, past = self._view, np.zeros((self._view.rows, facts.shape[1]))
        past[view.ticks] = _NEVER
        past[view.confidence] = motion[CONFIDENCE]
        past[view.boxes].reshape(-1, 4, facts.shape[1])[:] = _NOWHERE
        self.past = np.concatenate((self.past, past), 1)
