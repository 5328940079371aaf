"""The rules of mmtracking and mmdetection against a plain version of them: an object per track, whole matrices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from vtcore.instances import Instances
from vtrack_common_mot.appearance.config import AppearanceSortConfig
from vtrack_common_mot.appearance.original import AppearanceSort

STRONGSORT = {"gallery": "running-mean", "appearance_threshold": 0.45, "motion_weight": 0.02, "nsa": True}


@attrs.define(eq=False)
class Track:
    identity: int
    body: Any
    last: int
    label: int
    box: np.ndarray
    looks: list[np.ndarray]
    hits: int = 1
    tentative: bool = True


def assign(cost: np.ndarray) -> list[tuple[int, int]]:
    """Leave what is not a number for last, then out."""
    finite = np.isfinite(cost)
    if not finite.any():
        return []
    dear = 2 * min(cost.shape) * np.abs(cost[finite]).max() + 1
    pairs = zip(*linear_sum_assignment(np.where(finite, cost, dear)), strict=True)
    return [(int(row), int(column)) for row, column in pairs if finite[row, column]]


class PlainMmtracking:
    def __init__(self, plain: SimpleNamespace, **options: Any) -> None:
        self.plain, self.told = plain, AppearanceSortConfig(**STRONGSORT | options)
        self.tracks: list[Track] = []
        self.frame = self.count = 0

    def update(self, detections: Instances, warp: np.ndarray | None) -> list[int]:
        """Return the identity of every detection that scores enough."""
        self.frame += 1
        kept = detections.scores > np.float32(self.told.min_score)
        self.boxes = detections.boxes[kept].astype(np.float64)
        self.scores, self.labels = detections.scores[kept].astype(np.float64), detections.labels[kept]
        looks = detections.embeddings
        self.looks = None if looks is None else looks[kept].astype(np.float64)
        self.measured = [self.plain.measurement(box) for box in self.boxes]
        owner: dict[int, Track] = {}
        if self.tracks and len(self.boxes):
            for track in self.tracks:
                if warp is not None:
                    track.body.carry(warp)
                    track.box = self.plain.carried(track.box, warp)
                track.body.predict()
            if self.looks is not None:
                self.by_appearance(owner)
            self.by_overlap(owner)
        for index, track in owner.items():
            self.note(track, index)
        ids = [owner[index].identity if index in owner else self.born(index) for index in range(len(self.boxes))]
        self.tracks = [
            track
            for track in self.tracks
            if self.frame - track.last < self.told.max_age and not (track.tentative and track.last < self.frame)
        ]
        return ids

    def other_class(self, tracks: list[Track], indices: list[int]) -> np.ndarray:
        if not self.told.per_class:
            return np.zeros((len(tracks), len(indices)), bool)
        return np.array([[track.label != self.labels[index] for index in indices] for track in tracks])

    def appearance(self, track: Track) -> np.ndarray:
        known = np.array(track.looks)
        return known if self.told.gallery == "nearest" else known.mean(0, keepdims=True)

    def by_appearance(self, owner: dict[int, Track]) -> None:
        confirmed = [track for track in self.tracks if not track.tentative]
        if not confirmed:
            return
        count, limit = (2, 5.9915) if self.told.gate == "position" else (4, 9.4877)
        weight = self.told.motion_weight
        cost = np.empty((len(confirmed), len(self.boxes)))
        for row, track in enumerate(confirmed):
            distances = cdist(self.appearance(track), self.looks, self.told.metric).min(0)
            for index, measured in enumerate(self.measured):
                apart = track.body.apart(measured, count)
                cost[row, index] = (1 - weight) * distances[index] + weight * apart if apart <= limit else np.nan
        cost += 1e6 * self.other_class(confirmed, list(range(len(self.boxes))))
        for row, index in assign(cost):
            if cost[row, index] <= self.told.appearance_threshold:
                owner[index] = confirmed[row]

    def by_overlap(self, owner: dict[int, Track]) -> None:
        taken = {id(track) for track in owner.values()}
        rest = [track for track in self.tracks if id(track) not in taken and track.last == self.frame - 1]
        free = [index for index in range(len(self.boxes)) if index not in owner]
        if not rest or not free:
            return
        cost = np.array(
            [[1 - self.plain.iou(track.box, self.boxes[index]) for index in free] for track in rest], np.float32
        )
        cost = cost + np.float32(1e6) * self.other_class(rest, free).astype(np.float32)
        for row, column in assign(cost.astype(np.float64)):
            if cost[row, column] < 1 - self.told.iou_threshold:
                owner[free[column]] = rest[row]

    def note(self, track: Track, index: int) -> None:
        track.last, track.label, track.box = self.frame, self.labels[index], self.boxes[index]
        track.hits += 1
        track.tentative &= track.hits < self.told.min_hits
        track.body.update(self.measured[index], self.scores[index] if self.told.nsa else 0.0)
        if self.looks is None:
            return
        if self.told.gallery == "running-mean":
            share = self.told.appearance_momentum
            track.looks = [share * track.looks[0] + (1 - share) * self.looks[index]]
        else:
            track.looks = [*track.looks, self.looks[index]][-self.told.gallery_size :]

    def born(self, index: int) -> int:
        self.count += 1
        looks = [] if self.looks is None else [self.looks[index]]
        body, label, box = self.plain.Body(self.measured[index]), self.labels[index], self.boxes[index]
        self.tracks.append(Track(self.count, body, self.frame, label, box, looks))
        return self.count


told = st.fixed_dictionaries(
    {},
    optional={
        "min_score": st.sampled_from([0.0, 0.3]),
        "min_hits": st.integers(0, 4),
        "max_age": st.integers(1, 9),
        "metric": st.just("euclidean"),
        "appearance_threshold": st.sampled_from([0.1, 0.3, 2.0]),
        "gallery": st.sampled_from(["nearest", "mean"]),
        "gallery_size": st.integers(1, 6),
        "appearance_momentum": st.sampled_from([0.0, 0.5]),
        "gate": st.just("position"),
        "motion_weight": st.sampled_from([0.0, 0.2]),
        "iou_threshold": st.sampled_from([0.1, 0.7]),
        "nsa": st.booleans(),
        "per_class": st.just(False),
    },
)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), looking=st.sampled_from([1.0, 1.0, 0.0]), options=told, moving=st.booleans())
def test_it_is_the_plain_version(plain: SimpleNamespace, seed: int, looking: float, options: Any, moving: bool) -> None:
    camera = plain.Shaking(seed) if moving else None
    told = AppearanceSortConfig(**STRONGSORT | options, camera_motion=camera, convention="mmtracking")
    ours, theirs = AppearanceSort(told), PlainMmtracking(plain, **options)
    for detections in plain.crowd(seed, 30, looking=looking, area=150, classes=3, flips=0.1, nothing=0.05):
        found = ours.update(None, detections)
        wanted = theirs.update(detections, None if camera is None else camera.warp)
        kept = detections.scores > np.float32(told.min_score)
        assert found.ids.tolist() == wanted
        assert found.detection_index.tolist() == kept.nonzero()[0].tolist()
        assert found.boxes == pytest.approx(detections.boxes[kept])
