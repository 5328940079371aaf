"""Which tracks may be joined, which are, and what they are called then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks
from vtrack_plugin_aflink.linking import best_pairs, joined_ids, joined_ids_by_number
from vtrack_plugin_aflink.pairs import near_pairs


def test_tracks_are_numbered_by_appearance(walk):
    table = walk((9, [3, 4, 8], (0, 0), (1, 1)), (-1, range(4), (5, 5), (0, 0)), (2, [5], (0, 0), (1, 1)))
    table = TrackTable(
        [*table.frames, 1, 2], np.concatenate((table.ltwh, table.ltwh[:2])), ids=[*table.ids.tolist(), 40, 40]
    )
    tracks = Tracks.of(table, by_appearance=True)
    assert len(tracks) == 3
    assert table.ids[tracks.firsts].tolist() == [40, 9, 2]
    assert tracks.lengths.tolist() == [2, 3, 1]
    assert table.frames[tracks.rows].tolist() == [1, 2, 3, 4, 8, 5]
    assert table.frames[tracks.lasts].tolist() == [2, 8, 5]
    assert tracks.numbers.tolist() == [0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize("frames", [(0, 30), (1, 1), (0, 0), (5, 60), (-10, 10)])
@pytest.mark.parametrize("distance", [0.0, 75.0, 1e6])
def test_near_pairs_are_those_of_the_definition(crowd, frames, distance):
    table = crowd(60, size=300)
    tracks = Tracks.of(table, by_appearance=True)
    found = set(zip(*map(np.ndarray.tolist, near_pairs(table, tracks, frames, distance, per_class=True)), strict=True))
    expected = set()
    for i, last in enumerate(tracks.lasts.tolist()):
        for j, first in enumerate(tracks.firsts.tolist()):
            gap = table.frames[first] - table.frames[last]
            apart = np.linalg.norm(table.ltwh[first, :2] - table.ltwh[last, :2])
            if i != j and frames[0] <= gap <= frames[1] and apart <= distance:
                expected.add((i, j))
    assert found == expected


def test_classes_are_those_of_the_rows_that_meet(walk):
    table = walk((1, range(5), (0, 0), (0, 0)), (2, range(6, 9), (0, 0), (0, 0)), labels=[0, 0, 0, 0, 1, 1, 0, 0])
    tracks = Tracks.of(table, by_appearance=True)
    for frames, expected in (((0, 30), 1), ((3, 30), 0)):
        assert len(near_pairs(table, tracks, frames, 9, per_class=True)[0]) == expected
    other = TrackTable(table.frames, table.ltwh, ids=table.ids, labels=[1, 1, 1, 1, 0, 1, 1, 1])
    assert len(near_pairs(other, tracks, (0, 30), 9, per_class=True)[0]) == 0
    assert len(near_pairs(other, tracks, (0, 30), 9, per_class=False)[0]) == 1


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 9), st.data())
def test_the_best_pairs_are_those_of_the_whole_matrix(count, data):
    """As the published code finds them: in a full matrix, where what may not be costs 100,000."""
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=count**2, max_size=count**2))).reshape(count, count)
    before, after = (allowed & ~np.eye(count, dtype=bool)).nonzero()
    seed = data.draw(st.integers(0, 9))
    confidence = np.random.default_rng(seed).random(len(before)).astype(np.float32)
    costs = np.full((count, count), 1e5)
    costs[before, after] = 1 - confidence
    rows, columns = linear_sum_assignment(costs)
    made = costs[rows, columns] < 1e5
    found = best_pairs(before, after, confidence, count)
    assert [each.tolist() for each in found] == [rows[made].tolist(), columns[made].tolist()]


def test_many_tracks_need_no_full_matrix():
    count = 20_000
    before = np.arange(count - 1)
    found = best_pairs(before, before + 1, np.full(count - 1, 0.5, np.float32), count)
    assert np.array_equal(found[0], before)
    assert np.array_equal(found[1], before + 1)


def test_sure_pairs_cost_nothing_and_count():
    found = best_pairs(np.array([0, 0]), np.array([1, 2]), np.array([1, 0], np.float32), 3)
    assert [each.tolist() for each in found] == [[0], [1]]


def test_chains_have_the_id_of_the_first(walk):
    table = walk(*[(number, [10 * place], (0, 0), (0, 0)) for place, number in enumerate([7, 3, 9, 1, 5])])
    tracks = Tracks.of(table, by_appearance=True)
    ids = joined_ids(table, tracks, np.array([0, 1, 3]), np.array([1, 2, 4]))
    assert ids.tolist() == [7, 7, 7, 1, 1]
    assert joined_ids(table, tracks, np.array([1, 0]), np.array([0, 1])).tolist() == [7, 7, 9, 1, 5]


def test_by_number_places_are_taken_for_ids(walk):
    walks = [(number, [10 * place], (0, 0), (0, 0)) for place, number in enumerate([0, 1, 2, 3])]
    pairs = np.array([0, 1]), np.array([1, 2])
    assert joined_ids_by_number(walk(*walks), *pairs).tolist() == [0, 0, 0, 3]
    shifted = walk(*[(number + 10, *rest) for number, *rest in walks])
    assert joined_ids_by_number(shifted, *pairs).tolist() == [10, 11, 12, 13]
    swapped = walk(*[({1: 3, 3: 1}.get(number, number), *rest) for number, *rest in walks])
    assert joined_ids_by_number(swapped, *pairs).tolist() == [0, 3, 0, 0]
