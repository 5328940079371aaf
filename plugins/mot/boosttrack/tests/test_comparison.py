"""What is measured of tracks and detections, against the formulas of the papers written out pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtrack_common_mot.overlap import BoxReader
from vtrack_plugin_boosttrack.comparison import Comparison, Known, Offered
from vtrack_plugin_boosttrack.motion import VARIANCES, XyhrFilter

LIMIT = 13.2767


def boxes(random: Any, count: int, spread: float) -> Any:
    corners = random.uniform(0, spread, (count, 2))
    return np.column_stack((corners, corners + random.uniform([10, 30], [60, 120], (count, 2)))).astype(np.float32)


class Scene:
    """Tracks of some age and detections, both at random."""

    def __init__(self, tracks: int, detections: int, spread: float = 300.0) -> None:
        random = np.random.default_rng(tracks * 1000 + detections)
        reader, box_filter = BoxReader(), XyhrFilter()
        self.theirs, self.mine = boxes(random, tracks, spread), boxes(random, detections, spread)
        # Some detections lie about where a track is.
        some = min(tracks, detections) // 2
        self.mine[:some] = self.theirs[:some] + random.normal(0, 2, (some, 4))
        motion = box_filter.start(box_filter.measure(reader.read(self.theirs)[1]))
        motion[VARIANCES] = random.uniform(1, 40, (4, tracks))
        self.places, self.variances = motion[:4], motion[VARIANCES]
        self.confidence = random.choice([1.0, 0.9, 0.5, 0.05], tracks)
        edges, measured = reader.read(self.mine)
        nothing = np.zeros(tracks, np.int64)
        self.measured = box_filter.measure(measured)
        self.known = Known(
            box_filter.edges(motion), self.places, self.variances, self.confidence, nothing, nothing, nothing
        )
        self.offered = Offered(
            edges[:6], self.measured, np.ones(detections, np.float32), np.zeros(detections, np.int64), None
        )

    def full(self, pairs: Comparison, values: Any) -> Any:
        """Return the values of the near pairs as a matrix, NaN elsewhere."""
        table = np.full((len(self.theirs), len(self.mine)), np.nan)
        assert len(set(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))) == len(pairs.rows)
        table[pairs.rows, pairs.columns] = values
        return table


def iou(first: Any, second: Any) -> float:
    first, second = first.astype(float), second.astype(float)
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def grown(box: Any, share: float) -> Any:
    around = np.tile(box[2:] - box[:2], 2) * share
    return box + around * [-1, -1, 1, 1]


def table(scene: Scene, measure: Any) -> Any:
    rows, columns = range(len(scene.theirs)), range(len(scene.mine))
    return np.array([[measure(row, column) for column in columns] for row in rows])


@pytest.fixture(params=[(3, 4), (8, 8), (1, 70), (40, 1), (25, 30)], ids=str)
def scene(request: pytest.FixtureRequest) -> Scene:
    return Scene(*request.param)


def check(scene: Scene, found: Any, wanted: Any, elsewhere: float = 0.0) -> None:
    """What is not listed has nothing to be measured."""
    assert np.where(np.isnan(found), elsewhere, found) == pytest.approx(wanted, rel=1e-5, abs=1e-6)


def test_overlap(scene: Scene) -> None:
    pairs = Comparison(scene.known, scene.offered, by_width=False, buffered=False)
    wanted = table(scene, lambda row, column: iou(scene.theirs[row], scene.mine[column]))
    check(scene, scene.full(pairs, pairs.overlap), wanted)


def test_overlap_is_buffered_by_confidence(scene: Scene) -> None:
    def measure(row: int, column: int) -> float:
        doubt = 1 - scene.confidence[row]
        return iou(grown(scene.theirs[row], doubt / 2), grown(scene.mine[column], doubt / 4))

    pairs = Comparison(scene.known, scene.offered, by_width=False, buffered=True)
    check(scene, scene.full(pairs, pairs.buffered()), table(scene, measure))


def test_closeness_is_the_softmax_of_what_is_left_to_the_limit(scene: Scene) -> None:
    surprise = scene.measured[:, None, :] - scene.places[:, :, None]
    distance = (surprise**2 / scene.variances[:, :, None]).sum(0)
    weight = np.exp(LIMIT - np.minimum(distance, LIMIT))
    wanted = np.where(distance <= LIMIT, weight / weight.sum(1, keepdims=True), 0)
    pairs = Comparison(scene.known, scene.offered, by_width=False, buffered=False)
    check(scene, scene.full(pairs, pairs.closeness()), wanted)
    assert np.nan_to_num(scene.full(pairs, pairs.within)).tolist() == (distance <= LIMIT).tolist()
    # Of some detections only: those of even number.
    wanted = np.where(distance <= LIMIT, weight / weight[:, ::2].sum(1, keepdims=True), 0)
    chosen = (pairs.columns % 2 == 0).nonzero()[0]
    some = np.zeros(len(pairs.rows))
    some[chosen] = pairs.closeness(chosen, wanted[:, ::2].shape[1])
    check(scene, scene.full(pairs, some)[:, ::2], wanted[:, ::2])


@pytest.mark.parametrize("by_width", [False, True])
def test_shape(scene: Scene, by_width: bool) -> None:
    def measure(row: int, column: int) -> float:
        (width, height), (other, another) = (box[2:] - box[:2] for box in (scene.theirs[row], scene.mine[column]))
        greatest = max(width, other)
        tallest = greatest if by_width else max(height, another)
        return float(np.exp(-(abs(width - other) / greatest + abs(height - another) / tallest)))

    pairs = Comparison(scene.known, scene.offered, by_width=by_width, buffered=True)
    wanted = table(scene, measure)
    found = scene.full(pairs, pairs.shape)
    assert found[~np.isnan(found)] == pytest.approx(wanted[~np.isnan(found)], rel=1e-5)
    some = np.arange(0, len(scene.mine), 3)
    assert pairs.likeness(some) == pytest.approx(wanted[:, ::3].max(0), rel=1e-5)


def test_far_pairs_are_left_out() -> None:
    scene = Scene(30, 40, spread=5000.0)
    pairs = Comparison(scene.known, scene.offered, by_width=False, buffered=True)
    assert 15 <= len(pairs.rows) < 30 * 40 / 4
