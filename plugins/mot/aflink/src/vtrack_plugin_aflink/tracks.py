"""The tracks of a table in order of appearance, and which of them may go on as which."""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import Int64Array
from vtcore.tables import TrackTable

__all__ = ["Pairs", "Tracks", "near_pairs"]

Pairs = tuple[Int64Array, Int64Array]
"""Numbers of tracks that may go on, and of those that they may go on as, int64 ``(P,)`` each."""


@attrs.frozen(eq=False)
class Tracks:
    """Where the rows of each identity stand in a table; rows without an identity (a negative id) are left out.

    Tracks are numbered from 0 by their first row in the table.

    Attributes:
        rows: int64 ``(K,)``, rows of the table, by track, then frame.
        starts: int64 ``(T,)``, where each track begins in `rows`.
        lengths: int64 ``(T,)``, how many rows it has, 1 or more.
    """

    rows: Int64Array
    starts: Int64Array
    lengths: Int64Array

    @classmethod
    def of(cls, table: TrackTable) -> Tracks:
        """Find the tracks of a table."""
        rows = np.flatnonzero(table.ids >= 0)
        _, first, places = np.unique(table.ids[rows], return_index=True, return_inverse=True)
        order = np.argsort(first)
        numbers = np.argsort(order)[places]
        lengths = np.bincount(numbers, minlength=len(first)).astype(np.int64)
        return cls(rows[np.argsort(numbers, kind="stable")], np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.starts)

    @property
    def firsts(self) -> Int64Array:
        """Row of the table with which each track begins, int64 ``(T,)``."""
        return self.rows[self.starts]

    @property
    def lasts(self) -> Int64Array:
        """Row of the table with which each track ends, int64 ``(T,)``."""
        lasts: Int64Array = self.rows[self.starts + self.lengths - 1]
        return lasts

    @property
    def numbers(self) -> Int64Array:
        """Number of the track of each of `rows`, int64 ``(K,)``."""
        numbers: Int64Array = np.repeat(np.arange(len(self)), self.lengths)
        return numbers


def near_pairs(
    table: TrackTable, tracks: Tracks, frames: tuple[int, int], distance: float, *, per_class: bool
) -> Pairs:
    """List the pairs of tracks that are near enough in time and place.

    Args:
        table: The table.
        tracks: Its tracks.
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
