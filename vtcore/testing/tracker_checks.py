"""What a tracker of detections must answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.instances import Instances
from vtcore.testing.answers import expect_instances
from vtcore.testing.comparisons import difference
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.drivers import answers, driver_of
from vtcore.testing.failures import NotChecked, expect
from vtcore.testing.references import reference
from vtcore.testing.scenes import Scene
from vtcore.testing.subjects import Subject

__all__ = ["class_kept", "detection_index_right", "stable_types", "unique_ids"]


def _pairs(subject: Subject) -> tuple[Scene, list[Instances]]:
    found = reference(subject)
    return found.scene, found.answers


@define("tracker", TARGET_TRACKER)
def stable_types(subject: Subject) -> None:
    """Every answer has arrays of the same types and of one length, whatever there is to track."""
    _, answered = _pairs(subject)
    for number, tracks in enumerate(answered):
        expect_instances(tracks, f"the answer to frame {number}", ids=True)


@define("tracker", TARGET_TRACKER)
def unique_ids(subject: Subject) -> None:
    """No id stands twice in a frame, and none is negative."""
    _, answered = _pairs(subject)
    for number, tracks in enumerate(answered):
        ids = np.asarray([] if tracks.ids is None else tracks.ids)
        expect(
            len(np.unique(ids)) == len(ids),
            f"in frame {number} an id stands twice: {ids.tolist()}; ids are unique within a frame over all classes: "
            "count them in one counter of the instance, and answer each track once",
        )
        expect(
            not len(ids) or ids.min() >= 0, f"in frame {number} an id is negative: {ids.tolist()}; count from 0 or 1"
        )


@define("tracker")
def class_kept(subject: Subject) -> None:
    """A track has the class of the detections that it is made of."""
    scene, answered = _pairs(subject)
    for number, (tracks, detections) in enumerate(zip(answered, scene.detections, strict=True)):
        known = set(detections.labels.tolist()) | {0, 1}
        expect(
            set(np.asarray(tracks.labels).tolist()) <= known,
            f"in frame {number} it answers labels {np.asarray(tracks.labels).tolist()} that no detection has; answer "
            "labels=detections.labels[rows]",
        )
        index = _index_of(tracks)
        for row in np.flatnonzero(index >= 0):
            wanted, got = int(detections.labels[index[row]]), int(tracks.labels[row])
            expect(
                wanted == got,
                f"in frame {number} the track of a detection with label {wanted} has label {got}; match within a "
                "class, keep the class with the track, and answer it: labels=detections.labels[rows]",
            )


@define("tracker")
def detection_index_right(subject: Subject) -> None:
    """Each track says which row of the frame's detections it was matched to, -1 where to none."""
    scene, answered = _pairs(subject)
    way = "answer detection_index, int64 (N,): the row of `detections` that each track was matched to, -1 for none"
    seen, rows = 0, 0
    for number, (tracks, detections) in enumerate(zip(answered, scene.detections, strict=True)):
        rows += len(tracks)
        expect(len(tracks) == 0 or tracks.detection_index is not None, f"in frame {number} there is none; {way}")
        index = _index_of(tracks)
        matched = index[index >= 0]
        seen += len(matched)
        expect(
            not len(index) or (index.min() >= -1 and index.max() < max(len(detections), 1)),
            f"in frame {number} it is {index.tolist()}, with {len(detections)} detections; {way}",
        )
        expect(
            len(np.unique(matched)) == len(matched), f"in frame {number} a row stands twice: {index.tolist()}; {way}"
        )
        for row in np.flatnonzero(index >= 0):
            expect(
                _touch(tracks.boxes[row], detections.boxes[index[row]]),
                f"in frame {number} track {row} at {np.asarray(tracks.boxes[row]).tolist()} names detection "
                f"{index[row]} at {detections.boxes[index[row]].tolist()}, which it does not touch; {way}, counted in "
                "the detections as they were given, not among those that are left after a threshold",
            )
    expect(rows == 0 or seen, f"no track of any frame names a detection; {way}")
    expect(
        rows,
        "four objects that are found in nearly every frame gave no track in 12 frames; does it take `detections.boxes` "
        "as x1, y1, x2, y2 in pixels? If its thresholds are meant to be so high, give it options for this scene",
    )


@define("tracker")
def works_without_embeddings(subject: Subject) -> None:
    """It tracks where detections have no embeddings, whether it would use them or not."""
    driver = driver_of(subject)
    scene = Scene.made(0, images="image" in subject.needs(), embeddings=False)
    for number, tracks in enumerate(driver.steps(subject.make(), scene)):
        expect_instances(tracks, f"the answer to frame {number} without embeddings", ids=True)


@define("tracker")
def wants_embeddings_right(subject: Subject) -> None:
    """Where it says which embeddings it wants, that follows from the detections alone."""
    tracker = subject.make()
    if not hasattr(tracker, "wants_embeddings"):
        raise NotChecked("it has no wants_embeddings, so it gets them all")
    driver = driver_of(subject)
    scene = driver.scene(subject)
    before = [np.asarray(tracker.wants_embeddings(each)) for each in scene.detections]
    whole = answers(driver, tracker, scene)
    after = [np.asarray(tracker.wants_embeddings(each)) for each in scene.detections]
    for number, (wanted, again, found) in enumerate(zip(before, after, scene.detections, strict=True)):
        expect(
            wanted.dtype == bool and wanted.shape == (len(found),),
            f"of frame {number} it is {wanted.dtype} {wanted.shape}; answer bool (N,), one for each detection",
        )
        expect(
            (wanted == again).all(),
            f"of frame {number} it says otherwise after tracking; it is asked ahead, in another thread: let it follow "
            "from the detections and the options only",
        )
    thinned = driver.scene(subject)
    for number, (found, wanted) in enumerate(zip(thinned.detections, before, strict=True)):
        if found.embeddings is not None:
            thinned.detections[number] = found.replace(embeddings=found.embeddings * wanted[:, None])
    told = difference(whole, answers(driver, subject.make(), thinned), place="answer")
    expect(not told, f"it looks at embeddings that it does not want, which are zeros in a run ({told}); want them too")


def _index_of(tracks: Instances) -> Any:
    return np.full(len(tracks), -1) if tracks.detection_index is None else np.asarray(tracks.detection_index)


def _touch(first: Any, second: Any) -> bool:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    return bool((low <= high).all())
