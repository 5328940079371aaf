"""What plain versions of trackers by appearance share: a Kalman filter of matrices, a shaking camera, a crowd."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vtcore.instances import Instances

TRANSITION = np.eye(8) + np.eye(8, k=4)


class Body:
    """Centre, aspect ratio, height and their velocities, as matrices."""

    def __init__(self, measured: np.ndarray) -> None:
        side, speed = measured[3] / 10, measured[3] / 16
        self.mean = np.concatenate((measured, np.zeros(4)))
        self.covariance = np.diag(np.square([side, side, 1e-2, side, speed, speed, 1e-5, speed]))

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

    def box(self) -> np.ndarray:
        x, y, ratio, height = self.mean[:4]
        width = ratio * height
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])

    def carry(self, warp: np.ndarray) -> None:
        self.mean[:4] = measurement(carried(self.box(), warp))


def measurement(box: np.ndarray) -> np.ndarray:
    width, height = box[2:] - box[:2]
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def carried(box: np.ndarray, warp: np.ndarray) -> np.ndarray:
    moved: np.ndarray = (box.reshape(2, 2) @ warp[:, :2].T + warp[:, 2]).ravel()
    return moved


def iou(first: np.ndarray, second: np.ndarray) -> float:
    shared = np.prod(np.maximum(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0))
    return float(shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared))


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


def crowd(
    seed: int,
    frames: int,
    *,
    looking: float,
    area: float,
    classes: int = 2,
    flips: float = 0.0,
    zeros: float = 0.0,
    nothing: float = 0.0,
) -> list[Instances]:
    """Make objects that cross and hide one another among false detections.

    Args:
        seed: Of the random numbers.
        frames: How many.
        looking: Share of frames with embeddings.
        area: Side of the square that they start in.
        classes: How many there are.
        flips: Share of detections of a class at random.
        zeros: Share of embeddings that are 0.
        nothing: Share of frames without a detection.
    """
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    places = random.uniform(0, area, (count, 2)) + np.cumsum(random.normal(0, 2, (frames, count, 2)), 0)
    sides = random.uniform(20, 70, (count, 2))
    looks, labels = random.normal(0, 1, (count, 6)), random.integers(0, classes, count)
    hidden = np.zeros(count, int)
    video = []
    for frame in places:
        hidden = np.where(hidden > 0, hidden - 1, (random.random(count) < 0.08) * random.integers(1, 9, count))
        seen = (hidden == 0) & (random.random() >= nothing)
        false = random.uniform(0, area, (int(random.integers(0, 3)) if seen.any() else 0, 2))
        boxes = np.column_stack((frame, frame + sides * random.uniform(0.95, 1.05, (count, 2))))[seen]
        boxes = np.concatenate((boxes, np.column_stack((false, false + random.uniform(20, 70, false.shape)))))
        which = np.concatenate((seen.nonzero()[0], random.integers(0, count, len(false))))
        seen_looks = looks[which] + random.normal(0, random.choice([0.1, 0.6]), (len(which), 6))
        seen_looks[random.random(len(which)) < zeros] = 0
        kinds = np.where(random.random(len(which)) < flips, random.integers(0, classes, len(which)), labels[which])
        given = seen_looks.astype(np.float32) if random.random() < looking else None
        video.append(Instances(boxes, random.uniform(0.2, 1, len(boxes)), kinds, embeddings=given))
    return video


@pytest.fixture(scope="session")
def plain() -> SimpleNamespace:
    """Classes and functions that plain versions are made of."""
    return SimpleNamespace(Body=Body, Shaking=Shaking, measurement=measurement, carried=carried, iou=iou, crowd=crowd)
