"""Turns of the cascade, and matchings of as many as can be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vtrack_common_mot import cascade
from vtrack_common_mot.assignment import match_above
from vtrack_common_mot.cascade import match_cascade, match_most

FLOOR = np.array(0.5)


def pairs(found: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


def test_what_was_seen_lately_comes_first() -> None:
    gain = np.array([[0.9, 0.8], [0.7, 0.2]])
    assert pairs(match_cascade(gain, FLOOR, np.array([1, 1]))) == [(0, 1), (1, 0)]
    assert pairs(match_cascade(gain, FLOOR, np.array([1, 2]))) == [(0, 0)]
    assert pairs(match_cascade(gain, FLOOR, np.array([2, 1]))) == [(0, 1), (1, 0)]


def test_beyond_the_depth_ages_count_for_nothing() -> None:
    gain = np.array([[0.9, 0.8], [0.7, 0.2]])
    ages = np.array([3, 4])
    assert pairs(match_cascade(gain, FLOOR, ages)) == [(0, 0)]
    assert pairs(match_cascade(gain, FLOOR, ages, depth=3)) == [(0, 0)]
    assert pairs(match_cascade(gain, FLOOR, ages, depth=2)) == [(0, 1), (1, 0)]
    assert pairs(match_cascade(gain, FLOOR, ages, depth=0)) == [(0, 1), (1, 0)]


def test_what_is_forbidden_or_not_worth_it_is_left() -> None:
    gain = np.array([[-np.inf, 0.5], [-np.inf, -np.inf], [0.51, 0.1]])
    assert pairs(match_cascade(gain, FLOOR, np.array([1, 2, 3]))) == [(2, 0)]
    assert pairs(match_cascade(np.full((2, 3), -np.inf), FLOOR, np.array([1, 2]))) == []
    assert pairs(match_cascade(np.empty((0, 3)), FLOOR, np.empty(0, int))) == []
    assert pairs(match_cascade(np.empty((2, 0)), FLOOR, np.array([1, 1]))) == []


def test_it_is_one_matching_after_another() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        gain = random.random((7, 6))
        ages = random.integers(1, 5, 7)
        free, wanted = list(range(6)), []
        for age in range(1, 5):
            some = (ages == age).nonzero()[0]
            row, column = match_above(gain[np.ix_(some, free)], FLOOR)
            wanted += [(int(some[r]), free[c]) for r, c in zip(row, column, strict=True)]
            free = [c for c in free if c not in {c for _, c in wanted}]
        assert pairs(match_cascade(gain, FLOOR, ages)) == sorted(wanted)


def test_ages_without_candidates_cost_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*args: object, **options: object) -> object:
        calls.append(args)
        return match_above(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cascade, "match_above", counted)
    gain = np.full((30, 4), -np.inf)
    gain[3, :2] = gain[20, :2] = 0.9, 0.8
    match_cascade(gain, FLOOR, np.arange(1, 31))
    assert len(calls) == 2
    gain[20, :2] = -np.inf, 0.1
    gain[3, 1] = 0.0
    match_cascade(gain, FLOOR, np.arange(1, 31))
    assert len(calls) == 2


def test_as_many_as_can_be_and_the_cheapest_of_those() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        rows, columns = random.integers(1, 5, 2)
        cost, allowed = random.normal(0, 10, (rows, columns)), random.random((rows, columns)) < 0.6
        best: tuple[int, float] = (0, 0.0)
        for count in range(min(rows, columns) + 1):
            for some in itertools.combinations(range(rows), count):
                for which in itertools.permutations(range(columns), count):
                    if all(allowed[r, c] for r, c in zip(some, which, strict=True)):
                        total = sum(cost[r, c] for r, c in zip(some, which, strict=True))
                        best = min(best, (-count, total))
        found = match_most(np.where(allowed, cost, np.inf), allowed)
        assert allowed[found].all()
        assert (-len(found[0]), cost[found].sum()) == pytest.approx(best)


def test_nothing_allowed_is_nothing_matched() -> None:
    assert pairs(match_most(np.zeros((2, 3)), np.zeros((2, 3), bool))) == []
    assert pairs(match_most(np.empty((0, 3)), np.empty((0, 3), bool))) == []
