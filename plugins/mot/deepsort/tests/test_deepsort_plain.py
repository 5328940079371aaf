"""DeepSORT against a plain version of it: one object per track, lists of embeddings, matrices, a turn for every age."""

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
from vtrack_plugin_deepsort import DeepSort

TRANSITION = np.eye(8) + np.eye(8, k=4)


@attrs.define(eq=False)
class Track:
    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    last: int
    label: int
    hits: int = 1
    detection: int = -1
    looks: list[np.ndarray] = attrs.Factory(list)

    def predict(self) -> None:
        side, speed = self.mean[3] / 20, self.mean[3] / 160
        noise = np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed])
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + np.diag(noise)

    def noise(self, score: float) -> np.ndarray:
        side = self.mean[3] / 20
        return np.diag(np.square(np.multiply(1 - score, [side, side, 1e-1, side])))

    def update(self, measured: np.ndarray, score: float) -> None:
        total = self.covariance[:4, :4] + self.noise(score)
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T

    def apart(self, measured: np.ndarray, count: int) -> float:
        total = (self.covariance[:4, :4] + self.noise(0))[:count, :count]
        surprise = (measured - self.mean[:4])[:count]
        return float(surprise @ np.linalg.inv(total) @ surprise)

    def box(self) -> np.ndarray:
        x, y, ratio, height = self.mean[:4]
        width = ratio * height
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def assign(cost: np.ndarray, limit: float) -> list[tuple[int, int]]:
    """Return the pairs of least total cost, where leaving a pair apart costs the limit."""
    rows, columns = cost.shape
    whole = np.full((rows + columns, rows + columns), limit / 2)
    whole[rows:, columns:] = 0
    whole[:rows, :columns] = np.where(cost <= limit, cost, 1e6)
    return [(int(r), int(c)) for r, c in zip(*linear_sum_assignment(whole), strict=True) if r < rows and c < columns]


class PlainDeepSort:
    def __init__(self, **options: Any) -> None:
        self.told = attrs.evolve(DeepSort().config, **options)
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
        apart = track.apart(self.measured[index], 2 if self.told.gate == "position" else 4)
        limit = {"box": 9.4877, "position": 5.9915, "none": np.inf}[self.told.gate]
        if apart > limit or (self.told.per_class and track.label != self.labels[index]):
            return np.inf
        if self.looks is None:
            return 1 - iou(track.box(), self.boxes[index])
        distance, weight = self.distance(track, self.looks[index]), self.told.motion_weight
        return (1 - weight) * distance + weight * apart if np.isfinite(distance) else np.inf

    def match(self, tracks: list[Track], limit: float, cost: Any) -> None:
        table = np.array([[cost(track, index) for index in self.free] for track in tracks])
        taken = set()
        for row, column in assign(table.reshape(len(tracks), len(self.free)), limit):
            track, index = tracks[row], self.free[column]
            track.detection, track.last, track.label = index, self.frame, self.labels[index]
            track.hits += 1
            track.update(self.measured[index], self.scores[index] if self.told.nsa else 0.0)
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
        return 1 - iou(track.box(), self.boxes[index])

    def update(self, detections: Instances, warp: np.ndarray | None) -> list[Track]:
        self.frame += 1
        self.boxes = detections.boxes.astype(np.float64)
        self.measured = [measurement(box) for box in self.boxes]
        self.scores, self.labels = detections.scores.astype(np.float64), detections.labels.tolist()
        self.looks = None
        if detections.embeddings is not None and len(detections):
            looks = detections.embeddings.astype(np.float64)
            self.looks = looks / np.maximum(np.linalg.norm(looks, axis=1), 1e-12)[:, None]
        self.free = [i for i, score in enumerate(detections.scores) if score >= np.float32(self.told.min_score)]
        for track in self.tracks:
            if warp is not None:
                corners = track.box().reshape(2, 2) @ warp[:, :2].T + warp[:, 2]
                track.mean[:4] = measurement(corners.ravel())
            track.predict()
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
        measured = self.measured[index]
        side, speed = measured[3] / 10, measured[3] / 16
        noise = np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed])
        mean = np.concatenate((measured, np.zeros(4)))
        track = Track(self.count, mean, np.diag(noise), self.frame, self.labels[index], detection=index)
        self.learn(track, index)
        return track


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


def crowd(seed: int, frames: int, looking: float) -> list[Instances]:
    """Objects of two classes that cross and hide among false detections; not every frame has embeddings."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 10))
    places = random.uniform(0, 250, (count, 2)) + np.cumsum(random.normal(0, 2, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    looks, labels = random.normal(0, 1, (count, 6)), random.integers(0, 2, count)
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = hidden == 0
        false = random.uniform(0, 250, (int(random.integers(0, 3)), 2))
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        which = np.concatenate((seen.nonzero()[0], random.integers(0, count, len(false))))
        seen_looks = looks[which] + random.normal(0, random.choice([0.1, 0.6]), (len(which), 6))
        seen_looks[random.random(len(which)) < 0.05] = 0
        given_looks = seen_looks.astype(np.float32) if random.random() < looking else None
        video.append(Instances(boxes, random.uniform(0.2, 1, len(boxes)), labels[which], embeddings=given_looks))
    return video


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
def test_it_is_the_plain_version(seed: int, looking: float, options: Any, moving: bool) -> None:
    camera = Shaking(seed) if moving else None
    ours, plain = DeepSort(**options, camera_motion=camera), PlainDeepSort(**options)
    for detections in crowd(seed, 40, looking):
        found = ours.update(None, detections)
        wanted: list[Any] = plain.update(detections, None if camera is None else camera.warp)
        order = np.argsort(found.ids)
        wanted.sort(key=lambda track: track.identity)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        boxes = np.array([track.box() for track in wanted]).reshape(-1, 4)
        assert found.boxes[order] == pytest.approx(boxes, abs=1e-2)
