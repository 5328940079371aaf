"""Tracks of tables against a plain loop over identities."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.masks import Masks
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks, with_columns


def drawn(seed: int, count: int = 60) -> TrackTable:
    random = np.random.default_rng(seed)
    return TrackTable(
        random.integers(0, 20, count), random.uniform(0, 9, (count, 4)), ids=random.integers(-1, 9, count)
    )


@pytest.mark.parametrize("by_appearance", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_every_track_is_a_block_of_rows_in_order(seed: int, by_appearance: bool) -> None:
    table = drawn(seed)
    tracks = Tracks.of(table, by_appearance=by_appearance)
    appeared = list(dict.fromkeys(table.ids[table.ids >= 0].tolist()))
    wanted = appeared if by_appearance else sorted(appeared)
    assert len(tracks) == len(wanted)
    for number, identity in enumerate(wanted):
        rows = np.flatnonzero(table.ids == identity).tolist()
        block = slice(tracks.starts[number], tracks.starts[number] + tracks.lengths[number])
        assert tracks.rows[block].tolist() == rows
        assert set(tracks.numbers[block].tolist()) == {number}
        assert (tracks.firsts[number], tracks.lasts[number]) == (rows[0], rows[-1])
        assert tracks.rows[tracks.ends[number]] == rows[-1]
    assert len(tracks.rows) == tracks.lengths.sum() == (table.ids >= 0).sum()


@pytest.mark.parametrize("table", [TrackTable.empty(), TrackTable([0, 1], np.ones((2, 4)))])
def test_no_tracks(table: TrackTable) -> None:
    tracks = Tracks.of(table, by_appearance=True)
    assert len(tracks) == len(tracks.rows) == len(tracks.firsts) == len(tracks.lasts) == 0


def test_other_columns_leave_the_rest() -> None:
    told = {
        "scores": [0.5, 0.25],
        "labels": [1, 2],
        "roles": [0, 1],
        "visibility": [0.5, 1],
        "detection_index": [3, -1],
        "embeddings": [[1.0], [2.0]],
    }
    masks = Masks.encode(np.ones((2, 4, 4), bool))
    table = TrackTable([0, 1], np.ones((2, 4)), ids=[4, 5], masks=masks, **told)
    changed = with_columns(table, ids=np.array([7, 7]), ltwh=np.full((2, 4), 3.0))
    assert changed.ids.tolist() == [7, 7]
    assert changed.ltwh.tolist() == [[3.0] * 4] * 2
    assert table.ids.tolist() == [4, 5]
    for name, values in told.items():
        assert getattr(changed, name).tolist() == values
    assert changed.masks is masks
    assert with_columns(table).ids.tolist() == [4, 5]
