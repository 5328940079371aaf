"""Tables with more or fewer rows."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks

__all__ = ["with_rows", "without_shorter"]


def with_rows(
    table: TrackTable,
    *,
    frames: Int64Array,
    ltwh: Float64Array,
    ids: Int64Array,
    scores: Float32Array,
    labels: Int64Array,
) -> TrackTable:
    """Return a table with rows that no detector has found: their ``detection_index`` is -1.

    In a frame they stand after those that were there. A new row has neither mask nor embedding, and a table has them
    for all rows or for none: with new rows they are left out.

    Args:
        table: The table; returned as it is when there is nothing to add.
        frames: int64 ``(n,)``.
        ltwh: float64 ``(n, 4)``.
        ids: int64 ``(n,)``.
        scores: float32 ``(n,)``.
        labels: int64 ``(n,)``.
    """
    count = len(frames)
    if count == 0:
        return table
    index = table.detection_index
    return TrackTable(
        np.concatenate((table.frames, frames)),
        np.concatenate((table.ltwh, ltwh)),
        ids=np.concatenate((table.ids, ids)),
        scores=np.concatenate((table.scores, scores)),
        labels=np.concatenate((table.labels, labels)),
        roles=np.concatenate((table.roles, np.zeros(count, np.uint8))),
        visibility=np.concatenate((table.visibility, np.ones(count, np.float32))),
        detection_index=None if index is None else np.concatenate((index, np.full(count, -1, np.int64))),
    )


def without_shorter(table: TrackTable, least: int) -> TrackTable:
    """Return a table without the tracks of fewer than `least` rows; rows without an identity stay."""
    tracks = Tracks.of(table)
    keep = np.ones(len(table), bool)
    keep[tracks.rows] = tracks.lengths[tracks.numbers] >= least
    return table if keep.all() else table.select(keep)
