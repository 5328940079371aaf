"""Tracks and detections at random, and their measures by the formulas of the papers, pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.instances import Float64Array
from vtrack_common_mot.overlap import BoxReader
from vtrack_plugin_boosttrack.comparison import Comparison, Known, Offered
from vtrack_plugin_boosttrack.motion import VARIANCES, XyhrFilter

LIMIT = 13.2767


def iou(first: Any, second: Any) -> float:
    first, second = first.astype(float), second.astype(float)
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def grown(box: Any, share: float) -> Any:
    around = np.tile(box[2:] - box[:2], 2) * share
    return box + around * [-1, -1, 1, 1]


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
        self.misses = random.integers(0, 25, tracks)
        self.scores = random.uniform(0.02, 1, detections).astype(np.float32)
        self.measured = box_filter.measure(measured)
        self.known = Known(
            box_filter.edges(motion), self.places, self.variances, self.confidence, self.misses, nothing, nothing
        )
        self.offered = Offered(edges[:6], self.measured, self.scores, np.zeros(detections, np.int64), None)

    def compare(self, **options: Any) -> Comparison:
        return Comparison(self.known, self.offered, **{"by_width": False, "buffered": True, **options})

    def _table(self, measure: Any) -> Float64Array:
        return np.array([[measure(track, box) for box in range(len(self.mine))] for track in range(len(self.theirs))])

    def overlap(self) -> Float64Array:
        return self._table(lambda track, box: iou(self.theirs[track], self.mine[box]))

    def overlap_of(self, box: int, other: int) -> float:
        """Of two detections."""
        return iou(self.mine[box], self.mine[other])

    def buffered(self) -> Float64Array:
        def measure(track: int, box: int) -> float:
            doubt = 1 - self.confidence[track]
            return iou(grown(self.theirs[track], doubt / 2), grown(self.mine[box], doubt / 4))

        return self._table(measure)

    def distance(self) -> Float64Array:
        surprise = self.measured[:, None, :] - self.places[:, :, None]
        squared: Float64Array = (surprise**2 / self.variances[:, :, None]).sum(0)
        return squared

    def closeness(self, some: Any = slice(None)) -> Float64Array:
        """The softmax over some of the detections of what distances leave to the limit; 0 beyond it."""
        distance = self.distance()
        weight = np.exp(LIMIT - np.minimum(distance, LIMIT))
        return np.where(distance <= LIMIT, weight / weight[:, some].sum(1, keepdims=True), 0)

    def shape(self, by_width: bool = False) -> Float64Array:
        def measure(track: int, box: int) -> float:
            (width, height), (other, another) = (
                sides[2:] - sides[:2] for sides in (self.theirs[track], self.mine[box])
            )
            widest = max(width, other)
            tallest = widest if by_width else max(height, another)
            return float(np.exp(-(abs(width - other) / widest + abs(height - another) / tallest)))

        return self._table(measure)


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Scene:
    """A scene of so many tracks and detections, and perhaps so wide."""
    return Scene(*request.param)
