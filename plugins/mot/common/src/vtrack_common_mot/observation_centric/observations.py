"""What is remembered of a track's observations: its last box, its direction, and where it was some frames ago."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_common_mot.rows import LAST, TrackRows

__all__ = ["FACTS", "OBSERVED", "STREAK", "TRAIL", "ObservedRows"]

STREAK = 4
"""Row of the facts: detections in a row that continued the track, its first not counted."""
OBSERVED = 5
"""Row of the facts: 1 for a track that a detection has continued, 0 for one that has only been born."""
FACTS = 6
"""Rows of the facts that are used here; a subclass may ask for more."""

_EDGES = slice(0, 6)
_DIRECTION = slice(6, 8)
TRAIL = 8
"""First row of the past that holds centres which directions are measured from, two for each tick in turn."""
_NOWHERE = np.array([[1.0], [1], [-1], [-1], [0], [0]])
"""Edges of the empty box at -1, -1, which the original takes for the last observation of a track without any."""
_TINY = np.array(1e-6)


class ObservedRows(TrackRows):
    """Tracks in the order: seen in the last frame, then missing, then born in the last frame.

    Attributes:
        past: float64 ``(8 + 2 * delta_t, n)``: edges of the last observation (without any, those of the empty box at
            -1, -1, as in the original), direction (a vector x, y of length 1, zeros while unknown), and the centre that
            the direction of the next ticks is measured from, one for each tick in turn.
        frozen: float64 ``(ROWS, m)``, states of the missing tracks as predicted for the first tick without them.
        seen: How many tracks, the first, were seen in the last frame.
        missing: How many, those after them, were not.

    The detection that starts a track is no observation of it, as in the original code.
    """

    __slots__ = ("_delta_t", "frozen", "missing", "past", "seen")

    _STATE: ClassVar[tuple[str, ...]] = ("past", "frozen", "seen", "missing")

    def __init__(self, delta_t: int, facts: int = FACTS) -> None:
        """Start without tracks.

        Args:
            delta_t: Ticks over which a direction is measured.
            facts: Number of rows of `facts`.
        """
        super().__init__(facts)
        self._delta_t = delta_t
        self.past: Float64Array = np.empty((TRAIL + 2 * delta_t, 0))
        self.frozen: Float64Array = self.motion
        self.seen = self.missing = 0

    def last_edges(self) -> Float64Array:
        """Return the edges ``(6, n)`` of the last observation of all tracks."""
        return self.past[_EDGES]

    def replay_edges(self) -> Float64Array:
        """Return the edges ``(4 or 6, n)`` of the boxes that filters are put right from: the last observations."""
        return self.past[_EDGES]

    def freeze(self, ahead: Float64Array, missing: Int64Array) -> None:
        """Keep the prediction of tracks that are not seen, if they were in the frame before.

        Args:
            ahead: ``(ROWS, n)``, predictions of all tracks.
            missing: Columns of those that are not seen now.
        """
        if self.missing:
            ahead = ahead.copy()
            ahead[:, self.seen : self.seen + self.missing] = self.frozen
        self.frozen = ahead.take(missing, 1)

    def directions(self) -> Float64Array:
        """Return the directions ``(2, n)`` of all tracks."""
        return self.past[_DIRECTION]

    def origins(self, tick: int) -> Float64Array:
        """Return the centres ``(2, n)`` from which a direction to this tick is measured.

        Of the observations of the last `delta_t` ticks it is the oldest, without any the last one before them.
        """
        row = self._row(tick)
        return self.past[row : row + 2]

    def skip(self, start: int, stop: int) -> None:
        """Let ticks go by in which there was no frame.

        Args:
            start: The first of them.
            stop: The first after them.
        """
        for tick in range(max(start, stop - self._delta_t), stop):
            self._wait(self.past, tick)

    def observe(self, tick: int, tracks: Int64Array, edges: Float64Array, centres: Float64Array) -> Float64Array:
        """Return the past of tracks after an observation of each.

        Args:
            tick: Of the frame.
            tracks: Columns, ascending.
            edges: ``(6, k)``, of the observed boxes.
            centres: ``(2, k)``, theirs.
        """
        past = self.past.take(tracks, 1)
        row = self._row(tick)
        step = centres - past[row : row + 2]
        length = np.hypot(*step) + _TINY
        past[_EDGES] = edges
        past[row : row + 2] = centres
        if len(tracks) and tracks[-1] < self.seen and self.facts[LAST, tracks[-1]] == tick - 1:
            # Every one of them was observed in the tick before.
            np.divide(step, length, past[_DIRECTION])
            return past
        known = self.facts[OBSERVED].take(tracks)
        np.divide(step * known, length, past[_DIRECTION])
        last = np.where(known, self.facts[LAST].take(tracks), -self._delta_t)
        late = (last < tick - 1).nonzero()[0]
        if len(late):
            self._fill(past, tick, last, late, centres)
        return past

    def _fill(self, past: Float64Array, tick: int, last: Int64Array, late: Int64Array, centres: Float64Array) -> None:
        """Let ticks without observation begin their directions at the next one, which is this."""
        for back in range(1, self._delta_t):
            # All that are late are so by one tick.
            some = late if back == 1 else late[last.take(late) < tick - back]
            if len(some) == 0:
                return
            row = self._row(tick - back)
            past[row : row + 2, some] = centres.take(some, 1)

    def miss(self, tick: int, tracks: Int64Array) -> Float64Array:
        """Return the past of tracks that were not seen in a frame."""
        past = self.past.take(tracks, 1)
        self._wait(past, tick)
        return past

    def _wait(self, past: Float64Array, tick: int) -> None:
        """Let a tick without observation begin its directions at the last one before."""
        row = self._row(tick)
        np.subtract(past[2:4], past[:2], past[row : row + 2])
        past[row : row + 2] /= 2

    def begin(self, motion: Float64Array, facts: Int64Array) -> None:
        """Add tracks after the others, as yet without observation."""
        self.append(motion, facts)
        past = np.zeros((len(self.past), facts.shape[1]))
        past[_EDGES] = _NOWHERE
        self.past = np.concatenate((self.past, past), 1)

    def drop(self, seen: Int64Array) -> None:
        """End tracks that were seen in this frame.

        Args:
            seen: Their columns.
        """
        order = np.delete(np.arange(len(self)), seen)
        self.keep(order)
        self.past = self.past.take(order, 1)
        self.seen -= len(seen)

    def _row(self, tick: int) -> int:
        return TRAIL + 2 * (tick % self._delta_t)
