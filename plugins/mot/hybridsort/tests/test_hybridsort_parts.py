"""The parts of Hybrid-SORT, each against a plain version of it."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.instances import Float64Array
from vtrack_common_mot.embedding import unit_rows
from vtrack_common_mot.kalman import ROWS, XysrFilter
from vtrack_common_mot.observation_centric.observations import FACTS
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.overlap import BoxReader
from vtrack_plugin_hybridsort.appearance import SLOT, Appearance
from vtrack_plugin_hybridsort.corner_rows import CornerRows, Corners, CornerView
from vtrack_plugin_hybridsort.gallery import Gallery
from vtrack_plugin_hybridsort.height_overlap import height_iou
from vtrack_plugin_hybridsort.matching import CornerGain
from vtrack_plugin_hybridsort.scored_filter import CONFIDENCE, SCORED_ROWS, ScoredFilter, replay_confidence


def boxes(random: np.random.Generator, count: int) -> Float64Array:
    corners = random.uniform(0, 200, (count, 2))
    return np.column_stack((corners, corners + random.uniform(20, 90, (count, 2))))


def edges(some: Float64Array) -> Float64Array:
    return BoxReader().read(some.astype(np.float32))[0][:6].copy()


def measured(box_filter: ScoredFilter, some: Float64Array, scores: Float64Array) -> Float64Array:
    centres = BoxReader().read(some.astype(np.float32))[1]
    return box_filter.measure(np.concatenate((centres, scores[None])))


def test_the_filter_is_one_of_nine_states() -> None:
    random = np.random.default_rng(0)
    transition = np.eye(9)
    transition[[0, 1, 2, 3], [5, 6, 7, 8]] = 1
    process = np.diag([1, 1, 1, 1, 1, 1e-2, 1e-2, 1e-4, 1e-4])
    seen, noise = np.eye(5, 9), np.diag([1.0, 1, 10, 10, 10])
    box_filter = ScoredFilter()
    places = boxes(random, 1)
    tracks = box_filter.start(measured(box_filter, places, np.array([0.7])))
    plain = measured(box_filter, places, np.array([0.7]))[[0, 1, 2, 4, 3], 0]
    mean, covariance = np.concatenate((plain, np.zeros(4))), np.diag([10.0] * 5 + [1e4] * 4)
    for step in range(12):
        tracks = box_filter.predict(tracks)
        mean, covariance = transition @ mean, transition @ covariance @ transition.T + process
        assert tracks[[0, 1, 2, CONFIDENCE, 3], 0] == pytest.approx(mean[:5], rel=1e-9)
        assert box_filter.edges(tracks)[6] == pytest.approx(mean[3])
        if step % 4 == 3:
            continue
        places += random.normal(0, 3, (1, 4))
        found = measured(box_filter, places, random.uniform(0.3, 1, 1))
        gain = covariance @ seen.T @ np.linalg.inv(seen @ covariance @ seen.T + noise)
        mean = mean + gain @ (found[[0, 1, 2, 4, 3], 0] - mean[:5])
        covariance = (np.eye(9) - gain @ seen) @ covariance
        box_filter.update(tracks, found)
        assert tracks[[0, 1, 2, CONFIDENCE, 3], 0] == pytest.approx(mean[:5], rel=1e-9)
    assert tracks[[4, 5, 6, CONFIDENCE + 1], 0] == pytest.approx(mean[5:], rel=1e-8)
    # The confidence's variances are the area's.
    assert np.diag(covariance)[[3, 8]] == pytest.approx(tracks[[10, 14], 0])


@pytest.mark.parametrize("elapsed", [0.5, 2.0])
def test_confidence_moves_with_time(elapsed: float) -> None:
    box_filter = ScoredFilter()
    tracks = box_filter.start(np.array([[10.0], [10], [400], [1], [0.5]]))
    tracks[CONFIDENCE + 1] = 0.02
    assert box_filter.predict(tracks, elapsed)[CONFIDENCE] == pytest.approx(0.5 + 0.02 * elapsed)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_confidence_is_replayed_as_all_rows_together_are(count: int) -> None:
    random = np.random.default_rng(count)
    box_filter = ScoredFilter()
    ends = [np.concatenate((edges(boxes(random, count)), random.uniform(0.1, 1, (1, count)))) for _ in range(2)]
    states = box_filter.start(measured(box_filter, boxes(random, count), random.uniform(0, 1, count)))
    for _ in range(3):
        states = box_filter.predict(states)
        box_filter.update(states, measured(box_filter, boxes(random, count), random.uniform(0, 1, count)))
    gaps = random.integers(1, 30, count)
    together = replay(box_filter, states, (ends[0], ends[1]), gaps, include_last=True, predict=True)
    confidence = replay_confidence(states, (ends[0][6], ends[1][6]), gaps)
    assert confidence == pytest.approx(together[CONFIDENCE:], rel=1e-12)
    plain = (ends[0][:6], ends[1][:6])
    alone = replay(XysrFilter(), states[:ROWS], plain, gaps, include_last=True, predict=True)
    assert alone == pytest.approx(together[:ROWS], rel=1e-9)


def test_height_counts_twice() -> None:
    first = np.array([[0.0, 0, 10, 20]])
    others = np.array(
        [[0.0, 0, 10, 20], [0, 10, 10, 30], [0, 0, 10, 10], [5, 0, 15, 20], [0, 30, 10, 50], [20, 30, 30, 40]]
    )
    wanted = [1, 1 / 3 * 1 / 3, 1 / 2 * 1 / 2, 1 / 3, 0, 0]
    assert height_iou(edges(first), edges(others)) == pytest.approx(np.array([wanted]))
    assert height_iou(edges(first[:0]), edges(others)).shape == (0, 6)


def plain_corners(history: dict[int, Float64Array], tick: int, delta_t: int) -> tuple[Float64Array, Float64Array]:
    """Return the box that directions start at, and the ways of the corners (left top, left bottom, right top, ...)."""
    last = max(history)
    recent = [when for when in history if when >= tick - delta_t]
    origin = history[min(recent) if recent else last]
    before = [when for when in history if last - delta_t <= when < last]
    if not before:
        before = sorted(history)[-2:-1]
    way = np.zeros((4, 2))
    for when in before:
        for row, corner in enumerate(((0, 1), (0, 3), (2, 1), (2, 3))):
            step = history[last][list(corner)] - history[when][list(corner)]
            way[row] += step / (np.linalg.norm(step) + 1e-6)
    return origin, way


@pytest.mark.parametrize("delta_t", [1, 2, 3, 6])
def test_corners_are_those_of_a_plain_history(delta_t: int) -> None:
    random = np.random.default_rng(delta_t)
    view, count = CornerView(delta_t), 9
    rows = CornerRows(view, delta_t, FACTS)
    rows.begin(np.zeros((SCORED_ROWS, count)), np.zeros((FACTS, count), np.int64))
    histories: list[dict[int, Float64Array]] = [{} for _ in range(count)]
    tick = 0
    for _ in range(60):
        tick += int(random.choice([1, 1, 1, 2, 5]))
        corners = view.corners(rows.past, tick)
        for column, history in enumerate(histories):
            way = np.stack((corners.way_across[..., column], corners.way_down[..., column]), -1).reshape(4, 2)
            if not history:
                assert not way.any()
                continue
            origin, plain = plain_corners(history, tick, delta_t)
            place = [-corners.across[0, column], -corners.down[0, column]]
            place += [corners.across[1, column], corners.down[1, column]]
            assert place == pytest.approx(origin)
            # Left and top are negated.
            signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
            assert way == pytest.approx(plain * signs, abs=1e-9)
        seen = (random.random(count) < 0.6).nonzero()[0]
        found = boxes(random, len(seen)).astype(np.float32).astype(np.float64)
        scored = np.concatenate((edges(found), np.ones((1, len(seen)))))
        rows.past[:, seen] = rows.observe(tick, seen, scored, scored[:2])
        for column, box in zip(seen.tolist(), found, strict=True):
            histories[column][tick] = box


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 60)])
def test_gain_is_a_sum_of_angles(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    origins, found = edges(boxes(random, shape[0])), edges(boxes(random, shape[1]))
    ways = random.normal(0, 1.5, (2, 2, 2, shape[0]))
    wanted = np.zeros(shape)
    for side, end in ((0, 0), (0, 1), (1, 0), (1, 1)):
        across = found[2 * side] - origins[2 * side][:, None]
        down = found[2 * end + 1] - origins[2 * end + 1][:, None]
        cosine = across * ways[0, side, end][:, None] + down * ways[1, side, end][:, None]
        cosine /= np.sqrt(across**2 + down**2) + 1e-6
        wanted += np.pi / 2 - np.arccos(np.clip(cosine, -1, 1))
    gain = CornerGain()
    for _ in range(2):
        corners = Corners(origins[0:4:2], origins[1:4:2], *ways)
        assert gain(corners, found) == pytest.approx(wanted, abs=1e-9)
    assert gain(Corners(origins[0:4:2, :0], origins[1:4:2, :0], *ways[..., :0]), found).shape == (0, shape[1])


def facts(*slots: int) -> np.ndarray:
    rows = np.zeros((SLOT + 1, len(slots)), np.int64)
    rows[SLOT] = slots
    return rows


def looks(seed: int, count: int, size: int = 6) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(0, 1, (count, size)).astype(np.float32))


def test_a_gallery_is_the_mean_of_the_last() -> None:
    gallery, seen = Gallery(4), [looks(number, 2) for number in range(7)]
    gallery.add(2, seen[0])
    assert gallery.similarity(np.array([1]), seen[0]) == pytest.approx(seen[0][1:] @ seen[0].T, abs=1e-6)
    for number, some in enumerate(seen[1:], 1):
        gallery.learn(np.array([0, 1]), some)
        last = np.mean(seen[max(number - 3, 0) : number + 1], 0)
        wanted = unit_rows(last.astype(np.float32)) @ seen[0].T
        assert gallery.similarity(np.array([0, 1]), seen[0]) == pytest.approx(wanted, abs=1e-6)
    gallery.keep(np.array([1]))
    assert gallery.similarity(np.array([0]), seen[0]) == pytest.approx(wanted[1:], abs=1e-6)


def test_a_gallery_knows_what_it_does_not_know() -> None:
    gallery, some = Gallery(3), looks(0, 2)
    gallery.add(1, None)
    assert gallery.similarity(np.array([0]), some).tolist() == [[-1, -1]]
    gallery.add(1, some[:1])
    gallery.learn(np.array([1]), np.zeros((1, 6), np.float32))
    assert gallery.similarity(np.array([0, 1]), some)[:, 0] == pytest.approx([-1, 1], abs=1e-6)


@pytest.mark.parametrize("adaptive", [False, True])
def test_looks_move_by_momentum_and_by_trust(adaptive: bool) -> None:
    appearance = Appearance(0.8, adaptive=adaptive, gallery_length=0)
    first, second = looks(1, 1), looks(2, 1)
    born = facts(0)
    appearance.begin(facts(), born, appearance.read(first, 1))
    appearance.learn(born, second, np.array([0.9]), np.array([0.3], np.float32))
    old, new = (0.8 * 0.9, 0.2 * 0.3) if adaptive else (0.8, 0.2)
    mean = unit_rows(((old * first + new * second) / (old + new)).astype(np.float32))
    assert appearance.distances(born, first) == pytest.approx(1 - mean @ first.T, abs=1e-6)


def test_slots_of_ended_tracks_are_given_up() -> None:
    appearance = Appearance(0.8, adaptive=False, gallery_length=3)
    alive = facts()
    for number in range(300):
        born, seen = facts(0), looks(number, 1)
        appearance.begin(alive, born, appearance.read(seen, 1))
        alive = np.concatenate((alive, born), 1)[:, -3:]
        assert appearance.distances(alive[:, -1:], seen) == pytest.approx(0, abs=1e-5)
        assert appearance.gallery_distances(alive[:, -1:], seen) == pytest.approx(0, abs=1e-5)
        assert len(appearance.state_dict()["bank.rows"]) <= 72
