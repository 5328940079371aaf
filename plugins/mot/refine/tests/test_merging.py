"""Tracks that go on as others."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.tables import TrackTable
from vtrack_plugin_mot_refine import Merge


def names(table: TrackTable) -> set[int]:
    return set(table.ids.tolist())


def test_a_track_that_goes_on_is_joined(walk):
    table = walk((3, range(10), (0, 0), (4, 2)), (9, range(15, 30), (0, 0), (4, 2)), (5, range(40, 50), (0, 0), (4, 2)))
    joined = Merge().refine(table)
    assert names(joined) == {3}
    assert np.array_equal(joined.ltwh, table.ltwh)
    assert names(Merge(max_gap=4).refine(table)) == {3, 9, 5}
    assert names(Merge(max_gap=5).refine(table)) == {3, 5}


def test_the_nearest_in_place_is_taken(walk):
    table = walk(
        (1, range(10), (0, 0), (3, 0)),
        (2, range(10), (0, 25), (3, 0)),
        (8, range(13, 20), (0, 25), (3, 0)),
        (9, range(13, 20), (0, 0), (3, 0)),
    )
    joined = Merge().refine(table)
    at_end = dict(zip(joined.ltwh[-2:, 1].tolist(), joined.ids[-2:].tolist(), strict=True))
    assert at_end == {0.0: 1, 25.0: 2}


def test_the_whole_pairing_is_the_best_one(walk):
    # Track 1 is a little nearer to the beginning that is the only one left for track 2.
    table = walk(
        (1, range(10), (0, 0), (0, 0)),
        (2, range(10), (35, 0), (0, 0)),
        (8, range(12, 20), (15, 0), (0, 0)),
        (9, range(12, 20), (-25, 0), (0, 0)),
    )
    joined = Merge(max_distance=1).refine(table)
    assert names(joined) == {1, 2}
    assert dict(zip(joined.ltwh[-2:, 0].tolist(), joined.ids[-2:].tolist(), strict=True)) == {15.0: 2, -25.0: 1}


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ({"labels": [0] * 10 + [1] * 10}, {}),
        ({}, {"max_distance": 0.2}),
        ({}, {"max_gap": 1}),
    ],
)
def test_what_may_not_be_joined(walk, columns, options):
    table = walk((1, range(10), (0, 0), (0, 0)), (2, range(12, 22), (10, 0), (0, 0)), **columns)
    assert names(Merge(**options).refine(table)) == {1, 2}
    assert names(Merge().refine(walk((1, range(10), (0, 0), (0, 0)), (2, range(12, 22), (10, 0), (0, 0))))) == {1}


def test_sizes_must_be_alike(walk):
    table = walk((1, range(10), (0, 0), (0, 0)), (2, range(12, 22), (0, 0), (0, 0)))
    boxes = table.ltwh.copy()
    boxes[10:, 2] = 15
    other = TrackTable(table.frames, boxes, ids=table.ids)
    assert names(Merge().refine(other)) == {1, 2}
    assert names(Merge(min_size_ratio=0.3).refine(other)) == {1}


def test_tracks_in_the_same_frames_stay_apart(walk):
    table = walk((1, range(10), (0, 0), (1, 1)), (2, range(9, 20), (0, 0), (1, 1)))
    assert Merge().refine(table) is table


def test_thousands_of_tracks(walk):
    """A chain of ten pieces in each of 300 lanes, which never come near each other."""
    pieces = [
        (lane * 10 + piece + 1, range(piece * 20, piece * 20 + 15), (0.0, 500.0 * lane), (2.0, 0.0))
        for lane in range(300)
        for piece in range(10)
    ]
    joined = Merge().refine(walk(*pieces))
    assert names(joined) == {lane * 10 + 1 for lane in range(300)}
