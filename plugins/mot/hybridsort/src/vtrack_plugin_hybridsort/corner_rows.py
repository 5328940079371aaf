"""What is remembered of a track's observations: its last boxes, when they were, and how sure they were.

Directions are those of the four corners, and each is a sum over several intervals; they are worked out only when a
matching asks for them. The boxes of the last `delta_t` observations and their ticks are all that takes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtrack_common_mot.observation_centric.observations import ObservedRows
from vtrack_plugin_hybridsort.scored_filter import CONFIDENCE, SCORED_ROWS

__all__ = ["CornerRows", "CornerView", "Corners"]

_LAST = slice(0, 7)
_BOX = slice(0, 4)
_CONFIDENCE = 7
_GROWTH = 8
_TICKS = 9
_NEVER = -1e18
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
    """Reads what `CornerRows` has in its `past`; holds nothing."""

    def __init__(self, delta_t: int) -> None:
        """Know where what is.

        Args:
            delta_t: Ticks over which directions are measured.
        """
        self._delta_t = delta_t
        self.earlier = _TICKS + delta_t + 1
        """Row from which on the earlier boxes are."""
        self.rows = self.earlier + 4 * delta_t
        """How many rows there are."""

    def corners(self, past: Float64Array, tick: int) -> Corners:
        """Return where the corners of tracks were and where they were going.

        The place is that of the oldest observation of the last `delta_t` ticks, or else of the last one. The way is
        the sum of the directions to the last observation from those of the `delta_t` ticks before it, or else from
        the one before it; zeros for a track with fewer than two.

        Args:
            past: ``(rows, n)``, of `CornerRows`.
            tick: To which the next direction is measured.
        """
        count, last = past.shape[1], past[_BOX]
        ticks = past[_TICKS : self.earlier]
        boxes = np.concatenate((last, past[self.earlier :])).reshape(-1, 4, count)
        oldest = np.maximum(np.count_nonzero(ticks >= tick - self._delta_t, axis=0) - 1, 0)
        origins = boxes[oldest, :, np.arange(count)].T
        counted = ticks[1:] >= ticks[0] - self._delta_t
        counted[0] = True
        counted &= ticks[1:] > 0
        steps = last - boxes[1:]
        across, down = steps[:, 0::2, None], steps[:, None, 1::2]
        share = counted[:, None, None] / (np.sqrt(across * across + down * down) + _TINY)
        return Corners(origins[0::2], origins[1::2], (across * share).sum(0), (down * share).sum(0))

    @staticmethod
    def expected_confidence(past: Float64Array, elapsed: float) -> Float64Array:
        """Return the confidence expected of tracks by the line through their last two, float64 ``(n,)``.

        Args:
            past: ``(rows, n)``, of `CornerRows`.
            elapsed: Time since the last update, in nominal frames.
        """
        expected: Float64Array = past[_CONFIDENCE] + past[_GROWTH] * elapsed
        return expected


class CornerRows(ObservedRows):
    """Tracks in the order: seen in the last frame, then missing, then born in the last frame.

    Attributes:
        past: float64 ``(10 + 5 * delta_t, n)``: edges of the last observation and its score (7 rows); confidence,
            which is the last detection's score, and how much it grew in a frame, 0 for a track that was missing; the
            ticks of the last ``delta_t + 1`` observations, the latest first, far below 0 for none; then the first
            four rows of the edges of each but the latest.
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
        before: Float64Array = self.past[_CONFIDENCE].take(tracks)
        self.past[_GROWTH] = 0
        self.past[_GROWTH, tracks] = (scores - before) / elapsed
        self.past[_CONFIDENCE, tracks] = scores
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
        earlier = self._view.earlier
        past[earlier + 4 :] = past[earlier:-4].copy()
        past[earlier : earlier + 4] = past[_BOX]
        past[_TICKS + 1 : earlier] = past[_TICKS : earlier - 1].copy()
        past[_TICKS] = tick
        past[_LAST] = edges
        return past

    def miss(self, tick: int, tracks: Int64Array) -> Float64Array:
        """Return the past of tracks that were not seen in a frame."""
        return self.past.take(tracks, 1)

    def begin(self, motion: Float64Array, facts: Int64Array) -> None:
        """Add tracks after the others, as yet without observation; their confidence is that of the filter."""
        born = slice(len(self), None)
        super().begin(motion, facts)
        self.past[_TICKS : self._view.earlier, born] = _NEVER
        self.past[_CONFIDENCE, born] = motion[CONFIDENCE]
