"""The front door: every form in which detections may come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame
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
