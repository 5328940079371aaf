"""BoT-SORT against a plain version: one object per track, lists, whole matrices, the extended assignment matrix."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from vtcore.instances import Instances
from vtrack_plugin_botsort import BotSort

TRANSITION = np.eye(8) + np.eye(8, k=4)


@attrs.define(eq=False)
class Track:
    identity: int
    mean: np.ndarray
    covariance: np.ndarray
    start: int
    last: int
    confirmed: bool
    look: np.ndarray | None
    state: str = "seen"
    detection: int = -1

    def predict(self) -> None:
        if self.state != "seen":
            self.mean[6:] = 0
        noise = np.diag(np.square(np.concatenate((np.tile(self.mean[2:4] / 20, 2), np.tile(self.mean[2:4] / 160, 2)))))
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + noise

    def warp(self, warp: np.ndarray) -> None:
        turn = np.kron(np.eye(4), warp[:, :2])
        self.mean = turn @ self.mean
        self.mean[:2] += warp[:, 2]
        self.covariance = turn @ self.covariance @ turn.T

    def update(self, measured: np.ndarray, frame: int, detection: int, look: np.ndarray | None) -> None:
        total = self.covariance[:4, :4] + np.diag(np.square(np.tile(self.mean[2:4] / 20, 2)))
        gain = self.covariance[:, :4] @ np.linalg.inv(total)
        self.mean = self.mean + gain @ (measured - self.mean[:4])
        self.covariance = self.covariance - gain @ total @ gain.T
        self.state, self.confirmed, self.last, self.detection = "seen", True, frame, detection
        if look is not None:
            mixed = look if self.look is None else 0.9 * self.look + 0.1 * look
            self.look = mixed / np.linalg.norm(mixed)

    def box(self) -> np.ndarray:
        x, y, width, height = self.mean[:4]
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def measurement(box: np.ndarray) -> np.ndarray:
    return np.array([*(box[:2] + box[2:]) / 2, *box[2:] - box[:2]])


def assign(cost: np.ndarray, limit: float) -> list[tuple[int, int]]:
    rows, columns = cost.shape
    whole = np.full((rows + columns, rows + columns), limit / 2)
    whole[rows:, columns:] = 0
    whole[:rows, :columns] = cost
    return [(int(r), int(c)) for r, c in zip(*linear_sum_assignment(whole), strict=True) if r < rows and c < columns]


class PlainBotSort:
    def __init__(self, buffer: int, fuse: bool, report: bool, pixel: int) -> None:
        self.buffer, self.fuse, self.report, self.pixel = buffer, fuse, report, pixel
        self.present: list[Track] = []
        self.lost: list[Track] = []
        self.ended: set[int] = set()
        self.frame = self.count = 0

    def iou(self, first: np.ndarray, second: np.ndarray) -> float:
        corners = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
        shared = np.prod(np.maximum(corners[1] - corners[0] + self.pixel, 0))
        areas = [np.prod(box[2:] - box[:2] + self.pixel) for box in (first, second)]
        return float(shared / (sum(areas) - shared))

    def cost(self, track: Track, found: int, sure: bool) -> float:
        overlap = self.iou(track.box(), self.boxes[found])
        if not sure:
            return 1 - overlap
        cost = 1 - overlap * (self.scores[found] if self.fuse else 1)
        look = self.looks[found]
        if track.look is None or look is None or 1 - overlap > 0.5:
            return cost
        apart = max(0.0, 1 - float(track.look @ look)) / 2
        return min(cost, apart) if apart <= 0.25 else cost

    def match(self, tracks: list[Track], wanted: list[int], limit: float, sure: bool) -> tuple[list[Track], list[int]]:
        """Update the tracks that get a detection; return the tracks and detections that are left."""
        cost = np.ones((len(tracks), len(wanted)))
        for row, track in enumerate(tracks):
            for column, found in enumerate(wanted):
                cost[row, column] = self.cost(track, found, sure)
        pairs = assign(cost, limit)
        for row, column in pairs:
            found = wanted[column]
            look = self.looks[found] if sure else None
            tracks[row].update(measurement(self.boxes[found]), self.frame, found, look)
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [track for row, track in enumerate(tracks) if row not in rows],
            [found for column, found in enumerate(wanted) if column not in columns],
        )

    def update(self, detections: Instances, warp: np.ndarray) -> list[Track]:
        self.frame += 1
        self.boxes, self.scores = detections.boxes.astype(np.float64), detections.scores
        looks = detections.embeddings
        self.looks: Any = [None] * len(detections) if looks is None else [a / np.linalg.norm(a) for a in looks]
        high = [index for index, score in enumerate(self.scores) if score > np.float32(0.6)]
        low = [index for index, score in enumerate(self.scores) if np.float32(0.1) < score < np.float32(0.6)]
        waiting = [track for track in self.present if not track.confirmed]
        pool = [track for track in self.present if track.confirmed] + self.lost
        for track in pool:
            track.predict()
        for track in pool + waiting:
            track.warp(warp)
        left, high = self.match(pool, high, 0.8, True)
        newly_lost, _ = self.match([track for track in left if track.state == "seen"], low, 0.5, False)
        dropped, high = self.match(waiting, high, 0.7, True)
        for track in newly_lost:
            track.state = "lost"
        present = [track for track in self.present if track.state == "seen" and track not in dropped]
        present += [self.born(index) for index in high if self.scores[index] >= np.float32(0.7)]
        present += [track for track in self.lost if track.state == "seen"]
        overdue = [track for track in self.lost if track.state == "lost" and self.frame - track.last > self.buffer]
        lost = [track for track in self.lost if track.state == "lost"] + newly_lost
        self.lost = [track for track in lost if track.identity not in self.ended]
        self.ended |= {track.identity for track in overdue}
        self.present = present
        self.drop_twins()
        return [track for track in self.present if track.confirmed or self.report]

    def born(self, index: int) -> Track:
        self.count += 1
        measured = measurement(self.boxes[index])
        noise = np.square(np.concatenate((np.tile(measured[2:] / 10, 2), np.tile(measured[2:] / 16, 2))))
        mean = np.concatenate((measured, np.zeros(4)))
        first = self.frame == 1
        look = self.looks[index]
        return Track(self.count, mean, np.diag(noise), self.frame, self.frame, first, look, detection=index)

    def drop_twins(self) -> None:
        here, gone = set(), set()
        for track in self.present:
            for other in self.lost:
                if 1 - self.iou(track.box(), other.box()) < 0.15:
                    older = track.last - track.start > other.last - other.start
                    (gone if older else here).add(other if older else track)
        self.present = [track for track in self.present if track not in here]
        self.lost = [track for track in self.lost if track not in gone]


class ScriptedCamera:
    """Gives the warps it is told."""

    def __init__(self) -> None:
        self.warp = np.eye(2, 3)

    def proceed(self, sequence: Any) -> None:
        """Go on."""

    def reset(self, sequence: Any = None) -> None:
        """Nothing to forget."""

    def estimate(self, frame: Any, detections: Any = None) -> np.ndarray:
        return self.warp


def crowd(seed: int, frames: int, speed: float, looks: bool) -> list[Instances]:
    """Objects that cross, hide one another for some frames, and leave false detections behind; each with its look."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    places = random.uniform(0, 250, (count, 2)) + np.cumsum(random.normal(0, speed, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    faces = random.normal(0, 1, (count, 6))
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = hidden == 0
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        false = random.uniform(0, 250, (int(random.integers(0, 3)), 2))
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        embeddings = np.concatenate(
            ((faces + random.normal(0, 0.3, faces.shape))[seen], random.normal(0, 1, (len(false), 6)))
        )
        scores = random.uniform(0.02, 1, len(boxes))
        # Some frames come without embeddings.
        given_looks = embeddings if looks and random.random() < 0.9 else None
        video.append(Instances(boxes, scores, embeddings=given_looks))
    return video


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    buffer=st.integers(0, 6),
    fuse=st.booleans(),
    speed=st.sampled_from([0.5, 3.0]),
    looks=st.booleans(),
    moving=st.booleans(),
    published=st.booleans(),
)
def test_it_is_the_plain_version(
    seed: int, buffer: int, fuse: bool, speed: float, looks: bool, moving: bool, published: bool
) -> None:
    random = np.random.default_rng(seed)
    camera = ScriptedCamera()
    ours = BotSort(
        track_buffer=buffer,
        fuse_score=fuse,
        camera_motion=camera if moving else None,
        report_unconfirmed=published,
        inclusive_overlap=published,
    )
    plain = PlainBotSort(buffer, fuse, published, int(published))
    for detections in crowd(seed, 40, speed, looks):
        if moving:
            turn = np.eye(2) + random.normal(0, 0.01, (2, 2))
            camera.warp = np.column_stack((turn, random.normal(0, 3, 2)))
        found = ours.update(None, detections)
        wanted: list[Any] = plain.update(detections, camera.warp)
        order = np.argsort(found.ids)
        wanted.sort(key=lambda track: track.identity)
        assert found.ids[order].tolist() == [track.identity for track in wanted]
        assert found.detection_index[order].tolist() == [track.detection for track in wanted]
        boxes = np.array([track.box() for track in wanted]).reshape(-1, 4)
        assert found.boxes[order] == pytest.approx(boxes, abs=1e-3)
