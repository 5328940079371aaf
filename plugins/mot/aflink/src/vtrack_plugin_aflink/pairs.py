"""Which tracks may go on as which."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks

__all__ = ["Pairs", "near_pairs"]

Pairs = tuple[Int64Array, Int64Array]
"""Numbers of tracks that may go on, and of those that they may go on as, int64 ``(P,)`` each."""


def near_pairs(
    table: TrackTable, tracks: Tracks, frames: tuple[int, int], distance: float, *, per_class: bool
) -> Pairs:
    """List the pairs of tracks that are near enough in time and place.

    Args:
        table: The table.
        tracks: Its tracks, by appearance.
        frames: Least and most frames from the last row of one to the first of the other.
        distance: Farthest that the left upper corners of these rows' boxes may lie apart, in pixels.
        per_class: Whether both rows must have one label.
    """
    lasts, firsts = tracks.lasts, tracks.firsts
    # Tracks are numbered by appearance, so their beginnings ascend.
    begins, ends = table.frames[firsts], table.frames[lasts]
    low = np.searchsorted(begins, ends + frames[0], side="left")
    counts = np.searchsorted(begins, ends + frames[1], side="right") - low
    before = np.repeat(np.arange(len(tracks)), counts)
    within = np.arange(len(before)) - np.repeat(np.cumsum(counts) - counts, counts)
    after = np.repeat(low, counts) + within
    apart = table.ltwh[lasts[before], :2] - table.ltwh[firsts[after], :2]
    near = (np.hypot(*apart.T) <= distance) & (before != after)
    if per_class:
        near &= table.labels[lasts[before]] == table.labels[firsts[after]]
    return before[near], after[near]
