"""StrongSORT by the rules of mmdetection against a plain version of them: an object per track, whole matrices."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from vtcore.instances import Instances
from vtrack_plugin_strongsort import StrongSort

TRANSITION = np.eye(8) + np.eye(8, k=4)


@attrs.define(eq=False)
class Track:
    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    last: int
    label: int
    box: np.ndarray
    looks: list[np.ndarray]
    hits: int = 1
    tentative: bool = True

    def predict(self) -> None:
        side, speed = self.mean[3] / 20, self.mean[3] / 160
        noise = np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed])
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + np.diag(noise)

    def total(self, score: float) -> np.ndarray:
        side = self.mean[3] / 20
        return self.covariance[:4, :4] + np.diag(np.square(np.multiply(1 - score, [side, side, 1e-1, side])))

    def update(self, measured: np.ndarray, score: float) -> None:
        total = self.total(score)
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T

    def apart(self, measured: np.ndarray, count: int) -> float:
        surprise = (measured - self.mean[:4])[:count]
        return float(surprise @ np.linalg.inv(self.total(0.0)[:count, :count]) @ surprise)

    def carry(self, warp: np.ndarray) -> None:
        x, y, ratio, height = self.mean[:4]
        width = ratio * height
        corners = np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2]])
        self.mean[:4] = measurement((corners @ warp[:, :2].T + warp[:, 2]).ravel())
        self.box = (self.box.reshape(2, 2) @ warp[:, :2].T + warp[:, 2]).ravel()


def measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def assign(cost: np.ndarray) -> list[tuple[int, int]]:
    """Leave what is not a number for last, then out."""
    finite = np.isfinite(cost)
    if not finite.any():
        return []
    dear = 2 * min(cost.shape) * np.abs(cost[finite]).max() + 1
    pairs = zip(*linear_sum_assignment(np.where(finite, cost, dear)), strict=True)
    return [(int(row), int(column)) for row, column in pairs if finite[row, column]]


class PlainStrongSort:
    def __init__(self, **options: Any) -> None:
        self.told = attrs.evolve(StrongSort().config, **options)
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
        self.measured = [measurement(box) for box in self.boxes]
        owner: dict[int, Track] = {}
        if self.tracks and len(self.boxes):
            for track in self.tracks:
                if warp is not None:
                    track.carry(warp)
                track.predict()
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
                apart = track.apart(measured, count)
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
        cost = np.array([[1 - iou(track.box, self.boxes[index]) for index in free] for track in rest], np.float32)
        cost = cost + np.float32(1e6) * self.other_class(rest, free).astype(np.float32)
        for row, column in assign(cost.astype(np.float64)):
            if cost[row, column] < 1 - self.told.iou_threshold:
                owner[free[column]] = rest[row]

    def note(self, track: Track, index: int) -> None:
        track.last, track.label, track.box = self.frame, self.labels[index], self.boxes[index]
        track.hits += 1
        track.tentative &= track.hits < self.told.min_hits
        track.update(self.measured[index], self.scores[index] if self.told.nsa else 0.0)
        if self.looks is None:
            return
        if self.told.gallery == "running-mean":
            share = self.told.appearance_momentum
            track.looks = [share * track.looks[0] + (1 - share) * self.looks[index]]
        else:
            track.looks = [*track.looks, self.looks[index]][-self.told.gallery_size :]

    def born(self, index: int) -> int:
        self.count += 1
        measured = self.measured[index]
        side, speed = measured[3] / 10, measured[3] / 16
        covariance = np.diag(np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed]))
        looks = [] if self.looks is None else [self.looks[index]]
        mean, label, box = np.concatenate((measured, np.zeros(4))), self.labels[index], self.boxes[index]
        self.tracks.append(Track(self.count, mean, covariance, self.frame, label, box, looks))
        return self.count


class Shaking:
    """A camera that moves by a little in every frame."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.warp = np.eye(2, 3)

    def reset(self, sequence: Any = None) -> None:
        pass

    def proceed(self, sequence: Any) -> None:
        pass

    def estimate(self, frame: Any, detections: Any = None) -> np.ndarray:
        angle = self.random.normal(0, 0.01)
        turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        self.warp = np.column_stack((turn, self.random.normal(0, 3, 2)))
        return self.warp


def crowd(seed: int, frames: int, looking: bool) -> list[Instances]:
    """Objects of three classes that cross and hide one another, among false detections; in some frames nothing."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    places = random.uniform(0, 150, (count, 2)) + np.cumsum(random.normal(0, 2, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    looks, labels = random.normal(0, 1, (count, 6)), random.integers(0, 3, count)
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = (hidden == 0) & (random.random() < 0.95)
        false = random.uniform(0, 150, (int(random.integers(0, 3)) if seen.any() else 0, 2))
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        which = np.concatenate((seen.nonzero()[0], random.integers(0, count, len(false))))
        given_looks = looks[which] + random.normal(0, random.choice([0.1, 0.6]), (len(which), 6)) if looking else None
        scores, kinds = random.uniform(0.2, 1, len(boxes)), labels[which]
        kinds = np.where(random.random(len(which)) < 0.1, random.integers(0, 3, len(which)), kinds)
        video.append(Instances(boxes, scores, kinds, embeddings=given_looks))
    return video


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
@given(seed=st.integers(0, 10**6), looking=st.sampled_from([True, True, False]), options=told, moving=st.booleans())
def test_it_is_the_plain_version(seed: int, looking: bool, options: Any, moving: bool) -> None:
    camera = Shaking(seed) if moving else None
    ours, plain = StrongSort(**options, camera_motion=camera, convention="mmtracking"), PlainStrongSort(**options)
    for detections in crowd(seed, 30, looking):
        found = ours.update(None, detections)
        wanted = plain.update(detections, None if camera is None else camera.warp)
        kept = detections.scores > np.float32(plain.told.min_score)
        assert found.ids.tolist() == wanted
        assert found.detection_index.tolist() == kept.nonzero()[0].tolist()
        assert found.boxes == pytest.approx(detections.boxes[kept])
