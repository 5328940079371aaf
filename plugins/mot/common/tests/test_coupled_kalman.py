"""The filter that goes through a camera's motion, against whole matrices and against the plain filter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vtrack_common_mot.coupled_kalman import WarpedXywhFilter
from vtrack_common_mot.kalman import XywhFilter
from vtrack_common_mot.overlap import BoxReader


def transition(elapsed: float) -> np.ndarray:
    return np.eye(8) + elapsed * np.eye(8, k=4)


class MatrixFilter:
    """The textbook filter of one box."""

    def __init__(self, measured: np.ndarray) -> None:
        self.mean = np.concatenate((measured, np.zeros(4)))
        sides = measured[2:]
        self.covariance = np.diag(np.square(np.concatenate((np.tile(sides / 10, 2), np.tile(sides / 16, 2)))))

    def predict(self, elapsed: float = 1.0) -> None:
        sides = self.mean[2:4]
        noise = np.diag(np.square(np.concatenate((np.tile(sides / 20, 2), np.tile(sides / 160, 2)))))
        ahead = transition(elapsed)
        self.mean = ahead @ self.mean
        self.covariance = ahead @ self.covariance @ ahead.T + elapsed * noise

    def warp(self, warp: np.ndarray) -> None:
        turn = np.kron(np.eye(4), warp[:, :2])
        self.mean = turn @ self.mean
        self.mean[:2] += warp[:, 2]
        self.covariance = turn @ self.covariance @ turn.T

    def update(self, measured: np.ndarray) -> None:
        total = self.covariance[:4, :4] + np.diag(np.square(np.tile(self.mean[2:4] / 20, 2)))
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T


def boxes_over_time(count: int, frames: int) -> np.ndarray:
    random = np.random.default_rng(3)
    centre = random.uniform(100, 900, (count, 2)) + np.cumsum(random.normal(0, 5, (frames, count, 2)), 0)
    sides = random.uniform(20, 200, (count, 2)) * np.exp(np.cumsum(random.normal(0, 0.02, (frames, count, 2)), 0))
    return np.concatenate((centre - sides / 2, centre + sides / 2), 2).astype(np.float32)


def random_warp(random: np.random.Generator) -> np.ndarray:
    return np.column_stack((np.eye(2) + random.normal(0, 0.05, (2, 2)), random.normal(0, 5, 2)))


@pytest.mark.parametrize("regular", [True, False])
def test_a_batch_equals_matrices_one_by_one(regular: bool) -> None:
    boxes = boxes_over_time(7, 25)
    reader, batched = BoxReader(), WarpedXywhFilter()
    measured = batched.measure(reader.read(boxes[0])[1])
    tracks = batched.start(measured)
    single = [MatrixFilter(column) for column in measured.T]
    random = np.random.default_rng(4)
    for frame in boxes[1:]:
        elapsed = 1.0 if regular else float(random.choice([0.25, 1, 1.7, 4]))
        warp = random_warp(random)
        tracks = batched.warped(batched.predict(tracks, elapsed), warp)
        seen = random.random(len(single)) < 0.7
        measured = batched.measure(reader.read(frame)[1])
        some = tracks[:, seen]
        batched.update(some, measured[:, seen])
        tracks[:, seen] = some
        for track, column, is_seen in zip(single, measured.T, seen, strict=True):
            track.predict(elapsed)
            track.warp(warp)
            if is_seen:
                track.update(column)
        assert_allclose(tracks[:8].T, [track.mean for track in single], rtol=1e-8, atol=1e-8)
        # Centre and size have one covariance, and none with each other.
        for first in (0, 2):
            entries = [(0, 0), (1, 1), (0, 1), (4, 4), (5, 5), (4, 5), (0, 4), (1, 5), (0, 5), (1, 4)]
            wanted = [[track.covariance[first + i, first + j] for i, j in entries] for track in single]
            assert_allclose(tracks[[8, 9, 10, 12, 13, 14, 16, 17, 18, 19]].T, wanted, rtol=1e-7, atol=1e-9)
        across = [track.covariance[np.ix_([0, 1, 4, 5], [2, 3, 6, 7])] for track in single]
        assert np.abs(across).max() < 1e-9


def test_without_warps_it_is_the_plain_filter() -> None:
    boxes = boxes_over_time(5, 15)
    warped, plain = WarpedXywhFilter(), XywhFilter()
    measured = BoxReader().read(boxes[0])[1]
    left, right = warped.start(warped.measure(measured)), plain.start(plain.measure(measured))
    for frame in boxes[1:]:
        left, right = warped.warped(warped.predict(left), np.eye(2, 3)), plain.predict(right)
        measured = BoxReader().read(frame)[1]
        warped.update(left, measured)
        plain.update(right, measured)
        assert_allclose(left[:8], right[:8], rtol=1e-9, atol=1e-9)
    assert warped.edges(left) == pytest.approx(plain.edges(right))


def test_distances_of_turned_tracks_are_those_of_matrices() -> None:
    boxes, random = boxes_over_time(4, 3), np.random.default_rng(5)
    reader, batched = BoxReader(), WarpedXywhFilter()
    measured = batched.measure(reader.read(boxes[0])[1])
    tracks, single = batched.start(measured), [MatrixFilter(column) for column in measured.T]
    for _ in range(2):
        warp = random_warp(random)
        tracks = batched.warped(batched.predict(tracks), warp)
        for track in single:
            track.predict()
            track.warp(warp)
    measured = batched.measure(reader.read(boxes[2])[1])
    for count in (2, 4):
        for row, track in zip(batched.gate(tracks, measured, position_only=count == 2), single, strict=True):
            total = (track.covariance[:4, :4] + np.diag(np.square(np.tile(track.mean[2:4] / 20, 2))))[:count, :count]
            apart = measured[:count].T - track.mean[:count]
            assert_allclose(row, np.einsum("ij,jk,ik->i", apart, np.linalg.inv(total), apart), rtol=1e-9)
            variances = batched.project(tracks)[1]
    assert_allclose(
        variances[:, 3], np.diag(single[3].covariance)[:4] + np.square(np.tile(single[3].mean[2:4] / 20, 2))
    )


@pytest.mark.parametrize("kind", [XywhFilter, WarpedXywhFilter])
def test_boxes_without_area_stay_finite(kind: type[XywhFilter]) -> None:
    boxes = np.array([[5, 5, 5, 5], [5, 5, 9, 5], [5, 5, 5, 9], [-1e30, 0, 1e30, 0]], np.float32)
    reader, batched = BoxReader(), kind()
    tracks = batched.start(batched.measure(reader.read(boxes)[1]))
    for _ in range(4):
        tracks = batched.predict(tracks)
        if isinstance(batched, WarpedXywhFilter):
            tracks = batched.warped(tracks, np.array([[1.0, -1e-3, 0], [1e-3, 1, 0]]))
        batched.update(tracks, batched.measure(reader.read(boxes)[1]))
    assert np.isfinite(batched.shapes(tracks)[6:]).all()


def test_a_shift_moves_centres_only() -> None:
    batched = WarpedXywhFilter()
    tracks = batched.start(np.array([[10.0], [20.0], [4.0], [6.0]]))
    moved = batched.warped(tracks, np.array([[1.0, 0, 5], [0, 1, -3]]))
    assert moved[:4, 0].tolist() == [15, 17, 4, 6]
    assert (moved[4:20] == tracks[4:20]).all()
