"""Pairs of tracks chosen by confidence, and the identities that follow from them."""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks
from vtrack_plugin_aflink.pairs import Pairs

__all__ = ["best_pairs", "first_rows", "joined_ids", "joined_ids_by_number"]

_ALONE = 1e5
"""Cost of a track that goes on as no other: as many are joined as can be, as in the published code."""


def best_pairs(before: Int64Array, after: Int64Array, confidence: Float32Array, count: int) -> Pairs:
    """Choose pairs so that no track goes on twice and none is gone on to twice.

    As many pairs as can be, and among these choices the one of the greatest total confidence.

    Args:
        before: int64 ``(P,)``, tracks that may go on.
        after: int64 ``(P,)``, as which.
        confidence: float32 ``(P,)``.
        count: Number of tracks.

    Returns:
        The pairs chosen, by ascending number of the track that goes on.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if len(before) == 0:
        return before, after
    ends, row = np.unique(before, return_inverse=True)
    # A column for every track, and one for each end to be left alone. No cost may be 0, hence 2.
    alone = np.arange(len(ends))
    costs = np.concatenate((2.0 - confidence.astype(np.float64), np.full(len(ends), _ALONE)))
    places = np.concatenate((row, alone)), np.concatenate((after, count + alone))
    graph = csr_array((costs, places), shape=(len(ends), count + len(ends)))
    rows, columns = min_weight_full_bipartite_matching(graph)
    made = columns < count
    return ends[rows[made]], columns[made].astype(np.int64)


def joined_ids(table: TrackTable, tracks: Tracks, before: Int64Array, after: Int64Array) -> Int64Array:
    """Return the column of ids with all tracks of a chain under the id of the one that appeared first.

    Args:
        table: The table.
        tracks: Its tracks, by appearance.
        before: int64 ``(P,)``, tracks that go on.
        after: int64 ``(P,)``, as which.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(before)), (before, after)), shape=(len(tracks), len(tracks)))
    _, chain = connected_components(links, directed=False)
    _, first = np.unique(chain, return_index=True)
    ids: Int64Array = table.ids.copy()
    ids[tracks.rows] = table.ids[tracks.firsts][first[chain]][tracks.numbers]
    return ids


def joined_ids_by_number(table: TrackTable, before: Int64Array, after: Int64Array) -> Int64Array:
    """Return the column of ids as MMDetection has it: numbers of tracks are taken for ids, one after the other.

    That joins what it should only where the ids are 0, 1, 2, ... in order of appearance.
    """
    heads: dict[int, int] = {}
    for earlier, later in zip(before.tolist(), after.tolist(), strict=True):
        heads[later] = heads.get(earlier, earlier)
    ids: Int64Array = table.ids.copy()
    for number, head in heads.items():
        ids[ids == number] = head
    return ids


def first_rows(frames: Int64Array, ids: Int64Array, rows: Int64Array) -> BoolArray:
    """Return which rows stay when an id may stand once in a frame: of several the first in the order of `rows`.

    Args:
        frames: int64 ``(M,)``.
        ids: int64 ``(M,)``.
        rows: int64 ``(K,)``, the rows with an identity, in order of preference; all others stay.
    """
    keys = np.stack((frames[rows], ids[rows]))
    _, first = np.unique(keys, axis=1, return_index=True)
    stays: BoolArray = np.ones(len(frames), bool)
    stays[rows] = False
    stays[rows[first]] = True
    return stays
