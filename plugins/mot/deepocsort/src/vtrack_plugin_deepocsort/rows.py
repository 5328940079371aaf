"""Tracks whose observations are carried through the motion of the camera."""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtrack_common_mot.observation_centric.observations import OBSERVED, ObservedRows
from vtrack_common_mot.rows import LAST
from vtrack_plugin_deepocsort.matching import SLOT

__all__ = ["BEFORE", "FACTS", "NEVER", "WarpedRows"]

BEFORE = SLOT + 1
"""Row of the facts: tick of the observation before the last, `NEVER` without one."""
NEVER = -(1 << 32)
FACTS = SLOT + 2

_EDGES = 4


class WarpedRows(ObservedRows):
    """Tracks with their observations; `past` has four more rows, the edges that a filter is put right from.

    The original keeps a track's last observation in two places that are one, and so carries it through a warp twice:
    while it is no more than `delta_t` frames old, and once afterwards. The box that the filter of a lost track is put
    right from is kept apart; it moves as a whole, and not with the first warp after its observation.
    """

    __slots__ = ("_twice",)

    def __init__(self, delta_t: int, *, twice: bool) -> None:
        """Start without tracks.

        Args:
            delta_t: Ticks over which a direction is measured.
            twice: Do as the original does; else every observation goes through every warp once.
        """
        super().__init__(delta_t, FACTS)
        self._twice = twice
        self.past = np.empty((len(self.past) + _EDGES, 0))

    def replay_edges(self) -> Float64Array:
        """Return the edges ``(4 or 6, n)`` of the boxes that filters are put right from."""
        return self.past[-_EDGES:] if self._twice else super().replay_edges()

    def observe(self, tick: int, tracks: Int64Array, edges: Float64Array, centres: Float64Array) -> Float64Array:
        """Return the past of tracks after an observation of each; the arguments are those of `ObservedRows`."""
        past = super().observe(tick, tracks, edges, centres)
        past[-_EDGES:] = edges[:_EDGES]
        return past

    def warp(self, warp: Float64Array, tick: int) -> None:
        """Carry the observations through a warp.

        Args:
            warp: float64 ``(2, 3)``, where a pixel of the last frame is in this one.
            tick: Of this frame.
        """
        self.past = self.past.copy()
        observed = self.facts[OBSERVED] > 0
        recent = observed & self._twice & (tick - self.facts[LAST] <= self._delta_t + 1)
        self._warp_last(warp, observed)
        self._warp_last(warp, recent)
        for back in range(1, self._delta_t + 1):
            row = self._row(tick - back)
            centres = self.past[row : row + 2]
            # What directions to that tick's successors are measured from: the last observation, if none was between.
            again = recent & (self.facts[BEFORE] < tick - back)
            for some in (observed, again):
                centres[:, some] = warp[:, :2] @ centres[:, some] + warp[:, 2:]
        self._warp_lost(warp)

    def _warp_last(self, warp: Float64Array, some: BoolArray) -> None:
        """Carry the corners of last observations through a warp."""
        left, top, right, bottom = self.past[:_EDGES, some]
        first = warp[:, :2] @ np.stack((-left, -top)) + warp[:, 2:]
        last = warp[:, :2] @ np.stack((right, bottom)) + warp[:, 2:]
        width, height = last - first
        self.past[:6, some] = [*-first, *last, width, width * height]

    def _warp_lost(self, warp: Float64Array) -> None:
        """Carry the boxes that filters of lost tracks are put right from through a warp, by their centres."""
        lost = slice(self.seen, self.seen + self.missing)
        left, top, right, bottom = self.past[-_EDGES:, lost]
        centres = np.stack((right - left, bottom - top)) / 2
        shift = warp[:, :2] @ centres + warp[:, 2:] - centres
        self.past[-_EDGES:, lost] += np.concatenate((-shift, shift))
