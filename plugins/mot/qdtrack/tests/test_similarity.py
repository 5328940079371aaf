"""Softmaxes in both directions, and who takes whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtrack_plugin_qdtrack.similarity import bisoftmax, bisoftmax_within, cosines, take_in_turn


def one_by_one(similarity: np.ndarray, floor: float, allowed: np.ndarray) -> list[tuple[int, bool]]:
    """The same as told in a sentence: each row in turn, what is taken counts 0 for those that follow."""
    left, found = similarity.copy(), []
    for row in range(len(left)):
        column = int(left[row].argmax())
        if not left[row, column] > floor:
            found.append((-1, False))
            continue
        taken = bool(allowed[row, column])
        if taken:
            left[row + 1 :, column] = 0
        found.append((column, taken))
    return found


@settings(deadline=None, max_examples=200)
@given(rows=st.integers(1, 7), columns=st.integers(1, 5), seed=st.integers(0, 10**6), floor=st.sampled_from([0.0, 0.5]))
def test_taking_in_turn_is_taking_one_by_one(rows: int, columns: int, seed: int, floor: float) -> None:
    random = np.random.default_rng(seed)
    # Few values make equal ones likely.
    similarity = random.integers(-2, 6, (rows, columns)).astype(np.float32) / 5
    allowed = random.random((rows, columns)) < 0.7
    before = similarity.copy()
    chosen, value, taken = take_in_turn(similarity, floor, allowed)
    wanted = one_by_one(similarity, floor, allowed)
    assert list(zip(chosen.tolist(), taken.tolist(), strict=True)) == wanted
    some = chosen >= 0
    assert value[some].tolist() == similarity[some.nonzero()[0], chosen[some]].tolist()
    assert (similarity == before).all()


def test_there_may_be_nothing_to_take() -> None:
    for shape in ((0, 3), (3, 0)):
        chosen, value, taken = take_in_turn(np.zeros(shape), 0.5, np.ones(shape, bool))
        assert len(chosen) == len(value) == len(taken) == shape[0]
        assert not taken.any()


def test_a_bisoftmax_is_the_mean_of_two() -> None:
    values = np.array([[2.0, 0], [1, 3]])
    powers = np.exp(values)
    wanted = (powers / powers.sum(1, keepdims=True) + powers / powers.sum(0)) / 2
    assert bisoftmax(values) == pytest.approx(wanted)
    assert bisoftmax(values + 1e4) == pytest.approx(wanted)
    same = np.array([[True, True], [True, False]])
    counted = powers * same
    wanted = (counted / (counted.sum(1, keepdims=True) + 1e-6) + counted / (counted.sum(0) + 1e-6)) / 2
    assert bisoftmax_within(values, same) == pytest.approx(wanted)
    # The little that is added decides where all are unlike.
    assert bisoftmax_within(np.full((1, 1), -50.0), np.ones((1, 1), bool)) == pytest.approx(
        np.exp(-50) / 1e-6, rel=1e-6
    )
    assert bisoftmax_within(np.full((1, 1), -1e6), np.ones((1, 1), bool)).tolist() == [[0]]
    assert bisoftmax_within(np.full((2, 2), 3.0), np.zeros((2, 2), bool)).tolist() == [[0, 0], [0, 0]]


def test_the_cosine_with_nothing_is_nothing() -> None:
    looks = np.array([[3.0, 4], [0, 0]], np.float32)
    assert cosines(looks, looks) == pytest.approx(np.array([[1.0, 0], [0, 0]]))
