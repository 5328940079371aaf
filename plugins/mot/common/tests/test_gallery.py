"""The gallery of embeddings against lists of them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vtrack_common_mot import gallery as module
from vtrack_common_mot.embedding import unit_rows
from vtrack_common_mot.gallery import UNKNOWN, Gallery

RANDOM = np.random.default_rng(0)


def looks(count: int, length: int = 8) -> np.ndarray:
    return RANDOM.normal(0, 1, (count, length)).astype(np.float32)


class Lists:
    """What a gallery does, one embedding after another."""

    def __init__(self, kind: str, *, size: int, metric: str, normalise: bool) -> None:
        self.kind, self.size, self.metric, self.normalise = kind, size, metric, normalise
        self.known: dict[int, list[np.ndarray]] = {}

    def learn(self, track: int, look: np.ndarray) -> None:
        look = look / np.linalg.norm(look) if self.normalise else look
        if self.kind == "running-mean" and track in self.known:
            mixed = 0.9 * self.known[track][0] + 0.1 * look
            self.known[track] = [mixed / np.linalg.norm(mixed) if self.normalise else mixed]
        else:
            self.known[track] = [*self.known.get(track, []), look][-self.size :]

    def distances(self, track: int, wanted: np.ndarray) -> np.ndarray:
        known = np.array(self.known[track])
        known = known if self.kind == "nearest" else known.mean(0, keepdims=True)
        return cdist(known, unit_rows(wanted) if self.normalise else wanted, self.metric).min(0)


@pytest.mark.parametrize("kind", ["nearest", "mean", "running-mean"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("near", [None, 0.1, 0.7])
def test_distances_are_those_of_lists(kind: str, metric: str, normalise: bool, near: float | None) -> None:
    options: dict[str, Any] = {"size": 4, "metric": metric, "normalise": normalise}
    ours, plain = Gallery(kind, **options), Lists(kind, **options)
    slots = np.full(9, UNKNOWN)
    for step in range(12):
        offered = looks(7)
        read = ours.read(offered, 7)
        assert read is not None
        seen = RANDOM.choice(9, 5, replace=False)
        slots[seen] = ours.learn(slots[seen], read[:5])
        for track, look in zip(seen.tolist(), offered, strict=False):
            plain.learn(track, look)
        asked = np.ones((9, 7), bool) if near is None else RANDOM.random((9, 7)) < near
        found = ours.distances(slots, read, None if near is None else asked)
        for track in range(9):
            wanted = plain.distances(track, offered) if track in plain.known else np.inf
            assert found[track] == pytest.approx(np.where(asked[track], wanted, np.inf), abs=2e-3 if step else 1e-3)
        if step % 3 == 2:
            ended = RANDOM.choice(9, 2, replace=False)
            ours.release(slots[ended])
            slots[ended] = UNKNOWN
            for track in ended.tolist():
                plain.known.pop(track, None)
        assert len(ours) == len(plain.known)


def test_what_does_not_fit_at_once_is_done_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = Gallery(size=3)
    offered = gallery.read(looks(20), 20)
    assert offered is not None
    slots = gallery.learn(np.full(20, UNKNOWN), offered)
    near = RANDOM.random((20, 20)) < 0.2
    whole = gallery.distances(slots, offered), gallery.distances(slots, offered, near)
    monkeypatch.setattr(module, "_MOST_NUMBERS", 50)
    assert gallery.distances(slots, offered) == pytest.approx(whole[0], abs=1e-6)
    assert gallery.distances(slots, offered, near) == pytest.approx(whole[1], abs=1e-6)


def test_a_few_of_many_are_found_in_any_order() -> None:
    gallery = Gallery(size=2)
    offered = gallery.read(looks(50), 50)
    assert offered is not None
    slots = gallery.learn(np.full(50, UNKNOWN), offered)
    some = np.array([40, 3, 17])
    assert gallery.distances(slots[some], offered[some]).diagonal() == pytest.approx(np.zeros(3), abs=1e-6)


def test_slots_are_given_again_and_memory_stays() -> None:
    gallery = Gallery(size=5)
    most = 0
    for step in range(60):
        offered = gallery.read(looks(10), 10)
        assert offered is not None
        slots = gallery.learn(np.full(10, UNKNOWN), offered)
        gallery.release(slots)
        if step == 0:
            most = gallery._rows.nbytes
    assert gallery._rows.nbytes == most
    assert len(gallery) == 0


def test_an_unknown_appearance_is_no_appearance() -> None:
    gallery = Gallery()
    offered = gallery.read(np.array([[3, 4], [0, 0]], np.float32), 2)
    assert offered is not None
    slots = gallery.learn(np.array([UNKNOWN, UNKNOWN]), offered)
    assert slots.tolist() == [0, UNKNOWN]
    assert gallery.distances(slots, offered).tolist() == [[pytest.approx(0, abs=1e-6), np.inf], [np.inf, np.inf]]
    gallery.release(slots)
    assert len(gallery) == 0


def test_embeddings_of_another_length_are_refused() -> None:
    gallery = Gallery()
    assert gallery.read(None, 3) is None
    assert gallery.read(np.zeros((0, 5), np.float32), 0) is None
    gallery.read(looks(2, 8), 2)
    with pytest.raises(ValueError, match="embeddings must have 8 numbers as those before, got 9"):
        gallery.read(looks(2, 9), 2)
    gallery.clear()
    assert gallery.read(looks(2, 9), 2) is not None


def test_one_track_that_may_be_anywhere_does_not_cost_all_tracks_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_NUMBERS", 1 << 20)
    gallery = Gallery(size=2)
    seen = gallery.read(looks(600, 64), 600)
    assert seen is not None
    slots = gallery.learn(np.full(600, UNKNOWN), seen)
    near = np.eye(600, dtype=bool)
    near[0, :300] = True
    wanted = gallery.distances(slots, seen)
    tracemalloc.start()
    found = gallery.distances(slots, seen, near)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[near] == pytest.approx(wanted[near], abs=1e-6)
    # The embeddings of half of the frame, once for every track, are 46 MB.
    assert most < 20e6


def test_distances_of_long_embeddings_are_exact() -> None:
    """Networks without a normalisation at their end give embeddings of any length."""
    gallery = Gallery(metric="euclidean", normalise=False)
    known = 1000 + looks(20, 64)
    near = known + 0.01 * looks(20, 64)
    gallery.read(known, 20)
    slots = gallery.learn(np.full(20, UNKNOWN), known)
    slots = gallery.learn(slots, known + 500)
    assert gallery.distances(slots, near) == pytest.approx(cdist(known, near), abs=1e-3)


def test_memory_of_a_crowd_is_given_back_when_it_left() -> None:
    gallery = Gallery(size=10)
    gallery.read(looks(1), 1)
    first = gallery.learn(np.full(1, UNKNOWN), looks(1))
    crowd = np.full(500, UNKNOWN)
    for _ in range(10):
        crowd = gallery.learn(crowd, looks(500))
    wanted = looks(3)
    before = gallery.distances(first, wanted)
    gallery.release(crowd)
    assert gallery._rows.nbytes <= 16 * 8 * 4
    assert gallery.distances(first, wanted).tolist() == before.tolist()
    more = gallery.learn(np.full(40, UNKNOWN), looks(40))
    assert len(set(more.tolist()) | set(first.tolist())) == 41
    assert gallery.distances(first, wanted).tolist() == before.tolist()
    gallery.release(np.concatenate((first, more)))
    assert len(gallery) == 0
    assert len(gallery.learn(np.full(3, UNKNOWN), looks(3))) == 3
