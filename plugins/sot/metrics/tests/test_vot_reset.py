"""The supervised protocol, driving a tracker that does as it is told."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import TargetProtocol, TargetTracker
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics import Vot, VotReset


class Walk(Sequence):
    def __init__(self, table, length):
        super().__init__("walk", length=length, width=400, height=200)
        self._table = table

    def frames(self, *, images=True):
        return (Frame(index, sequence=self) for index in range(self.length))

    def annotations(self):
        return self._table


class Scripted:
    """Stays where it was started, but for frames in which a target is told to be lost."""

    def __init__(self, lost):
        self.lost = lost
        self.started = []
        self.updated = []
        self._boxes = {}

    def reset(self, sequence=None):
        self._boxes = {}

    def start(self, frame, targets):
        self.started.append((frame.index, targets.ids.tolist()))
        self._boxes |= dict(zip(targets.ids.tolist(), targets.boxes, strict=True))

    def update(self, frame, detections):
        self.updated.append(frame.index)
        boxes = [box + (300 if (frame.index, number) in self.lost else 0) for number, box in self._boxes.items()]
        return Instances(np.reshape(boxes, (-1, 4)), ids=list(self._boxes))


def run(protocol, tracker, sequence):
    protocol.reset(sequence)
    tracker.reset(sequence)
    return [protocol.step(tracker, frame) for frame in sequence.frames()]


def still(length, ids=(0,), **columns):
    boxes = [[20 + 100 * number, 30, 40, 20] for number in ids] * length
    return TrackTable(np.repeat(np.arange(length), len(ids)), boxes, ids=list(ids) * length, **columns)


def test_is_a_protocol():
    assert isinstance(VotReset(), TargetProtocol)
    assert isinstance(Scripted(set()), TargetTracker)


def test_starts_again_five_frames_after_a_failure():
    tracker = Scripted({(3, 0), (9, 0)})
    answers = run(VotReset(), tracker, Walk(still(16), 16))
    assert tracker.started == [(0, [0]), (8, [0]), (14, [0])]
    assert [len(answer) for answer in answers] == [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1]
    # Nobody is asked while nothing runs.
    assert tracker.updated == [1, 2, 3, 9, 15]
    assert answers[0].scores.tolist() == [1]
    assert answers[8].boxes.tolist() == [[20, 30, 60, 50]]


def test_what_is_written_tells_the_score_how_it_went():
    truth = still(16)
    answers = run(VotReset(), Scripted({(3, 0), (9, 0)}), Walk(truth, 16))
    rows = [(index, box) for index, answer in enumerate(answers) for box in answer.boxes.tolist()]
    results = TrackTable([i for i, _ in rows], [[a, b, c - a, d - b] for _, (a, b, c, d) in rows], ids=[0] * len(rows))
    sequence = EvaluatedSequence("walk", 16, (), truth, results, width=400, height=200)
    table = Vot(burn_in=1).report({"walk": Vot().evaluate(sequence)}, ())["COMBINED"]
    assert (table["Failures"], table["Accuracy"]) == (2, 1)


def test_skip():
    tracker = Scripted({(2, 0)})
    run(VotReset(skip=1), tracker, Walk(still(6), 6))
    assert tracker.started == [(0, [0]), (3, [0])]


def test_targets_fail_each_for_itself():
    tracker = Scripted({(2, 1)})
    answers = run(VotReset(), tracker, Walk(still(9, ids=(0, 1)), 9))
    assert tracker.started == [(0, [0, 1]), (7, [1])]
    assert [answer.ids.tolist() for answer in answers] == [[0, 1]] * 2 + [[0]] * 5 + [[0, 1]] * 2


def test_a_start_waits_for_a_visible_annotation():
    visibility = np.ones(12)
    visibility[:2] = 0
    visibility[7:9] = 0
    tracker = Scripted({(3, 0)})
    run(VotReset(), tracker, Walk(still(12, visibility=visibility), 12))
    assert tracker.started == [(2, [0]), (9, [0])]


def test_a_frame_without_annotation_is_no_failure():
    table = still(8).select(np.arange(8) != 4)
    tracker = Scripted({(4, 0)})
    answers = run(VotReset(), tracker, Walk(table, 8))
    assert tracker.started == [(0, [0])]
    assert [len(answer) for answer in answers] == [1] * 8


def test_outside_the_picture_nothing_is_met():
    # Both boxes lie right of the picture, which is 400 pixels wide.
    boxes = [[20, 30, 40, 20]] + [[450, 30, 40, 20]] * 3
    sequence = Walk(TrackTable(range(4), boxes, ids=[0] * 4), 4)
    tracker = Scripted(set())
    tracker.update = lambda frame, detections: Instances([[450, 30, 490, 50]], ids=[0])
    assert [len(answer) for answer in run(VotReset(), tracker, sequence)] == [1, 0, 0, 0]


def test_rotated_annotation():
    diamond = [40, 10, 70, 40, 40, 70, 10, 40]
    table = TrackTable([0, 1], [[10, 10, 60, 60]] * 2, ids=[0, 0], polygons=[diamond] * 2)
    for rule, box in (("enclosing", [10, 10, 70, 70]), ("equal-area", None)):
        answer = run(VotReset(polygon_box=rule), Scripted(set()), Walk(table, 2))[0]
        if box is None:
            assert np.diff(answer.boxes[0, ::2])[0] == pytest.approx(60 / np.sqrt(2), rel=1e-6)
        else:
            assert answer.boxes[0].tolist() == box


def test_no_annotation():
    with pytest.raises(DataError, match="'walk' has no annotations to tell its targets"):
        VotReset().reset(Walk(None, 3))
    with pytest.raises(DataError, match="'walk' has no annotation that a target can be started from"):
        VotReset().reset(Walk(TrackTable.empty(), 3))


def test_out_of_bounds():
    with pytest.raises(ValueError, match="skip: must be >= 1, got 0"):
        VotReset(skip=0)
