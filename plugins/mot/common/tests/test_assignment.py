"""Assignment against exhaustive search, and against the extended matrix of lap."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtrack_common_mot.assignment import assign_then_cut, left_over, match_above, match_then_cut, uncontested

FLOOR = np.array(0.25)


def extended(gain: np.ndarray, floor: float) -> dict[int, int]:
    """Match as ``lap.lapjv(1 - gain, extend_cost=True, cost_limit=1 - floor)`` does."""
    rows, columns = gain.shape
    limit = 1 - floor
    cost = np.full((rows + columns, rows + columns), limit / 2)
    cost[rows:, columns:] = 0
    cost[:rows, :columns] = 1 - gain
    found = zip(*linear_sum_assignment(cost), strict=True)
    return {int(row): int(column) for row, column in found if row < rows and column < columns}


def exhaustive(gain: np.ndarray, floor: float) -> float:
    """Return the greatest sum of ``gain - floor`` over all partial matchings."""
    if gain.shape[0] > gain.shape[1]:
        gain = gain.T
    worth = np.maximum(gain - floor, 0)
    return max(
        sum(worth[row, column] for row, column in enumerate(columns))
        for columns in permutations(range(gain.shape[1]), gain.shape[0])
    )


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5))


def random_gain(shape: tuple[int, int], seed: int, share: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.where(random.random(shape) < share, random.random(shape), -random.random(shape))


@settings(deadline=None, max_examples=150)
@given(shapes, st.integers(0, 10**6), st.sampled_from([0.2, 0.6, 1.0]), st.booleans())
def test_the_best_matching_is_found(shape: tuple[int, int], seed: int, share: float, apart: bool) -> None:
    gain = random_gain(shape, seed, share)
    before = gain.copy()
    rows, columns = match_above(gain, FLOOR, apart=apart)
    assert (gain == before).all()
    assert (gain[rows, columns] > FLOOR).all()
    assert len(set(columns.tolist())) == len(columns)
    assert (np.diff(rows) > 0).all()
    assert (gain[rows, columns] - FLOOR).sum() == pytest.approx(exhaustive(gain, 0.25))


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("shape", [(6, 9), (40, 30), (25, 25)])
def test_it_is_the_matching_of_the_extended_matrix(shape: tuple[int, int], apart: bool) -> None:
    for seed in range(20):
        gain = random_gain(shape, seed, 0.15)
        rows, columns = match_above(gain, FLOOR, apart=apart)
        assert dict(zip(rows.tolist(), columns.tolist(), strict=True)) == extended(gain, 0.25)


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (3, 0)])
def test_nothing_to_match(shape: tuple[int, int]) -> None:
    for rows, columns in (
        match_above(np.zeros(shape), FLOOR),
        match_above(np.zeros(shape), FLOOR, apart=True),
        match_then_cut(np.zeros(shape), FLOOR),
    ):
        assert rows.tolist() == columns.tolist() == []


def test_pairs_below_the_bound_take_part_before_they_are_cut() -> None:
    # Row 0 prefers column 0, but leaving it to row 1 makes the greater total, though its own pair is then cut.
    overlap = np.array([[0.6, 0.29], [0.35, 0.0]])
    assert [index.tolist() for index in match_then_cut(overlap, np.array(0.3))] == [[1], [0]]


def test_without_competition_pairs_below_the_bound_do_not_matter() -> None:
    overlap = np.array([[0.31, 0.29], [0.29, 0.0]])
    assert [index.tolist() for index in match_then_cut(overlap, np.array(0.3))] == [[0], [0]]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.integers(2, 7), st.integers(2, 7))
def test_each_class_is_matched_as_if_it_were_alone(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    row_labels, column_labels = random.integers(0, 3, rows), random.integers(0, 3, columns)
    overlap = np.where(random.random((rows, columns)) < 0.6, random.random((rows, columns)), 0)
    overlap *= row_labels[:, None] == column_labels
    together = match_then_cut(overlap, np.array(0.3), (row_labels, column_labels))
    apart = []
    for label in range(3):
        mine, yours = np.flatnonzero(row_labels == label), np.flatnonzero(column_labels == label)
        found = match_then_cut(overlap[np.ix_(mine, yours)], np.array(0.3))
        apart += zip(mine[found[0]].tolist(), yours[found[1]].tolist(), strict=True)
    assert sorted(zip(*(index.tolist() for index in together), strict=True)) == sorted(apart)


def test_left_over() -> None:
    assert left_over(5, np.array([3, 0])).tolist() == [1, 2, 4]
    assert left_over(2, np.array([1, 0])).tolist() == []
    assert left_over(2, np.array([], int)).tolist() == [0, 1]
    assert left_over(0, np.array([], int)).tolist() == []
    assert left_over(3000, np.arange(1, 3000)).tolist() == [0]


def test_the_gain_decides_and_the_overlap_cuts() -> None:
    gain, overlap = np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([[0.9, 0.5], [0.2, 0.9]])
    assert [index.tolist() for index in assign_then_cut(gain, overlap, np.array(0.5))] == [[0], [1]]
    assert [index.tolist() for index in assign_then_cut(gain, overlap, np.array(0.95))] == [[], []]
    assert [index.tolist() for index in assign_then_cut(gain[:0], overlap[:0], np.array(0.5))] == [[], []]


def test_pairs_that_nothing_competes_with() -> None:
    pairs = uncontested(np.array([[False, True, False], [False, False, False], [True, False, False]]))
    assert pairs is not None
    assert [index.tolist() for index in pairs] == [[0, 2], [1, 0]]
    for above in ([[True, True]], [[True], [True]], [[False]]):
        assert uncontested(np.array(above)) is None
