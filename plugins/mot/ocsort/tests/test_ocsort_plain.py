"""OC-SORT against a plain version of it: one object per track, dictionaries of observations, matrices."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtcore.instances import Instances
from vtrack_plugin_ocsort import OcSort

TRANSITION = np.eye(7) + np.eye(7, k=4)
PROCESS = np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4])


def measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width * height, width / height])


def centre(box: np.ndarray) -> np.ndarray:
    middle: np.ndarray = (box[:2] + box[2:]) / 2
    return middle


@attrs.define(eq=False)
class Track:
    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    delta: int
    detection: int
    age: int = 0
    misses: int = 0
    streak: int = 0
    seen: dict[int, np.ndarray] = attrs.Factory(dict)
    direction: np.ndarray = attrs.Factory(lambda: np.zeros(2))
    frozen: tuple[np.ndarray, np.ndarray] | None = None

    def step(self) -> None:
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + PROCESS

    def predict(self) -> None:
        if self.mean[2] + self.mean[6] <= 0:
            self.mean[6] = 0
        self.step()
        self.age += 1
        if self.misses:
            self.streak = 0
        self.misses += 1

    def correct(self, measured: np.ndarray) -> None:
        total = self.covariance[:4, :4] + np.diag([1.0, 1, 10, 10])
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T

    def origin(self) -> np.ndarray | None:
        """Return the centre that a direction to this frame is measured from."""
        for back in range(self.delta, 0, -1):
            if self.age - back in self.seen:
                return centre(self.seen[self.age - back])
        return centre(self.seen[max(self.seen)]) if self.seen else None

    def last(self) -> np.ndarray:
        """Return the last observation; without any, what the original puts in its place."""
        return self.seen[max(self.seen)] if self.seen else np.full(4, -1.0)

    def miss(self) -> None:
        if self.misses == 1 and self.seen:
            self.frozen = self.mean.copy(), self.covariance.copy()

    def update(self, box: np.ndarray, detection: int) -> None:
        origin = self.origin()
        if origin is not None:
            way = centre(box) - origin
            self.direction = way / (np.linalg.norm(way) + 1e-6)
        if self.frozen is not None:
            self.walk(self.seen[max(self.seen)], box, self.age - max(self.seen))
        self.correct(measurement(box))
        self.seen[self.age] = box
        self.misses, self.streak, self.detection = 0, self.streak + 1, detection

    def walk(self, start: np.ndarray, end: np.ndarray, frames: int) -> None:
        assert self.frozen is not None
        self.mean, self.covariance = self.frozen
        self.frozen = None
        for frame in range(1, frames + 1):
            self.correct(measurement(start + (end - start) * frame / frames))
            if frame < frames:
                self.step()

    def box(self) -> np.ndarray:
        x, y, area, ratio = self.mean[:4]
        half = np.array([np.sqrt(area * ratio), area / np.sqrt(area * ratio)]) / 2
        return np.array([x - half[0], y - half[1], x + half[0], y + half[1]])


def iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


def diou(first: np.ndarray, second: np.ndarray) -> float:
    around = np.maximum(first[2:], second[2:]) - np.minimum(first[:2], second[:2])
    apart = np.sum((centre(first) - centre(second)) ** 2) / np.sum(around**2)
    return (iou(first, second) - float(apart) + 1) / 2


def giou(first: np.ndarray, second: np.ndarray) -> float:
    around = float(np.prod(np.maximum(first[2:], second[2:]) - np.minimum(first[:2], second[:2])))
    both = float(np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]))
    union = both / (1 + iou(first, second))
    return (iou(first, second) - (around - union) / around + 1) / 2


def ciou(first: np.ndarray, second: np.ndarray) -> float:
    slopes = [np.arctan((box[2] - box[0]) / (box[3] - box[1] + 1)) for box in (first, second)]
    shape = float(4 / np.pi**2 * (slopes[0] - slopes[1]) ** 2)
    weight = shape / (1 - iou(first, second) + shape)
    return diou(first, second) - weight * shape / 2


MEASURES = {"iou": iou, "giou": giou, "diou": diou, "ciou": ciou}


class PlainOcSort:
    def __init__(self, max_age: int, delta: int, measure: str, use_byte: bool) -> None:
        self.max_age, self.delta, self.measure, self.use_byte = max_age, delta, MEASURES[measure], use_byte
        self.tracks: list[Track] = []
        self.frame = self.count = 0
        self.tied = False

    def update(self, boxes: np.ndarray, scores: np.ndarray) -> list[Track]:
        self.frame += 1
        for track in self.tracks:
            track.predict()
        self.tracks = [track for track in self.tracks if track.mean[2] > 0]
        high = [index for index, score in enumerate(scores) if score > np.float32(0.6)]
        low = [index for index, score in enumerate(scores) if np.float32(0.1) < score < np.float32(0.6)]
        pairs = self.match_predicted(boxes, scores, high)
        left = [track for track in self.tracks if track not in [pair[0] for pair in pairs]]
        if self.use_byte:
            more = self.match_alike(left, [track.box() for track in left], low, boxes)
            pairs += more
            left = [track for track in left if track not in [pair[0] for pair in more]]
        unused = [index for index in high if index not in [pair[1] for pair in pairs]]
        pairs += self.match_alike(left, [track.last() for track in left], unused, boxes)
        for track, index in pairs:
            track.update(boxes[index], index)
        for track in self.tracks:
            if track not in [pair[0] for pair in pairs]:
                track.miss()
        self.begin(boxes, [index for index in high if index not in [pair[1] for pair in pairs]])
        self.tracks = [track for track in self.tracks if track.misses <= self.max_age]
        return [t for t in self.tracks if t.misses == 0 and (t.streak >= 3 or self.frame <= 3)]

    def begin(self, boxes: np.ndarray, indices: list[int]) -> None:
        for index in indices:
            self.count += 1
            mean = np.concatenate((measurement(boxes[index]), np.zeros(3)))
            covariance = np.diag([10.0, 10, 10, 10, 1e4, 1e4, 1e4])
            self.tracks.append(Track(self.count, mean, covariance, self.delta, index))

    def match_predicted(self, boxes: np.ndarray, scores: np.ndarray, high: list[int]) -> list[tuple[Track, int]]:
        if not self.tracks or not high:
            return []
        overlap = np.array([[iou(track.box(), boxes[index]) for index in high] for track in self.tracks])
        steady = np.zeros_like(overlap)
        for row, track in enumerate(self.tracks):
            origin = track.origin()
            for column, index in enumerate(high):
                if origin is not None:
                    way = centre(boxes[index]) - origin
                    cosine = np.clip(track.direction @ way / (np.linalg.norm(way) + 1e-6), -1, 1)
                    steady[row, column] = (np.pi / 2 - np.arccos(cosine)) / np.pi * 0.2 * scores[index]
        above = overlap > 0.3
        if above.any() and above.sum(0).max() == above.sum(1).max() == 1:
            pairs = zip(*(index.tolist() for index in above.nonzero()), strict=True)
        else:
            pairs = zip(*(index.tolist() for index in linear_sum_assignment(-overlap - steady)), strict=True)
        return [(self.tracks[row], high[column]) for row, column in pairs if overlap[row, column] >= 0.3]

    def match_alike(
        self, tracks: list[Track], theirs: list[np.ndarray], indices: list[int], boxes: np.ndarray
    ) -> list[tuple[Track, int]]:
        if not tracks or not indices:
            return []
        alike = np.array([[self.measure(box, boxes[index]) for index in indices] for box in theirs])
        if alike.max() <= 0.3:
            return []
        # Tracks without observation are all taken to be at one place: which of them is found is the solver's whim.
        self.tied |= sum(not track.seen and row.max() >= 0.3 for track, row in zip(tracks, alike, strict=True)) > 1
        pairs = zip(*(index.tolist() for index in linear_sum_assignment(-alike)), strict=True)
        return [(tracks[row], indices[column]) for row, column in pairs if alike[row, column] >= 0.3]


def crowd(seed: int, frames: int, speed: float) -> list[Instances]:
    """Objects that cross, hide one another for some frames, and leave false detections behind."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    way = random.normal(0, speed, (count, 2)) + np.cumsum(random.normal(0, speed / 3, (frames, count, 2)), 0)
    places = random.uniform(0, 250, (count, 2)) + np.cumsum(way, 0) / 3
    sides = random.uniform(20, 70, (count, 2))
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = hidden == 0
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        false = random.uniform(0, 250, (int(random.integers(0, 3)), 2))
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        video.append(Instances(boxes, random.uniform(0.05, 1, len(boxes)) ** 0.5))
    return video


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    max_age=st.integers(0, 8),
    delta=st.integers(1, 5),
    measure=st.sampled_from(list(MEASURES)),
    use_byte=st.booleans(),
    speed=st.sampled_from([0.5, 3.0]),
)
@example(seed=645, max_age=2, delta=1, measure="ciou", use_byte=False, speed=0.5)
def test_it_is_the_plain_version(
    seed: int, max_age: int, delta: int, measure: str, use_byte: bool, speed: float
) -> None:
    ours = OcSort(max_age=max_age, delta_t=delta, similarity=measure, use_byte=use_byte)
    plain = PlainOcSort(max_age, delta, measure, use_byte)
    for detections in crowd(seed, 40, speed):
        found = ours.update(None, detections)
        wanted: list[Any] = plain.update(detections.boxes.astype(np.float64), detections.scores)
        if plain.tied:
            break
        order = np.argsort(found.ids)
        wanted.sort(key=lambda track: track.identity)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        assert (found.boxes == detections.boxes[found.detection_index]).all()
