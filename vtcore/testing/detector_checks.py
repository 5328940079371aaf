"""What a detector must answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.frames import Frame
from vtcore.testing.answers import expect_instances
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import define
from vtcore.testing.drivers import driver_of
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.scenes import Scene, SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["batches_answered", "blank_pictures", "classes_named", "detect_each_same", "detections_typed"]

_SHARES = 1.5
"""Pixels that something reaches to if boxes are in pixels."""


@define("detector")
def classes_named(subject: Subject) -> None:
    """`classes` is a tuple of names, `batch_size` a number of frames."""
    detector = subject.make()
    detector.reset(SceneSequence())
    classes, size = detector.classes, detector.batch_size
    right = isinstance(classes, tuple) and all(isinstance(name, str) for name in classes)
    expect(right, f"classes is {classes!r}; give a tuple of texts, empty where labels index the sequence's own")
    expect(len(set(classes)) == len(classes), f"a name stands twice in classes: {classes}")
    expect(isinstance(size, int) and size >= 1, f"batch_size is {size!r}; give an integer, 1 where order matters")


@define("detector")
def detections_typed(subject: Subject) -> None:
    """Each frame of a batch has its instances, of the right types, with labels that index its classes."""
    driver = driver_of(subject)
    detector = subject.make()
    scene = driver.scene(subject)
    count = 0
    for batch in driver.steps(detector, scene):
        for found in batch:
            expect_instances(found, f"what it finds in frame {count}")
            expect(
                not len(found) or found.boxes.max() > _SHARES,
                f"all boxes in frame {count}, of {scene.sequence.width} x {scene.sequence.height} pixels, lie within "
                f"{found.boxes.max(initial=0):.2f} of its corner: they are in pixels of the frame, not in shares of it",
            )
            classes = detector.classes or scene.sequence.classes
            expect(
                not len(found) or int(found.labels.max()) < len(classes),
                f"in frame {count} there is label {found.labels.max() if len(found) else 0}, of {len(classes)} "
                "classes; "
                "labels count from 0",
            )
            count += 1
    expect(
        count == len(scene.frames),
        f"{count} answers for {len(scene.frames)} frames; answer one Instances per frame, Instances.empty() for "
        "nothing",
    )


@define("detector")
def batches_answered(subject: Subject) -> None:
    """No frames give no answers, and a last batch may be smaller than the others."""
    detector = subject.make()
    scene = driver_of(subject).scene(subject)
    detector.reset(scene.sequence)
    expect(len(list(detector.detect([]))) == 0, "detect([]) answers something; answer an empty list")
    detector.reset(scene.sequence)
    some = scene.frames[: max(1, detector.batch_size - 1)]
    expect(
        len(list(detector.detect(some))) == len(some), "a batch smaller than batch_size gets another number of answers"
    )
    if detector.batch_size > 1:
        _expect_own_answers(detector, scene)


def _expect_own_answers(detector: Any, scene: Scene) -> None:
    """Go on unless frames of a batch get the answers of one another."""
    first, last = scene.frames[0], scene.frames[-1]
    if last.image is not None:
        last = Frame(last.index, np.zeros_like(last.image), time=last.time, sequence=scene.sequence)
    pair = [first, last]
    alone = []
    for frame in pair:
        detector.reset(scene.sequence)
        alone.append(plain_copy(next(iter(detector.detect([frame])))))
    detector.reset(scene.sequence)
    together = [plain_copy(each) for each in detector.detect(pair)]
    for index in (0, 1):
        swapped = not difference(together[index], alone[1 - index]) and difference(together[index], alone[index])
        expect(
            not swapped, f"frame {index} of a batch gets the answer of another one; answer the frames in their order"
        )


@define("detector")
def blank_pictures(subject: Subject) -> None:
    """A black picture, and one of another size, are taken."""
    if "image" not in subject.needs():
        raise NotChecked("it does not look at pixels")
    detector = subject.make()
    for height, width in ((160, 192), (97, 131), (48, 320)):
        sequence = SceneSequence()
        sequence.width, sequence.height = width, height
        frames = [
            Frame(index, np.zeros((height, width, 3), np.uint8), time=index / 25, sequence=sequence) for index in (0, 1)
        ]
        try:
            detector.reset(sequence)
            for frame in frames:
                for found in detector.detect([frame]):
                    expect_instances(found, f"what it finds in a black picture of {width} x {height}")
        except CheckFailure:
            raise
        except Exception as error:
            raise CheckFailure(
                f"it fails on a black picture of {width} x {height}: {type(error).__name__}: {error}; take pictures of "
                "any size, and answer Instances.empty() where nothing is found"
            ) from error


@define("detector")
def detect_each_same(subject: Subject) -> None:
    """Where there is a `detect_each`, it answers as `detect` does."""
    detector = subject.make()
    if not hasattr(detector, "detect_each"):
        raise NotChecked("it has no detect_each, so batches come one after the other")
    scene = Scene.made(0, 4, images="image" in subject.needs())
    detector.reset(scene.sequence)
    batches = [scene.frames[:2], scene.frames[2:3], scene.frames[3:]]
    plain = [plain_copy(list(detector.detect(batch))) for batch in batches]
    detector.reset(scene.sequence)
    each = [plain_copy(list(found)) for found in detector.detect_each(iter(batches))]
    told = difference(plain, each, tolerance=1e-4, place="batch")
    expect(
        not told, f"detect_each answers otherwise than detect ({told}); yield what detect returns, in the same order"
    )
