"""The batched filters against plain matrices, one track at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vtrack_common_mot.kalman import BoxFilter, XyahFilter, XysrFilter
from vtrack_common_mot.overlap import BoxReader

OBSERVATION = np.eye(4, 8)


def transition(elapsed: float) -> np.ndarray:
    return np.eye(8) + elapsed * np.eye(8, k=4)


class MatrixFilter:
    """The textbook filter of one box, with the noise of a kind of coordinates."""

    def __init__(self, kind: type[BoxFilter], measured: np.ndarray) -> None:
        self.heights = kind is XyahFilter
        self.mean = np.concatenate((measured, np.zeros(4)))
        if self.heights:
            height = measured[3]
            sides = [height / 10, height / 10, 1e-2, height / 10]
            speeds = [height / 16, height / 16, 1e-5, height / 16]
            self.covariance = np.diag(np.square(sides + speeds))
        else:
            self.covariance = np.diag([10.0, 10, 10, 10, 1e4, 1e4, 1e4, 0])

    def predict(self, elapsed: float = 1.0) -> None:
        noise = np.array([1, 1, 1, 1, 1e-2, 1e-2, 1e-4, 0])
        if self.heights:
            height = self.mean[3]
            sides, speed = [height / 20, height / 20, 1e-2, height / 20], height / 160
            noise = np.square([*sides, speed, speed, 1e-5, speed])
        elif self.mean[2] + elapsed * self.mean[6] <= 0:
            self.mean[6] = 0
        ahead = transition(elapsed)
        self.mean = ahead @ self.mean
        self.covariance = ahead @ self.covariance @ ahead.T + elapsed * np.diag(noise)

    def update(self, measured: np.ndarray) -> None:
        noise = np.array([1.0, 1, 10, 10])
        if self.heights:
            noise = np.square([self.mean[3] / 20, self.mean[3] / 20, 1e-1, self.mean[3] / 20])
        total = OBSERVATION @ self.covariance @ OBSERVATION.T + np.diag(noise)
        gain = self.covariance @ OBSERVATION.T @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - OBSERVATION @ self.mean)
        self.covariance = self.covariance - gain @ total @ gain.T


def boxes_over_time(count: int, frames: int) -> np.ndarray:
    random = np.random.default_rng(3)
    centre = random.uniform(100, 900, (count, 2)) + np.cumsum(random.normal(0, 5, (frames, count, 2)), 0)
    sides = random.uniform(20, 200, (count, 2)) * np.exp(np.cumsum(random.normal(0, 0.02, (frames, count, 2)), 0))
    return np.concatenate((centre - sides / 2, centre + sides / 2), 2).astype(np.float32)


@pytest.mark.parametrize("regular", [True, False])
@pytest.mark.parametrize("kind", [XyahFilter, XysrFilter])
def test_a_batch_equals_matrices_one_by_one(kind: type[BoxFilter], regular: bool) -> None:
    boxes = boxes_over_time(7, 25)
    reader, batched = BoxReader(), kind()
    measured = batched.measure(reader.read(boxes[0])[1])
    tracks = batched.start(measured)
    single = [MatrixFilter(kind, column) for column in measured.T]
    random = np.random.default_rng(4)
    for frame in boxes[1:]:
        elapsed = 1.0 if regular else float(random.choice([0.25, 1, 1.7, 4]))
        tracks = batched.predict(tracks, elapsed)
        seen = random.random(len(single)) < 0.7
        measured = batched.measure(reader.read(frame)[1])
        some = tracks[:, seen]
        batched.update(some, measured[:, seen])
        tracks[:, seen] = some
        for track, column, is_seen in zip(single, measured.T, seen, strict=True):
            track.predict(elapsed)
            if is_seen:
                track.update(column)
        assert_allclose(tracks[:8].T, [track.mean for track in single], rtol=1e-9, atol=1e-9)
        for rows, offset in ((slice(8, 12), 0), (slice(12, 16), 4)):
            wanted = [np.diag(track.covariance)[offset : offset + 4] for track in single]
            assert_allclose(tracks[rows].T, wanted, rtol=1e-9)
        wanted = [np.diag(track.covariance, 4) for track in single]
        assert_allclose(tracks[16:20].T, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", [XyahFilter, XysrFilter])
def test_corners_are_those_measured(kind: type[BoxFilter]) -> None:
    boxes = boxes_over_time(5, 1)[0]
    batched = kind()
    tracks = batched.start(batched.measure(BoxReader().read(boxes)[1]))
    assert_allclose(batched.shapes(tracks)[6:].T, boxes, rtol=1e-6)


@pytest.mark.parametrize("kind", [XyahFilter, XysrFilter])
@pytest.mark.parametrize("pixel", [0.0, 1.0])
def test_edges_of_tracks_are_those_of_their_boxes(kind: type[BoxFilter], pixel: float) -> None:
    boxes = boxes_over_time(5, 1)[0]
    batched = kind(pixel=pixel)
    wanted, centres = BoxReader(pixel).read(boxes)
    edges = batched.edges(batched.start(batched.measure(centres.copy())))
    assert edges == pytest.approx(wanted[:6], rel=1e-6)


@pytest.mark.parametrize("kind", [XyahFilter, XysrFilter])
def test_boxes_without_area_stay_finite(kind: type[BoxFilter]) -> None:
    boxes = np.array([[5, 5, 5, 5], [5, 5, 9, 5], [5, 5, 5, 9]], np.float32)
    reader, batched = BoxReader(), kind()
    tracks = batched.start(batched.measure(reader.read(boxes)[1]))
    for _ in range(3):
        tracks = batched.predict(tracks)
        batched.update(tracks, batched.measure(reader.read(boxes)[1]))
    assert np.isfinite(batched.shapes(tracks)[6:]).all()
    assert np.abs(batched.shapes(tracks)[6:].T - boxes).max() < 1e-2


def test_an_area_never_shrinks_below_nothing() -> None:
    batched = XysrFilter()
    tracks = batched.start(np.array([[0.0], [0.0], [100.0], [1.0]]))
    tracks[6] = -60
    areas = []
    for _ in range(4):
        tracks = batched.predict(tracks)
        areas.append(tracks[2, 0])
    assert areas == [40, 40, 40, 40]


@pytest.mark.parametrize("kind", [XyahFilter, XysrFilter])
def test_gates_are_the_mahalanobis_distances_of_matrices(kind: type[BoxFilter]) -> None:
    boxes = boxes_over_time(4, 3)
    reader, batched = BoxReader(), kind()
    tracks = batched.predict(batched.start(batched.measure(reader.read(boxes[0])[1])))
    measured = batched.measure(reader.read(boxes[2])[1])
    mean, variance = batched.project(tracks)
    for count in (2, 4):
        distance = batched.gate(tracks, measured, position_only=count == 2)
        for row in range(4):
            inverse = np.linalg.inv(np.diag(variance[:count, row]))
            for column in range(4):
                away = measured[:count, column] - mean[:count, row]
                assert distance[row, column] == pytest.approx(away @ inverse @ away)


def test_a_surer_detection_moves_the_filter_further() -> None:
    batched = XyahFilter()
    start = batched.predict(batched.start(np.array([[0.0] * 3, [0.0] * 3, [1.0] * 3, [100.0] * 3])))
    measured = np.array([[9.0] * 3, [0.0] * 3, [1.0] * 3, [100.0] * 3])
    plain, surer = start.copy(), start.copy()
    batched.update(plain, measured)
    batched.update(surer, measured, np.array([0.0, 0.5, 1.0]))
    assert surer[:, 0] == pytest.approx(plain[:, 0])
    assert plain[0, 1] < surer[0, 1] < surer[0, 2] == pytest.approx(9)
    assert surer[8, 2] == 0


@pytest.mark.parametrize("position_only", [False, True])
def test_gates_of_many_are_those_of_few_and_take_no_more_memory_than_they_must(position_only: bool) -> None:
    random = np.random.default_rng(0)
    boxes = random.uniform(10, 500, (4, 400))
    gating = XyahFilter()
    tracks = gating.predict(gating.start(gating.measure(boxes.copy())))
    measured = gating.measure(random.uniform(10, 500, (4, 400)))
    tracemalloc.start()
    whole = gating.gate(tracks, measured, position_only=position_only)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2.5 * whole.nbytes
    parts = [gating.gate(tracks[:, [row]], measured, position_only=position_only) for row in range(400)]
    assert np.array_equal(whole, np.concatenate(parts))
