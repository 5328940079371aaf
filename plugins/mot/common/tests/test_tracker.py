"""The front door: every form in which detections may come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtrack_common_mot.tracker import BoxTracker


class Echo(BoxTracker):
    """Gives every detection a new identity."""

    def _start(self, sequence: Any) -> None:
        self.seen: list[tuple[int, Any, Instances]] = []

    def _advance(self, frame: Any, detections: Instances) -> Instances:
        self.seen.append((self._frame, frame, detections))
        ids = np.array(self._new_ids(len(detections)), np.int64)
        return detections.replace(ids=ids, detection_index=np.arange(len(detections)))


BOXES = [[0, 0, 10, 20], [5, 5, 9, 9]]


def test_instances_are_taken_as_they_are() -> None:
    tracker, detections, frame = Echo(), Instances(BOXES), Frame(0)
    assert tracker.update(frame, detections).ids.tolist() == [1, 2]
    assert tracker.seen[0][1] is frame
    assert tracker.seen[0][2] is detections


def test_arrays_need_no_frame() -> None:
    tracker = Echo()
    tracker.update(boxes=BOXES, scores=[0.5, 0.25], labels=[1, 0], embeddings=[[1, 2, 3], [4, 5, 6]])
    found = tracker.seen[0][2]
    assert found.scores.tolist() == [0.5, 0.25]
    assert found.labels.tolist() == [1, 0]
    assert found.embeddings.shape == (2, 3)
    assert tracker.update(boxes=[]).ids.tolist() == []
    assert [count for count, _, _ in tracker.seen] == [1, 2]


def test_supervision_detections_are_converted() -> None:
    supervision = pytest.importorskip("supervision")
    detections = supervision.Detections(
        xyxy=np.array(BOXES, float), confidence=np.array([0.5, 0.25]), class_id=np.array([2, 0])
    )
    tracker = Echo()
    tracker.update(None, detections)
    found = tracker.seen[0][2]
    assert found.boxes.tolist() == BOXES
    assert found.scores.tolist() == [0.5, 0.25]
    assert found.labels.tolist() == [2, 0]


def test_identities_start_anew_after_a_reset() -> None:
    tracker = Echo()
    tracker.update(boxes=BOXES)
    assert tracker.update(boxes=BOXES).ids.tolist() == [3, 4]
    tracker.reset()
    assert tracker.update(boxes=BOXES).ids.tolist() == [1, 2]
    assert tracker.seen[0][0] == 1


def test_two_trackers_share_no_identities() -> None:
    first, second = Echo(), Echo()
    first.update(boxes=BOXES)
    assert second.update(boxes=BOXES).ids.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"give detections=Instances\(...\) or boxes=...; a frame without any has boxes=\[\]"),
        ({"detections": Instances(BOXES), "boxes": BOXES}, "give either detections or boxes, not both"),
        ({"detections": Instances(BOXES), "scores": [1, 1]}, "scores, labels and embeddings go with boxes"),
        ({"detections": BOXES}, "must be Instances or supervision.Detections, got list"),
        ({"frame": Instances(BOXES)}, "takes the frame first: update\\(frame, detections\\), or update\\(detections="),
    ],
)
def test_wrong_calls_say_what_is_right(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Echo().update(**arguments)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[0, 0, np.nan, 5]], "boxes must be finite"),
        ([[0, 0, np.inf, 5]], "boxes must be finite"),
        ([[5, 0, 0, 5]], "x1 <= x2"),
        ([[0, 0, 5]], r"shape \(N, 4\)"),
    ],
)
def test_boxes_that_are_none_are_refused(boxes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Echo().update(boxes=boxes)


# --- Time ---------------------------------------------------------------------------------------------------------


class Watch(Echo):
    """Notes the time of every update, and which sequences came."""

    def __init__(self, **options: Any) -> None:
        self.started: list[Any] = []
        self.proceeded: list[Any] = []
        super().__init__(**options)

    def _start(self, sequence: Any) -> None:
        super()._start(sequence)
        self.started.append(sequence)
        self.times: list[tuple[int, int, float]] = []

    def _proceed(self, sequence: Any) -> None:
        self.proceeded.append(sequence)

    def _advance(self, frame: Any, detections: Instances) -> Instances:
        self.times.append((self._last_tick, self._tick, self._elapsed))
        return super()._advance(frame, detections)


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        yield from ()


def watched(frames: list[Frame | None], rate: float | None = 25.0, clock: str = "seconds") -> list[tuple[int, float]]:
    """The ticks, and the time before each, of a tracker that is shown the frames."""
    tracker = Watch(clock=clock)
    tracker.reset(Clip("clip", frame_rate=rate))
    for frame in frames:
        tracker.update(frame, boxes=[])
    assert [last for last, _, _ in tracker.times] == [0, *(tick for _, tick, _ in tracker.times[:-1])]
    return [(tick, pytest.approx(elapsed)) for _, tick, elapsed in tracker.times]


def test_by_the_clock_of_frames_every_update_is_one() -> None:
    frames = [Frame(0, time=0.0), Frame(7, time=3.0), None, Frame(3, time=3.0)]
    assert watched(frames, clock="frames") == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_by_the_clock_of_seconds_times_tell() -> None:
    # The fourth does not advance, the fifth goes back, the sixth is unknown, the last two come at half the distance.
    times = [8.0, 8.04, 8.2, 8.2, 8.0, float("nan"), 9.0, 9.02, 9.04]
    frames: list[Frame | None] = [Frame(index, time=time) for index, time in enumerate(times)]
    assert watched(frames) == [(1, 1), (2, 1), (6, 4), (7, 1), (8, 1), (9, 1), (10, 1), (11, 0.5), (12, 0.5)]


def test_without_times_indices_tell_and_without_either_nothing() -> None:
    assert watched([Frame(5), Frame(6), Frame(9), None, None, Frame(20)]) == [
        (1, 1),
        (2, 1),
        (5, 3),
        (6, 1),
        (7, 1),
        (8, 1),
    ]


def test_the_rate_is_the_sequences_or_thirty() -> None:
    half = [Frame(0, time=0.0), Frame(1, time=0.5)]
    assert watched([*half], rate=10.0)[1] == (6, 5)
    assert watched([*half], rate=None)[1] == (16, 15)
    # A camera tells its rate once it is open.
    camera = Clip("camera", frame_rate=8.0)
    assert watched([Frame(0, time=0.0, sequence=camera), Frame(1, time=0.5)], rate=None)[1] == (5, 4)


def test_a_clock_that_jumps_is_an_hour_late_at_most() -> None:
    assert watched([Frame(0, time=0.0), Frame(1, time=1.7e9)])[1] == (100_001, 1e5)


def test_a_tracker_that_persists_goes_on_and_forgets_when_told() -> None:
    one, two = Clip("one", frame_rate=25.0), Clip("two", frame_rate=25.0)
    tracker = Watch(persist=True, clock="seconds")
    tracker.reset(one)
    assert tracker.update(Frame(0, time=0.0), boxes=BOXES).ids.tolist() == [1, 2]
    tracker.reset(two)
    assert tracker.update(Frame(0, time=0.0), boxes=BOXES).ids.tolist() == [3, 4]
    assert [tick for _, tick, _ in tracker.times] == [1, 2]
    tracker.reset()
    assert tracker.update(boxes=BOXES).ids.tolist() == [1, 2]
    # Before the first frame there is nothing to go on from.
    assert tracker.started == [None, one, None]
    assert tracker.proceeded == [two]
