"""What a tracker of targets must answer: see `vtcore.interfaces.TargetTracker`."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.drivers import driver_of
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.scenes import Scene
from vtcore.testing.subjects import Subject

__all__ = ["areas_refused", "nothing_started", "one_row_per_target", "restart_touches_one", "targets_stay"]

_ROW = "one row per target in the order of their first start, lost ones too: that decides what is written"


@define(TARGET_TRACKER)
def nothing_started(subject: Subject) -> None:
    """Before a target is started it answers no rows, with ids of length 0."""
    scene = Scene.made(0, 2)
    tracker = subject.make()
    tracker.reset(scene.sequence)
    for frame in scene.frames:
        tracks = tracker.update(frame, Instances.empty())
        right = len(tracks) == 0 and tracks.ids is not None
        expect(right, "update answers something before any start; answer no rows, ids=np.zeros(0, np.int64)")


@define(TARGET_TRACKER)
def one_row_per_target(subject: Subject) -> None:
    """Each frame has one row per target, with the id and label it was started with, in the order of the starts."""
    scene = driver_of(subject).scene(subject)
    started: dict[int, int] = {}
    for number, tracks in enumerate(driver_of(subject).steps(subject.make(), scene)):
        ids, labels = _ids(tracks), np.asarray(tracks.labels).tolist()
        expect(ids == list(started), f"in frame {number} it answers targets {ids}, not {list(started)}; answer {_ROW}")
        wanted = list(started.values())
        expect(labels == wanted, f"in frame {number} labels are {labels}, not those of the starts, {wanted}")
        index = tracks.detection_index
        expect(
            not ids or (index is not None and (np.asarray(index) == -1).all()),
            f"in frame {number} detection_index is {index}; answer -1 for each: there are no detections",
        )
        targets = scene.targets.get(number, Instances.empty())
        for name, label in zip(_ids(targets), targets.labels.tolist(), strict=True):
            started.setdefault(name, label)


@define(TARGET_TRACKER)
def restart_touches_one(subject: Subject) -> None:
    """A target that is started anew goes on from the new box; all others are left as they were."""
    scene = Scene.made(0, 6)
    runs = []
    for anew in (False, True):
        tracker = subject.make()
        tracker.reset(scene.sequence)
        tracks = Instances.empty()
        for frame in scene.frames:
            tracks = tracker.update(frame, Instances.empty())
            if frame.index == 1:
                tracker.start(frame, scene.targets[1])
            if anew and frame.index == 4:
                box = scene.sequence.objects(4).boxes[[2]]
                ltwh = np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], axis=1)
                tracker.start(frame, Instances.from_ltwh(ltwh, ids=[7], labels=[0]))
        runs.append(tracks)
    plain, anew_tracks = runs
    expect(_ids(anew_tracks) == [7, 3], f"after a new start of 7 it answers {_ids(anew_tracks)}, not [7, 3]; {_ROW}")
    told = difference(plain_copy(plain[[1]]), plain_copy(anew_tracks[[1]]), tolerance=1e-4)
    expect(not told, f"a new start of one target changed another ({told}); keep what is learnt of each target apart")
    box, aim = anew_tracks.boxes[0], scene.sequence.objects(5).boxes[2]
    # How near it must be nobody can say who does not know what the tracker has learnt: nearer than without a new start.
    expect(
        abs(box - aim).max() < abs(plain.boxes[0] - aim).max(),
        f"started anew at {aim.tolist()}, the target is answered at {box.tolist()} in the next frame; a known id is "
        "started from the new box",
    )


@define(TARGET_TRACKER)
def targets_stay(subject: Subject) -> None:
    """A target that is lost, or at the border of the picture, is still answered."""
    scene = Scene.made(0, 6)
    tracker = subject.make()
    tracker.reset(scene.sequence)
    first = scene.frames[0]
    tracker.update(first, Instances.empty())
    tracker.start(first, Instances.from_ltwh([[-10, -8, 40, 50], [150, 120, 60, 70]], ids=[4, 9], labels=[0, 1]))
    for frame in scene.frames[1:]:
        assert frame.image is not None  # the scene has images
        black = Frame(frame.index, np.zeros_like(frame.image), time=frame.time, sequence=frame.sequence)
        try:
            tracks = tracker.update(black if frame.index % 2 else frame, Instances.empty())
        except Exception as error:
            raise CheckFailure(
                f"update fails on a black frame, with targets across the border: {type(error).__name__}: {error}; a "
                "target that is lost is answered where it was last"
            ) from error
        expect(_ids(tracks) == [4, 9], f"in a black frame it answers {_ids(tracks)}, not [4, 9]; answer {_ROW}")


@define(TARGET_TRACKER)
def areas_refused(subject: Subject) -> None:
    """A box without an area is refused with a DataError, and the targets stay as they are."""
    scene = Scene.made(0, 3)
    tracker = subject.make()
    tracker.reset(scene.sequence)
    tracker.update(scene.frames[0], Instances.empty())
    flat = Instances.from_ltwh([[20, 20, 0, 30]], ids=[1], labels=[0])
    try:
        tracker.start(scene.frames[0], flat)
    except DataError:
        return
    except Exception as error:
        told = f"with {type(error).__name__}: {error}"
        raise CheckFailure(f"a box without an area is refused {told}; raise vtcore.errors.DataError") from error
    raise CheckFailure("a target is started from a box without an area; raise vtcore.errors.DataError, naming the box")


def _ids(tracks: Any) -> list[int]:
    return [] if tracks.ids is None else [int(name) for name in tracks.ids]
