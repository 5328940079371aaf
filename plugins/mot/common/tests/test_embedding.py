"""Distances of embeddings, and the bank of tracks' appearances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vtrack_common_mot.embedding import AppearanceBank, cosine_distances, euclidean_distances, unit_rows

RANDOM = np.random.default_rng(0)
FIRST = RANDOM.normal(0, 1, (5, 8)).astype(np.float32)
SECOND = RANDOM.normal(0, 1, (7, 8)).astype(np.float32)


def test_distances_are_those_of_scipy() -> None:
    assert cosine_distances(FIRST, SECOND) == pytest.approx(cdist(FIRST, SECOND, "cosine"), abs=1e-6)
    assert euclidean_distances(FIRST, SECOND) == pytest.approx(cdist(FIRST, SECOND), abs=1e-6)
    assert euclidean_distances(FIRST, FIRST).diagonal() == pytest.approx(np.zeros(5), abs=1e-6)
    assert cosine_distances(FIRST[:0], SECOND).shape == euclidean_distances(FIRST[:0], SECOND).shape == (0, 7)


def test_rows_of_zeros_stay() -> None:
    units = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    assert units == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


def test_slots_stay_with_their_tracks() -> None:
    bank = AppearanceBank()
    looks = bank.read(FIRST, 5)
    assert looks is not None
    slots = bank.add(5, looks)
    assert bank.similarity(slots[::-1], looks) == pytest.approx(unit_rows(FIRST[::-1]) @ looks.T, abs=1e-6)
    bank.keep(slots[[3, 1]])
    assert len(bank) == 2
    assert bank.similarity(np.array([0, 1]), looks).argmax(1).tolist() == [3, 1]


def test_a_mean_keeps_its_length() -> None:
    bank = AppearanceBank(momentum=0.75)
    looks = bank.read(np.eye(2, dtype=np.float32), 2)
    assert looks is not None
    slots = bank.add(1, looks[:1])
    bank.learn(slots, looks[1:])
    wanted = np.array([0.75, 0.25]) / np.hypot(0.75, 0.25)
    assert bank.similarity(slots, looks)[0] == pytest.approx(wanted)


def test_what_is_not_known_is_like_nothing() -> None:
    bank = AppearanceBank()
    early = bank.add(1, None)
    assert bank.read(None, 3) is None
    assert bank.read(np.zeros((0, 0), np.float32), 0) is None
    looks = bank.read(np.array([[1, 0], [0, 0]], np.float32), 2)
    assert looks is not None
    known = bank.add(1, looks[:1])
    assert bank.similarity(np.concatenate((early, known)), looks).tolist() == [[-1, -1], [1, -1]]
    bank.learn(early, looks[:1])
    assert bank.similarity(early, looks)[0, 0] == pytest.approx(1)


def test_another_length_is_refused() -> None:
    bank = AppearanceBank()
    bank.read(FIRST, 5)
    with pytest.raises(ValueError, match="embeddings must have 8 numbers as those before, got 4"):
        bank.read(FIRST[:, :4], 5)
    bank.clear()
    assert bank.read(FIRST[:, :4], 5) is not None


@pytest.mark.parametrize("momentum", [0.0, 0.5, 1.0])
def test_what_is_known_outlives_what_is_not(momentum: float) -> None:
    bank = AppearanceBank(momentum)
    looks = bank.read(np.array([[1, 0], [0, 0]], np.float32), 2)
    assert looks is not None
    known, unknown = bank.add(1, looks[:1]), bank.add(1, looks[1:])
    bank.learn(known, looks[1:])
    bank.learn(unknown, looks[:1])
    assert bank.similarity(np.array([0, 1]), looks[:1]).tolist() == [[1], [1]]


def test_a_look_and_its_opposite_have_no_mean() -> None:
    bank = AppearanceBank(0.5)
    looks = bank.read(np.array([[1, 0], [-1, 0]], np.float32), 2)
    assert looks is not None
    slots = bank.add(1, looks[:1])
    bank.learn(slots, looks[1:])
    assert bank.similarity(slots, looks).tolist() == [[1, -1]]


def test_slots_of_ended_tracks_are_given_up_when_they_are_many() -> None:
    bank = AppearanceBank()
    looks = bank.read(np.eye(100, dtype=np.float32), 100)
    assert looks is not None
    slots = bank.add(100, looks)
    few = slots[:45]
    assert not bank.give_up(few)
    few = np.append(slots[90:], 3)
    assert bank.give_up(few)
    assert few.tolist() == list(range(11))
    assert len(bank) == 11
    assert bank.similarity(few, looks).argmax(1).tolist() == [*range(90, 100), 3]
