"""What is said where nothing matches."""

from __future__ import annotations

import re

import numpy as np
import pytest

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import IGNORED, TrackTable
from vtrack_plugin_mot_metrics import Clear, Hota

LENGTH = 120


@pytest.fixture
def walkers():
    """Annotations of people crossing a full HD picture quickly, and the same boxes a little shaken."""
    draw = np.random.default_rng(4)
    frames, ids, boxes = [], [], []
    for person in range(15):
        at, step = draw.uniform([100, 200], [1700, 700]), draw.uniform([3, -9], [21, 9])
        width = draw.uniform(30, 50)
        for frame in range(person, LENGTH):
            left, top = at + step * frame
            frames.append(frame)
            ids.append(person)
            boxes.append([left % 1800, top % 900, width, 2.4 * width])
    truth = TrackTable(frames, boxes, ids=ids)
    shaken = truth.ltwh + draw.normal(0, 0.5, truth.ltwh.shape)
    return truth, shaken


def diagnosis(truth, ltwh, *, shift=0, labels=None, classes=("person",), length=LENGTH):
    results = TrackTable(truth.frames + shift, ltwh, ids=truth.ids, labels=labels)
    sequence = EvaluatedSequence("MOT17-02", length, classes, truth, results)
    lines = Clear().diagnose(sequence)
    assert lines == Hota().diagnose(sequence)
    assert len(lines) <= 1
    if lines:
        assert Clear().evaluate(sequence)[0]["CLR_TP"] < 0.05 * len(truth)
        assert lines[0].startswith("sequence 'MOT17-02': ")
    return "".join(lines).removeprefix("sequence 'MOT17-02': ")


def test_nothing_is_said_where_results_match(walkers):
    truth, shaken = walkers
    assert diagnosis(truth, shaken) == ""
    mostly_wrong = shaken / 3
    mostly_wrong[::10] = truth.ltwh[::10]
    assert diagnosis(truth, mostly_wrong) == ""


def test_few_matches_by_accident_are_told_from_none(walkers):
    truth, shaken = walkers
    results = shaken / 3
    assert diagnosis(truth, results).startswith("no result overlaps an annotation by half, but")
    results[:3] = truth.ltwh[:3]
    assert diagnosis(truth, results).startswith("only 0.2% of the results overlap an annotation by half, but")


def test_few_matches_without_an_explanation_are_nobodys_fault(walkers):
    truth, _ = walkers
    boxes = np.random.default_rng(1).uniform([0, 0, 200, 20], [1500, 900, 400, 30], (len(truth), 4))
    boxes[0] = truth.ltwh[0]
    assert diagnosis(truth, boxes) == ""


def test_no_results(walkers):
    truth, _ = walkers
    sequence = EvaluatedSequence("A", LENGTH, (), truth, TrackTable.empty())
    assert Clear().diagnose(sequence) == [f"sequence 'A': there are no results at all, for {len(truth)} annotations"]


def test_no_annotations(walkers):
    truth, _ = walkers
    sequence = EvaluatedSequence("A", LENGTH, (), TrackTable.empty(), truth)
    assert Clear().diagnose(sequence) == [f"sequence 'A': there are no annotations to score, for {len(truth)} results"]


def test_annotations_all_ignored(walkers):
    truth, shaken = walkers
    ignored = TrackTable(truth.frames, truth.ltwh, ids=truth.ids, roles=np.full(len(truth), IGNORED))
    sequence = EvaluatedSequence("A", LENGTH, (), ignored, TrackTable(truth.frames, shaken, ids=truth.ids))
    assert f"(all {len(truth)} are ignored or distractors)" in Clear().diagnose(sequence)[0]


@pytest.mark.parametrize("factor", [0.25, 2 / 3, 1.5, 2.0, 3.0])
def test_resized_frames(walkers, factor):
    truth, shaken = walkers
    said = diagnosis(truth, shaken / factor)
    named = re.search(r"(\d+)% of the boxes do when multiplied by ([\d.]+): were the results made on resized", said)
    assert named, said
    assert float(named[2]) == pytest.approx(factor, rel=0.01)
    assert int(named[1]) > 80


def test_stretched_frames(walkers):
    truth, shaken = walkers
    said = diagnosis(truth, shaken / [3.0, 1.6875, 3.0, 1.6875])
    named = re.search(r"multiplied by ([\d.]+) in x and ([\d.]+) in y", said)
    assert named, said
    assert float(named[1]) == pytest.approx(3, rel=0.01)
    assert float(named[2]) == pytest.approx(1.6875, rel=0.01)


def test_boxes_as_shares_of_the_picture(walkers):
    truth, shaken = walkers
    said = diagnosis(truth, np.maximum(shaken, 0) / [1920, 1080, 1920, 1080])
    named = re.search(r"multiplied by ([\d.]+) in x and ([\d.]+) in y", said)
    assert named, said
    assert float(named[1]) == pytest.approx(1920, rel=0.01)
    assert float(named[2]) == pytest.approx(1080, rel=0.01)


@pytest.mark.parametrize("shift", [5, -7, 60])
def test_shifted_frames(walkers, shift):
    truth, shaken = walkers
    keep = (truth.frames + shift >= 0) & (truth.frames + shift < LENGTH)
    results = TrackTable(truth.frames[keep] + shift, shaken[keep], ids=truth.ids[keep])
    said = Clear().diagnose(EvaluatedSequence("A", LENGTH, (), truth, results))
    assert f"when shifted by {-shift:+d} frames" in said[0]


def test_one_frame_late():
    # Fast and small: in the next frame nobody overlaps his own box any more.
    frames = np.arange(50)
    boxes = np.stack([20.0 * frames, 10.0 * frames, np.full(50, 8.0), np.full(50, 16.0)], axis=1)
    truth = TrackTable(frames, boxes, ids=np.zeros(50, int))
    assert "100% of the boxes do when shifted by -1 frame: do results and annotations count" in diagnosis(
        truth.select(frames < 49), boxes[:49], shift=1
    )


def test_disjoint_stretches_of_a_video():
    frames = np.arange(50)
    boxes = np.stack([20.0 * frames, 10.0 * frames, np.full(50, 8.0), np.full(50, 16.0)], axis=1)
    truth = TrackTable(frames, boxes, ids=np.zeros(50, int))
    assert "shifted by -300 frames" in diagnosis(truth, boxes, shift=300, length=400)


def test_corners_instead_of_sizes(walkers):
    truth, shaken = walkers
    corners = shaken.copy()
    corners[:, 2:] += corners[:, :2]
    # Small numbers near the origin could match by accident; these people walk further out.
    far = truth.ltwh[:, :2].min(axis=1) > 150
    said = diagnosis(truth.select(far), corners[far])
    assert "of the boxes do when read as x1, y1, x2, y2: the results hold corners" in said


def test_centres_instead_of_corners(walkers):
    truth, shaken = walkers
    centred = shaken.copy()
    centred[:, :2] += centred[:, 2:] / 2
    few = np.flatnonzero(truth.ids == 3)
    assert "when their first two numbers are read as the centre" in diagnosis(truth.select(few), centred[few])


def test_other_class(walkers):
    truth, shaken = walkers
    said = diagnosis(truth, shaken, labels=np.ones(len(truth), int), classes=("person", "car"))
    assert "when classes are ignored: most often results of class 'car' lie on annotations of class 'person'" in said


def test_classes_in_another_order(walkers):
    """As many of each class on both sides, so that only pairs tell which is taken for which."""
    truth, shaken = walkers
    labels = np.asarray(truth.ids % 3)
    truth = TrackTable(truth.frames, truth.ltwh, ids=truth.ids, labels=labels)
    said = diagnosis(truth, shaken, labels=(labels + 1) % 3, classes=("person", "car", "dog"))
    pairs = [("car", "person"), ("dog", "car"), ("person", "dog")]
    assert any(f"results of class {ours!r} lie on annotations of class {theirs!r}" in said for ours, theirs in pairs)


def test_frames_that_never_meet():
    truth = TrackTable([0, 1], [[0, 0, 9, 9], [0, 0, 9, 9]], ids=[1, 1])
    said = diagnosis(truth, np.array([[500.0, 500, 30, 90]] * 2), shift=10)
    assert said.endswith(
        "since no frame has both: results stand in frames 11 to 12, annotations in frames 1 to 2 (counted from 1)"
    )


def test_another_video(walkers):
    truth, _ = walkers
    boxes = np.random.default_rng(1).uniform([0, 0, 200, 20], [1500, 900, 400, 30], (len(truth), 4))
    assert "do results and annotations belong to the same video?" in diagnosis(truth, boxes)
