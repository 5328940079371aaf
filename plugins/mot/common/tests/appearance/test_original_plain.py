"""The paper's rules against a plain version: an object per track, lists of embeddings, matrices, a turn per age."""

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


@attrs.define(eq=False)
class Track:
    identity: int
    body: Any
    last: int
    label: int
    hits: int = 1
    detection: int = -1
    looks: list[np.ndarray] = attrs.Factory(list)


def assign(cost: np.ndarray, limit: float) -> list[tuple[int, int]]:
    """Return the pairs of least total cost, where leaving a pair apart costs the limit."""
    rows, columns = cost.shape
    whole = np.full((rows + columns, rows + columns), limit / 2)
    whole[rows:, columns:] = 0
    whole[:rows, :columns] = np.where(cost <= limit, cost, 1e6)
    return [(int(r), int(c)) for r, c in zip(*linear_sum_assignment(whole), strict=True) if r < rows and c < columns]


class PlainAppearanceSort:
    def __init__(self, plain: SimpleNamespace, **options: Any) -> None:
        self.plain, self.told = plain, AppearanceSortConfig(**options)
        self.tracks: list[Track] = []
        self.frame = self.count = 0

    def distance(self, track: Track, look: np.ndarray) -> float:
        """From the nearest of a track's embeddings, their mean, or the running mean."""
        if not track.looks or not look.any():
            return np.inf
        known = np.array(track.looks)
        if self.told.gallery == "mean":
            known = known.mean(0, keepdims=True)
        return float(cdist(known, look[None], self.told.metric).min())

    def cost(self, track: Track, index: int) -> float:
        """Of a pair of a confirmed track, infinite where the gate, or the class, forbids it."""
        apart = track.body.apart(self.measured[index], 2 if self.told.gate == "position" else 4)
        limit = {"box": 9.4877, "position": 5.9915, "none": np.inf}[self.told.gate]
        if apart > limit or (self.told.per_class and track.label != self.labels[index]):
            return np.inf
        if self.looks is None:
            return 1 - self.plain.iou(track.body.box(), self.boxes[index])
        distance, weight = self.distance(track, self.looks[index]), self.told.motion_weight
        return (1 - weight) * distance + weight * apart if np.isfinite(distance) else np.inf

    def match(self, tracks: list[Track], limit: float, cost: Any) -> None:
        table = np.array([[cost(track, index) for index in self.free] for track in tracks])
        taken = set()
        for row, column in assign(table.reshape(len(tracks), len(self.free)), limit):
            track, index = tracks[row], self.free[column]
            track.detection, track.last, track.label = index, self.frame, self.labels[index]
            track.hits += 1
            track.body.update(self.measured[index], self.scores[index] if self.told.nsa else 0.0)
            self.learn(track, index)
            taken.add(index)
        self.free = [index for index in self.free if index not in taken]

    def learn(self, track: Track, index: int) -> None:
        if self.looks is None or not self.looks[index].any():
            return
        look, share = self.looks[index], self.told.appearance_momentum
        if self.told.gallery == "running-mean" and track.looks:
            mixed = share * track.looks[0] + (1 - share) * look
            track.looks = [mixed / max(np.linalg.norm(mixed), 1e-12)]
        else:
            track.looks = [*track.looks, look][-self.told.gallery_size :]

    def overlap_cost(self, track: Track, index: int) -> float:
        if self.told.per_class and track.label != self.labels[index]:
            return np.inf
        return 1 - self.plain.iou(track.body.box(), self.boxes[index])

    def update(self, detections: Instances, warp: np.ndarray | None) -> list[Track]:
        self.frame += 1
        self.boxes = detections.boxes.astype(np.float64)
        self.measured = [self.plain.measurement(box) for box in self.boxes]
        self.scores, self.labels = detections.scores.astype(np.float64), detections.labels.tolist()
        self.looks = None
        if detections.embeddings is not None and len(detections):
            looks = detections.embeddings.astype(np.float64)
            self.looks = looks / np.maximum(np.linalg.norm(looks, axis=1), 1e-12)[:, None]
        self.free = [i for i, score in enumerate(detections.scores) if score >= np.float32(self.told.min_score)]
        for track in self.tracks:
            if warp is not None:
                track.body.carry(warp)
            track.body.predict()
        self.match_confirmed()
        rest = [t for t in self.tracks if t.last < self.frame and (t.hits < self.told.min_hits or self.age(t) == 1)]
        self.match(rest, 1 - self.told.iou_threshold, self.overlap_cost)
        self.tracks = [track for track in self.tracks if track.last == self.frame or self.lives(track)]
        self.tracks += [self.born(index) for index in self.free]
        return [t for t in self.tracks if t.last == self.frame and t.hits >= self.told.min_hits]

    def match_confirmed(self) -> None:
        confirmed = [track for track in self.tracks if track.hits >= self.told.min_hits]
        limit = self.told.appearance_threshold if self.looks is not None else 1 - self.told.iou_threshold
        depth = self.told.cascade_depth
        for turn in range(1, self.frame + 1):
            if depth is None or 0 < turn <= depth:
                some = [track for track in confirmed if self.age(track) == turn]
            else:
                some = [track for track in confirmed if track.last < self.frame]
            self.match(some, limit, self.cost)

    def age(self, track: Track) -> int:
        return self.frame - track.last

    def lives(self, track: Track) -> bool:
        most = self.told.max_age + (self.told.cascade_depth is not None)
        return track.hits >= self.told.min_hits and self.age(track) < most

    def born(self, index: int) -> Track:
        self.count += 1
        body = self.plain.Body(self.measured[index])
        track = Track(self.count, body, self.frame, self.labels[index], detection=index)
        self.learn(track, index)
        return track


told = st.fixed_dictionaries(
    {},
    optional={
        "min_score": st.sampled_from([0.0, 0.5]),
        "min_hits": st.integers(0, 4),
        "max_age": st.integers(1, 9),
        "metric": st.just("euclidean"),
        "appearance_threshold": st.sampled_from([0.02, 0.4, 0.8]),
        "gallery": st.sampled_from(["nearest", "mean", "running-mean"]),
        "gallery_size": st.integers(1, 6),
        "appearance_momentum": st.sampled_from([0.0, 0.5, 0.9]),
        "gate": st.sampled_from(["position", "none"]),
        "motion_weight": st.sampled_from([0.02, 0.2, 1.0]),
        "cascade_depth": st.integers(0, 5),
        "iou_threshold": st.sampled_from([0.1, 0.6]),
        "nsa": st.booleans(),
        "per_class": st.just(False),
    },
)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), looking=st.sampled_from([0.0, 0.9, 1.0]), options=told, moving=st.booleans())
def test_it_is_the_plain_version(plain: SimpleNamespace, seed: int, looking: float, options: Any, moving: bool) -> None:
    camera = plain.Shaking(seed) if moving else None
    ours = AppearanceSort(AppearanceSortConfig(**options, camera_motion=camera))
    theirs = PlainAppearanceSort(plain, **options)
    for detections in plain.crowd(seed, 40, looking=looking, area=250, zeros=0.05):
        found = ours.update(None, detections)
        wanted = theirs.update(detections, None if camera is None else camera.warp)
        order = np.argsort(found.ids)
        wanted.sort(key=lambda track: track.identity)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        boxes = np.array([track.body.box() for track in wanted]).reshape(-1, 4)
        assert found.boxes[order] == pytest.approx(boxes, abs=1e-2)
