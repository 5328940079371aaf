"""ByteTrack against a plain version of it: one object per track, lists, matrices, the extended assignment matrix."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtcore.instances import Instances
from vtrack_plugin_bytetrack import ByteTrack

TRANSITION = np.eye(8) + np.eye(8, k=4)


@attrs.define(eq=False)
class Track:
    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    start: int
    last: int
    confirmed: bool
    state: str = "seen"
    detection: int = -1

    def predict(self) -> None:
        if self.state != "seen":
            self.mean[7] = 0
        height = self.mean[3]
        side, speed = height / 20, height / 160
        noise = np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed])
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + np.diag(noise)

    def update(self, measured: np.ndarray, frame: int, detection: int) -> None:
        side = self.mean[3] / 20
        total = self.covariance[:4, :4] + np.diag(np.square([side, side, 1e-1, side]))
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T
        self.state, self.confirmed, self.last, self.detection = "seen", True, frame, detection

    def box(self) -> np.ndarray:
        x, y, ratio, height = self.mean[:4]
        width = ratio * height
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]) + 1, 0))
    return float(shared / (np.prod(first[2:] - first[:2] + 1) + np.prod(second[2:] - second[:2] + 1) - shared))


def assign(cost: np.ndarray, limit: float) -> list[tuple[int, int]]:
    rows, columns = cost.shape
    whole = np.full((rows + columns, rows + columns), limit / 2)
    whole[rows:, columns:] = 0
    whole[:rows, :columns] = cost
    return [(int(r), int(c)) for r, c in zip(*linear_sum_assignment(whole), strict=True) if r < rows and c < columns]


class PlainByteTrack:
    def __init__(self, track_buffer: int = 30, fuse_score: bool = True) -> None:
        self.buffer, self.fuse = track_buffer, fuse_score
        self.present: list[Track] = []
        self.lost: list[Track] = []
        self.ended: set[int] = set()
        self.frame = self.count = 0

    def match(self, tracks: list[Track], wanted: list[int], limit: float, fuse: bool) -> tuple[list[Track], list[int]]:
        """Update the tracks that get a detection; return the tracks and detections that are left."""
        cost = np.ones((len(tracks), len(wanted)))
        for row, track in enumerate(tracks):
            for column, found in enumerate(wanted):
                overlap = iou(track.box(), self.boxes[found])
                cost[row, column] = 1 - overlap * (self.scores[found] if fuse else 1)
        pairs = assign(cost, limit)
        for row, column in pairs:
            tracks[row].update(measurement(self.boxes[wanted[column]]), self.frame, wanted[column])
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [track for row, track in enumerate(tracks) if row not in rows],
            [found for column, found in enumerate(wanted) if column not in columns],
        )

    def update(self, boxes: np.ndarray, scores: np.ndarray) -> list[Track]:
        self.frame += 1
        self.boxes, self.scores = boxes.astype(np.float64), scores
        high = [index for index, score in enumerate(scores) if score > np.float32(0.6)]
        low = [index for index, score in enumerate(scores) if np.float32(0.1) < score < np.float32(0.6)]
        waiting = [track for track in self.present if not track.confirmed]
        pool = [track for track in self.present if track.confirmed] + self.lost
        for track in pool:
            track.predict()
        left, high = self.match(pool, high, 0.9, self.fuse)
        left, _ = self.match([track for track in left if track.state == "seen"], low, 0.5, False)
        newly_lost = left
        dropped, high = self.match(waiting, high, 0.7, self.fuse)
        for track in newly_lost:
            track.state = "lost"
        present = [track for track in self.present if track.state == "seen" and track not in dropped]
        present += [self.born(index) for index in high if scores[index] >= np.float32(0.7)]
        present += [track for track in self.lost if track.state == "seen"]
        overdue = [track for track in self.lost if track.state == "lost" and self.frame - track.last > self.buffer]
        lost = [track for track in self.lost if track.state == "lost"] + newly_lost
        self.lost = [track for track in lost if track.identity not in self.ended]
        self.ended |= {track.identity for track in overdue}
        self.present = present
        self.drop_twins()
        return [track for track in self.present if track.confirmed]

    def born(self, index: int) -> Track:
        self.count += 1
        measured = measurement(self.boxes[index])
        side, speed = measured[3] / 10, measured[3] / 16
        noise = np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed])
        mean = np.concatenate((measured, np.zeros(4)))
        return Track(self.count, mean, np.diag(noise), self.frame, self.frame, self.frame == 1, detection=index)

    def drop_twins(self) -> None:
        here, gone = set(), set()
        for track in self.present:
            for other in self.lost:
                if 1 - iou(track.box(), other.box()) < 0.15:
                    (gone if track.last - track.start > other.last - other.start else here).add(
                        other if track.last - track.start > other.last - other.start else track
                    )
        self.present = [track for track in self.present if track not in here]
        self.lost = [track for track in self.lost if track not in gone]


def crowd(seed: int, frames: int, speed: float) -> list[Instances]:
    """Objects that cross, hide one another for some frames, and leave false detections behind."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    places = random.uniform(0, 250, (count, 2)) + np.cumsum(random.normal(0, speed, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = hidden == 0
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        false = random.uniform(0, 250, (int(random.integers(0, 3)), 2))
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        video.append(Instances(boxes, random.uniform(0.02, 1, len(boxes))))
    return video


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), buffer=st.integers(0, 6), fuse=st.booleans(), speed=st.sampled_from([0.5, 3.0]))
def test_it_is_the_plain_version(seed: int, buffer: int, fuse: bool, speed: float) -> None:
    ours, plain = ByteTrack(track_buffer=buffer, fuse_score=fuse), PlainByteTrack(buffer, fuse)
    for detections in crowd(seed, 40, speed):
        found = ours.update(None, detections)
        wanted: list[Any] = plain.update(detections.boxes, detections.scores)
        order = np.argsort(found.ids)
        wanted.sort(key=lambda track: track.identity)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        boxes = np.array([track.box() for track in wanted]).reshape(-1, 4)
        assert found.boxes[order] == pytest.approx(boxes, abs=1e-3)
