"""Gaussian-smoothed interpolation."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.tables import TrackTable
from vtrack_plugin_mot_refine import GaussianSmoothing
from vtrack_plugin_mot_refine.smoothing import JITTER, _solve_all, _solve_band, length_scale, smooth


@pytest.fixture
def shaky():
    draw = np.random.default_rng(5)

    def make(count: int, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        frames = np.flatnonzero(draw.random(2 * count) >= missing)[:count]
        line = np.stack([100 + 2.0 * frames, 50 + frames, np.full(count, 40.0), np.full(count, 90.0)], 1)
        return frames, line + draw.normal(0, 2, line.shape)

    return make


@pytest.mark.parametrize(("count", "tau"), [(3, 10), (30, 10), (200, 10), (500, 10), (60, 3)])
def test_it_is_the_regression_by_the_book(shaky, count, tau):
    frames, values = shaky(count, missing=0.2)
    scale = length_scale(tau, count)
    kernel = np.exp(-((frames[:, None] - frames) ** 2) / (2 * scale**2))
    expected = kernel @ np.linalg.solve(kernel + JITTER * np.eye(count), values)
    assert np.abs(smooth(frames, values, scale) - expected).max() < 2e-3


@pytest.mark.parametrize(("count", "tau"), [(300, 10), (800, 10), (400, 5), (120, 4)])
def test_the_band_is_the_whole(shaky, count, tau):
    frames, values = shaky(count, missing=0.1)
    times = (frames - frames[0]) / length_scale(tau, count)
    band = int((np.searchsorted(times, times + 9.6, side="right") - np.arange(count)).max()) - 1
    assert 0 < band < count // 2
    narrow, whole = (values - JITTER * solve(times, values, band) for solve in (_solve_band, _solve_all))
    assert np.abs(narrow - whole).max() < 2e-3


def test_smoothing_brings_shaky_boxes_nearer_to_the_line(shaky):
    frames, values = shaky(100)
    table = TrackTable(frames, values, ids=np.ones(100))
    smoothed = GaussianSmoothing().refine(table)
    line = np.stack([100 + 2.0 * frames, 50 + frames], 1)
    before, after = (np.abs(boxes[:, :2] - line).mean() for boxes in (values, smoothed.ltwh))
    assert after < before / 2


def test_short_tracks_stay_and_unmatched_rows_too(walk):
    table = walk((1, range(2), (0, 0), (9, 9)), (-1, range(5), (3, 3), (7, 1)))
    assert np.array_equal(GaussianSmoothing().refine(table).ltwh, table.ltwh)
    assert len(GaussianSmoothing(compat="mmdetection").refine(table)) == 5


def test_length_scale_is_clipped():
    assert length_scale(10, 100) == pytest.approx(10 * np.log(10))
    assert length_scale(10, 2000) == 0.1
    assert length_scale(2, 1) == pytest.approx(2 * np.log(8) if 2 * np.log(8) < 4 else 4)


def test_an_hour_of_one_track_needs_no_square_matrix(shaky):
    frames, values = shaky(100_000)
    assert np.allclose(smooth(frames, values, length_scale(10, 100_000)), values)
    assert np.isfinite(smooth(frames, values, length_scale(47, 100_000))).all()


def test_sizes_never_fall_below_zero():
    frames = np.arange(40)
    sizes = np.where(frames % 7 == 0, 30.0, 0.0)
    boxes = np.stack([frames * 1.0, frames * 1.0, sizes, sizes], 1)
    smoothed = GaussianSmoothing(tau=5).refine(TrackTable(frames, boxes, ids=np.ones(40)))
    assert smoothed.ltwh[:, 2:].min() == 0
