"""SORT's rules, one at a time, and against a plain version of it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtrack_plugin_sort import Sort

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
TRANSITION = np.eye(7) + np.eye(7, k=4)


def ids(tracker: Sort, boxes: Any = (), labels: Any = None) -> list[int]:
    return sorted(tracker.update(boxes=np.reshape(boxes, (-1, 4)), labels=labels).ids.tolist())


def test_first_frames_are_reported_at_once_and_later_births_after_enough_hits() -> None:
    tracker = Sort(min_hits=3)
    for _ in range(3):
        assert ids(tracker, [BOX]) == [1]
    assert [ids(tracker, [BOX, FAR]) for _ in range(5)] == [[1], [1], [1], [1, 2], [1, 2]]


def test_without_hits_asked_for_every_track_is_reported() -> None:
    tracker = Sort(min_hits=0)
    assert [ids(tracker, boxes) for boxes in ([BOX], [BOX, FAR], [FAR])] == [[1], [1, 2], [2]]


@pytest.mark.parametrize("max_age", [0, 1, 4])
def test_a_track_outlives_as_many_misses_as_its_greatest_age(max_age: int) -> None:
    for misses, wanted in ((max_age, [1]), (max_age + 1, [2])):
        tracker = Sort(max_age=max_age, min_hits=0)
        ids(tracker, [BOX])
        for _ in range(misses):
            assert ids(tracker) == []
        assert ids(tracker, [BOX]) == wanted


def test_a_miss_breaks_the_row_of_hits() -> None:
    tracker = Sort(max_age=2, min_hits=2)
    for _ in range(5):
        assert ids(tracker, [BOX]) == [1]
    ids(tracker)
    assert [ids(tracker, [BOX]) for _ in range(3)] == [[], [1], [1]]


def test_overlap_on_the_threshold_continues_a_track() -> None:
    third = [0.0, 0, 30, 10], [15.0, 0, 45, 10]  # intersection over union 1/3
    for threshold, wanted in ((0.3, [1]), (1 / 3 + 0.01, [2])):
        tracker = Sort(iou_threshold=threshold, min_hits=0)
        ids(tracker, [third[0]])
        assert ids(tracker, [third[1]]) == wanted


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, [2]), (False, [1])):
        tracker = Sort(min_hits=0, per_class=per_class)
        ids(tracker, [BOX], labels=[0])
        assert ids(tracker, [BOX], labels=[1]) == wanted


def test_by_the_rules_of_mmtracking_all_is_reported_as_given_and_nothing_outlives_a_miss() -> None:
    tracker = Sort(convention="mmtracking", max_age=5, min_hits=3)
    assert [ids(tracker, boxes) for boxes in ([BOX], [BOX, FAR], [FAR], [BOX, FAR], [])] == [
        [1],
        [1, 2],
        [2],
        [2, 3],
        [],
    ]
    moved = [BOX[0] + 3, BOX[1], BOX[2] + 9, BOX[3]]
    tracker.reset()
    for box in (BOX, moved):
        tracks = tracker.update(boxes=[box])
        assert (tracks.ids.tolist(), tracks.boxes.tolist()) == ([1], [box])


def test_by_the_rules_of_mmtracking_pairs_below_the_bound_always_take_part() -> None:
    # Only the first of both overlap by more than a half, but the other two pairs together overlap by more.
    old, new = [[0.0, 0, 100, 10], [67, 0, 167, 10]], [[29.0, 0, 129, 10], [-38, 0, 62, 10]]
    for convention, wanted in (("original", [1, 3]), ("mmtracking", [3, 4])):
        tracker = Sort(convention=convention, min_hits=0, iou_threshold=0.5)
        ids(tracker, old)
        assert ids(tracker, new) == wanted


def test_by_the_rules_of_mmtracking_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, [2]), (False, [1])):
        tracker = Sort(convention="mmtracking", per_class=per_class)
        ids(tracker, [BOX], labels=[0])
        assert ids(tracker, [BOX], labels=[1]) == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_age": -1}, "max_age: must be >= 0, got -1"),
        ({"iou_threshold": 1.5}, "iou_threshold: must be <= 1, got 1.5"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sort(**options)


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "sort")
    config = component.load_config()(max_age=5)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, Sort)
    assert tracker.config == config


@pytest.mark.parametrize("name", ["mot15", "mot17", "mot20", "dancetrack"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    assert vtcore.load_experiment(f"sort:{name}").detector.config.min_score == 0.5


@attrs.define(eq=False)
class Track:
    """A track of the plain version: seven states, matrices."""

    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    misses: int = 0
    streak: int = 0
    detection: int = -1

    def predict(self) -> None:
        if self.mean[2] + self.mean[6] <= 0:
            self.mean[6] = 0
        self.mean = TRANSITION @ self.mean
        noise = np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4])
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + noise
        if self.misses:
            self.streak = 0
        self.misses += 1

    def update(self, measured: np.ndarray, detection: int) -> None:
        total = self.covariance[:4, :4] + np.diag([1.0, 1, 10, 10])
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T
        self.misses, self.streak, self.detection = 0, self.streak + 1, detection

    def box(self) -> np.ndarray:
        x, y, area, ratio = self.mean[:4]
        half = np.array([np.sqrt(area * ratio), area / np.sqrt(area * ratio)]) / 2
        return np.array([x - half[0], y - half[1], x + half[0], y + half[1]])


class PlainSort:
    """One object per track, lists, and every overlap a number."""

    def __init__(self, max_age: int, min_hits: int) -> None:
        self.max_age, self.min_hits = max_age, min_hits
        self.tracks: list[Track] = []
        self.frame = self.count = 0

    def update(self, boxes: np.ndarray) -> list[Track]:
        self.frame += 1
        for track in self.tracks:
            track.predict()
        pairs = self.match(np.array([[_iou(track.box(), box) for box in boxes] for track in self.tracks]))
        for row, column in pairs:
            self.tracks[row].update(_measurement(boxes[column]), column)
        for index in sorted(set(range(len(boxes))) - {column for _, column in pairs}):
            self.count += 1
            mean = np.concatenate((_measurement(boxes[index]), np.zeros(3)))
            covariance = np.diag([10.0, 10, 10, 10, 1e4, 1e4, 1e4])
            self.tracks.append(Track(self.count, mean, covariance, detection=index))
        self.tracks = [track for track in self.tracks if track.misses <= self.max_age]
        early = self.frame <= self.min_hits
        return [t for t in self.tracks if t.misses == 0 and (early or t.streak >= self.min_hits)]

    def match(self, overlap: np.ndarray) -> list[tuple[int, int]]:
        if overlap.size == 0:
            return []
        above = overlap > 0.3
        if above.any() and above.sum(0).max() == above.sum(1).max() == 1:
            return list(zip(*(index.tolist() for index in above.nonzero()), strict=True))
        pairs = zip(*(index.tolist() for index in linear_sum_assignment(-overlap)), strict=True)
        return [(row, column) for row, column in pairs if overlap[row, column] >= 0.3]


def _measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width * height, width / height])


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def crowd(seed: int, frames: int) -> list[Instances]:
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 12))
    places = random.uniform(0, 200, (count, 2)) + np.cumsum(random.normal(0, 3, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    return [
        Instances(
            np.column_stack((frame, frame + sides * random.uniform(0.9, 1.1, (count, 2))))[random.random(count) < 0.85]
        )
        for frame in places
    ]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), max_age=st.integers(0, 4), min_hits=st.integers(0, 4))
def test_it_is_the_plain_version(seed: int, max_age: int, min_hits: int) -> None:
    ours, plain = Sort(max_age=max_age, min_hits=min_hits), PlainSort(max_age, min_hits)
    for detections in crowd(seed, 30):
        found = ours.update(None, detections)
        wanted = sorted(plain.update(detections.boxes.astype(float)), key=lambda track: track.identity)
        order = np.argsort(found.ids)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        boxes = np.array([track.box() for track in wanted]).reshape(-1, 4)
        assert found.boxes[order] == pytest.approx(boxes, abs=1e-3)
