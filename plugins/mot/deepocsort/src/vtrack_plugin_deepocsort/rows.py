"""Tracks whose observations are carried through the motion of the camera."""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtrack_common_mot.observation_centric.observations import OBSERVED, TRAIL, ObservedRows
from vtrack_common_mot.rows import LAST
from vtrack_plugin_deepocsort.matching import SLOT

__all__ = ["BEFORE", "FACTS", "NEVER", "WarpedRows"]

BEFORE = SLOT + 1
"""Row of the facts: tick of the observation before the last, `NEVER` without one."""
NEVER = -(1 << 32)
FACTS = SLOT + 2

_EDGES = 4
_OUTWARDS = np.array([[[-1.0], [-1]], [[1], [1]]])
"""Signs of the corners in edges."""


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
        past = self.past = self.past.copy()
        observed, last = self.facts[OBSERVED] > 0, self.facts[LAST]
        recent = observed & (tick - last <= self._delta_t + 1) if self._twice else np.zeros(len(observed), bool)
        corners = past[:4].reshape(2, 2, -1) * _OUTWARDS
        corners = np.where(observed, _through(warp, corners, recent), corners)
        width, height = corners[1] - corners[0]
        past[:4] = (corners * _OUTWARDS).reshape(4, -1)
        past[4], past[5] = width, width * height
        # What directions to a tick's successors are measured from: the last observation, if none was between.
        ticks = np.array([tick - 1 - (tick - 1 - slot) % self._delta_t for slot in range(self._delta_t)])
        again = recent & (self.facts[BEFORE] < ticks[:, None])
        ring = past[TRAIL:-_EDGES]
        ring[:] = _through(warp, ring.reshape(self._delta_t, 2, -1), again).reshape(ring.shape)
        self._warp_lost(warp)

    def _warp_lost(self, warp: Float64Array) -> None:
        """Carry the boxes that filters of lost tracks are put right from through a warp, by their centres."""
        lost = slice(self.seen, self.seen + self.missing)
        left, top, right, bottom = self.past[-_EDGES:, lost]
        centres = np.stack((right - left, bottom - top)) / 2
        shift = warp[:, :2] @ centres + warp[:, 2:] - centres
        self.past[-_EDGES:, lost] += np.concatenate((-shift, shift))


def _through(warp: Float64Array, points: Float64Array, twice: BoolArray) -> Float64Array:
    """Return points ``(k, 2, n)`` after a warp ``(2, 3)``, or after two of it where `twice`, ``(n,)`` or ``(k, n)``."""
    turn, shift = warp[:, :2], warp[:, 2:]
    once = turn @ points + shift
    if not np.count_nonzero(twice):
        return once
    some = twice[:, None] if twice.ndim == 2 else twice
    moved: Float64Array = np.where(some, turn @ once + shift, once)
    return moved
