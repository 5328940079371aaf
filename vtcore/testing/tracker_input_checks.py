"""Odd but legal inputs that every tracker of detections must take."""

from __future__ import annotations

import numpy as np

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.answers import expect_instances
from vtcore.testing.definitions import define
from vtcore.testing.drivers import driver_of
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.scenes import Scene, SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["many_detections", "no_detections", "odd_boxes", "one_detection"]


def _tracked(subject: Subject, found: list[Instances], what: str) -> list[Instances]:
    tracker = subject.make()
    sequence = SceneSequence(0, len(found))
    images = "image" in subject.needs()
    tracker.reset(sequence)
    answered = []
    for frame, detections in zip(sequence.frames(images=images), found, strict=True):
        try:
            tracks = tracker.update(frame, detections)
        except Exception as error:
            raise CheckFailure(
                f"update fails with {what}, in frame {frame.index}: {type(error).__name__}: {error}; every "
                "frame comes, "
                "also one without detections, and boxes may be anything that Instances takes"
            ) from error
        expect_instances(tracks, f"the answer to frame {frame.index} with {what}", ids=True)
        answered.append(tracks)
    return answered


@define("tracker")
def no_detections(subject: Subject) -> None:
    """Frames without detections are taken: the first ones, some between, and all of a sequence."""
    for tracks in _tracked(subject, [Instances.empty()] * 4, "no detections"):
        expect(len(tracks) == 0, f"{len(tracks)} tracks are answered where nothing was ever detected; answer none")
    scene = driver_of(subject).scene(subject)
    found = [each if index % 3 else Instances.empty() for index, each in enumerate(scene.detections)]
    _tracked(subject, found, "no detections in some frames")


@define("tracker")
def one_detection(subject: Subject) -> None:
    """A single detection is taken, once and in every frame."""
    one = Instances([[20, 20, 50, 70]], [0.9], [0], embeddings=np.full((1, 32), 0.2, np.float32))
    _tracked(subject, [one] * 6, "one detection")
    _tracked(subject, [Instances.empty(), one, *[Instances.empty()] * 4], "one detection in one frame")


@define("tracker")
def many_detections(subject: Subject) -> None:
    """Three hundred detections in a frame are taken."""
    draw = np.random.default_rng(0)
    corners = draw.uniform(0, 150, (300, 2))
    boxes = np.concatenate([corners, corners + draw.uniform(5, 40, (300, 2))], axis=1)
    looks = draw.normal(size=(300, 32)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    many = Instances(boxes, draw.uniform(0.1, 1, 300), draw.integers(0, 2, 300), embeddings=looks)
    _tracked(subject, [many, many, many[:7], many], "many detections")


@define("tracker")
def odd_boxes(subject: Subject) -> None:
    """Boxes without an area, beyond the picture, and twice the same are taken."""
    boxes = [[30, 30, 30, 60], [40, 40, 40, 40], [-80, -60, -10, -5], [150, 100, 400, 500], [20, 20, 50, 70]]
    looks = np.eye(6, 32, dtype=np.float32)
    odd = Instances([*boxes, boxes[-1]], np.full(6, 0.9), np.zeros(6, np.int64), embeddings=looks)
    _tracked(subject, [odd] * 4, "boxes of no area and beyond the picture")


@define("tracker")
def other_sequences(subject: Subject) -> None:
    """It can be reset without a sequence, and for one that knows neither size nor rate."""
    tracker = subject.make()
    scene = Scene.made(0, 4, images="image" in subject.needs())
    bare = SceneSequence(0, 4)
    bare.length = bare.width = bare.height = bare.frame_rate = None
    bare.classes = ()
    for what, sequence in (("no sequence", None), ("a sequence of unknown length, size, rate and classes", bare)):
        try:
            tracker.reset(sequence) if sequence is not None else tracker.reset()
            for frame, detections in zip(scene.frames, scene.detections, strict=True):
                plain = Frame(frame.index, frame.image, sequence=sequence)
                expect_instances(tracker.update(plain, detections), f"the answer after a reset with {what}", ids=True)
        except CheckFailure:
            raise
        except Exception as error:
            raise CheckFailure(
                f"with {what} it fails: {type(error).__name__}: {error}; reset(sequence=None) must do, and length, "
                "width, height and frame_rate of a sequence, time of a frame, may be None"
            ) from error
