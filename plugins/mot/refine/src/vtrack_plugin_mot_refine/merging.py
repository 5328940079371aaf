"""Merging: where a track ends and another of its class begins as if it went on, both become one.

No paper; a plain rule without learning. A track that ends is extrapolated forwards to where another begins, and that
one backwards; the mean of both distances, in box sizes, and the time between them make the cost of the pair. The best
pairing of all ends with all beginnings is found by linear assignment. This is repeated, with what the joined tracks
now tell, until nothing joins.

A track's velocity is the slope of a line through the centres of its last (or first) rows, drawn towards 0 the more the
fewer rows there are.
"""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks, with_columns
from vtrack_plugin_mot_refine.config import MergeConfig

__all__ = ["Merge"]

_STEADINESS = 10.0
"""Frames squared added to the spread of the times: ten rows keep nine tenths of their slope, two a twentieth."""

_LEAST_SIZE = 1.0
"""Pixels: boxes smaller than one count as that."""


@attrs.frozen(eq=False)
class _Ends:
    """One end of every track.

    Attributes:
        frames: int64 ``(T,)``, of the outermost row.
        labels: int64 ``(T,)``, of the outermost row.
        centres: float64 ``(T, 2)``, of the outermost row.
        velocities: float64 ``(T, 2)``, pixels a frame.
        sizes: float64 ``(T, 2)``, mean width and height.
    """

    frames: Int64Array
    labels: Int64Array
    centres: Float64Array
    velocities: Float64Array
    sizes: Float64Array


class Merge:
    """Joins tracks; the joined one has the id of the earliest. Boxes, and rows without an identity, stay.

    Doing it twice is the same as doing it once. Gaps stay open: `LinearInterpolation` after it fills them.
    """

    def __init__(
        self, max_gap: int = 60, max_distance: float = 0.5, min_size_ratio: float = 0.5, history: int = 10
    ) -> None:
        """Choose which tracks may be joined.

        Args:
            max_gap: Most frames missing between them.
            max_distance: Farthest that extrapolated and real centre may lie apart, in box sizes.
            min_size_ratio: Least ratio of the smaller to the larger width, and height.
            history: Rows at an end that tell velocity and size.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = MergeConfig(
            max_gap=max_gap, max_distance=max_distance, min_size_ratio=min_size_ratio, history=history
        )

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table with tracks joined.

        Args:
            table: Tracks; a track is all rows of an id.
            sequence: Not used.
            length: Not used.
        """
        while True:
            tracks = Tracks.of(table)
            before, after = self._pairs(table, tracks)
            if len(before) == 0:
                return table
            table = with_columns(table, ids=_joined_ids(table, tracks, before, after))

    def _pairs(self, table: TrackTable, tracks: Tracks) -> tuple[Int64Array, Int64Array]:
        """Return which track goes on as which, int64 ``(p,)`` each, in order of the latter's beginning."""
        if len(tracks) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        lasts, firsts = _ends(table, tracks, self.config.history)
        end, begin = _near_in_time(lasts.frames, firsts.frames, self.config.max_gap)
        gains = self._gains(lasts, firsts, end, begin)
        allowed = gains > 0
        end, begin = _assigned(end[allowed], begin[allowed], gains[allowed], len(tracks))
        order = np.argsort(firsts.frames[begin], kind="stable")
        return end[order], begin[order]

    def _gains(self, lasts: _Ends, firsts: _Ends, end: Int64Array, begin: Int64Array) -> Float64Array:
        """Return what joining each pair is worth, float64 ``(p,)``, 0 to 1; 0 or less for those not allowed."""
        config = self.config
        frames = (firsts.frames[begin] - lasts.frames[end]).astype(np.float64)
        apart = firsts.centres[begin] - lasts.centres[end]
        forwards = np.hypot(*(apart - lasts.velocities[end] * frames[:, None]).T)
        backwards = np.hypot(*(apart - firsts.velocities[begin] * frames[:, None]).T)
        sizes = np.maximum(lasts.sizes[end], _LEAST_SIZE), np.maximum(firsts.sizes[begin], _LEAST_SIZE)
        size = np.sqrt((sizes[0].prod(1) + sizes[1].prod(1)) / 2)
        distance = (forwards + backwards) / 2 / size
        alike = (np.minimum(*sizes) / np.maximum(*sizes)).min(1, initial=1)
        cost = (distance / config.max_distance + (frames - 1) / (config.max_gap + 1)) / 2
        allowed = (distance <= config.max_distance) & (alike >= config.min_size_ratio)
        allowed &= lasts.labels[end] == firsts.labels[begin]
        gains: Float64Array = np.where(allowed, 1 - cost, -1)
        return gains


def _ends(table: TrackTable, tracks: Tracks, history: int) -> tuple[_Ends, _Ends]:
    """Return the last and the first rows of every track."""
    place = np.arange(len(tracks.rows))
    from_end = tracks.ends[tracks.numbers] - place
    from_start = place - tracks.starts[tracks.numbers]
    return (
        _one_end(table, tracks, tracks.ends, np.flatnonzero(from_end < history)),
        _one_end(table, tracks, tracks.starts, np.flatnonzero(from_start < history)),
    )


def _one_end(table: TrackTable, tracks: Tracks, outermost: Int64Array, window: Int64Array) -> _Ends:
    """Fit a line to the rows in `window`, places in `tracks.rows`, of each track."""
    outer, rows, numbers = tracks.rows[outermost], tracks.rows[window], tracks.numbers[window]
    count = np.bincount(numbers, minlength=len(tracks)).astype(np.float64)

    def mean(values: Float64Array) -> Float64Array:
        return np.stack([np.bincount(numbers, column, len(tracks)) / count for column in values.T], 1)

    centres = table.ltwh[:, :2] + table.ltwh[:, 2:] / 2
    # Counted from the outermost row, so that neither large frame numbers nor large coordinates lose digits.
    times = (table.frames[rows] - table.frames[outer][numbers]).astype(np.float64)[:, None]
    places = centres[rows] - centres[outer][numbers]
    times = times - mean(times)[numbers]
    spread = mean(times**2) * count[:, None] + _STEADINESS
    slope = mean(times * (places - mean(places)[numbers])) * count[:, None] / spread
    return _Ends(table.frames[outer], table.labels[outer], centres[outer], slope, mean(table.ltwh[rows, 2:]))


def _near_in_time(ends: Int64Array, begins: Int64Array, max_gap: int) -> tuple[Int64Array, Int64Array]:
    """List the pairs of an end and a later beginning with at most `max_gap` frames between them."""
    order = np.argsort(begins, kind="stable")
    begins = begins[order]
    low = np.searchsorted(begins, ends, side="right")
    high = np.searchsorted(begins, ends + max_gap + 1, side="right")
    counts = high - low
    end = np.repeat(np.arange(len(ends)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return end, order[np.repeat(low, counts) + within]


def _assigned(end: Int64Array, begin: Int64Array, gains: Float64Array, count: int) -> tuple[Int64Array, Int64Array]:
    """Return the pairs of the greatest total gain in which no end and no beginning is used twice.

    Solved apart for each group of tracks that compete: a long sequence has thousands of tracks, and few compete.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from vtrack_common_mot.assignment import match_above

    graph = coo_matrix((np.ones(len(end)), (end, begin + count)), shape=(2 * count, 2 * count))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group[end], kind="stable")
    cuts = np.flatnonzero(np.diff(group[end][order])) + 1
    made_ends, made_begins = [end[:0]], [begin[:0]]
    for pairs in np.split(order, cuts):
        ends, row = np.unique(end[pairs], return_inverse=True)
        begins, column = np.unique(begin[pairs], return_inverse=True)
        matrix = np.full((len(ends), len(begins)), -1.0)
        matrix[row, column] = gains[pairs]
        rows, columns = match_above(matrix, np.array(0.0), apart=True)
        made_ends.append(ends[rows])
        made_begins.append(begins[columns])
    return np.concatenate(made_ends), np.concatenate(made_begins)


def _joined_ids(table: TrackTable, tracks: Tracks, before: Int64Array, after: Int64Array) -> Int64Array:
    """Return the column of ids with every later track under the earlier one's id."""
    new: Int64Array = table.ids[tracks.firsts]
    # By ascending beginning: what comes before has its final id already.
    for earlier, later in zip(before.tolist(), after.tolist(), strict=True):
        new[later] = new[earlier]
    ids: Int64Array = table.ids.copy()
    ids[tracks.rows] = new[tracks.numbers]
    return ids
