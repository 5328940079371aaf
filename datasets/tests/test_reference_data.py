"""Real sequences, where they are: the counts that the official evaluator states for them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vtcore.tables import COUNTED, DISTRACTOR, IGNORED
from vtrack_datasets import Got10kDataset, LasotDataset, OtbDataset, VotDataset
from vtrack_datasets.mot_challenge import MotChallengeDataset

pytestmark = pytest.mark.data


def test_counted_rows_are_those_of_the_official_evaluator(reference_data: Path) -> None:
    compared = 0
    for file in sorted(reference_data.glob("*/golden/sort/trackeval.json")):
        stated = json.loads(file.read_text())
        root = file.parents[2]
        for sequence in MotChallengeDataset(str(root), split="train").sequences():
            scores = _find(stated, sequence.name)
            truth = sequence.annotations()
            if scores is None or truth is None:
                continue
            counted = truth.select(truth.roles == COUNTED)
            assert len(counted) == scores["TP"] + scores["FN"], sequence.name
            compared += 1
    if not compared:
        pytest.skip(f"no golden scores below {reference_data}")


def _find(stated: object, name: str) -> dict[str, float] | None:
    """Return the first table below the sequence's name that has TP and FN."""
    if not isinstance(stated, dict):
        return None
    here = stated.get(name)
    if isinstance(here, dict):
        tables = [here, *(value for value in here.values() if isinstance(value, dict))]
        return next((table for table in tables if {"TP", "FN"} <= table.keys()), None)
    return next((found for value in stated.values() if (found := _find(value, name)) is not None), None)


def test_a_real_sequence_with_images(reference_data: Path) -> None:
    folder = reference_data / "real" / "mot_tud_campus"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (sequence,) = MotChallengeDataset(str(folder)).sequences()
    assert list(sequence.check({"image", "given-detections", "annotations"})) == []
    frames = list(sequence.frames())
    assert len(frames) == sequence.length == 71
    assert all(frame.image is not None and frame.image.shape == (480, 640, 3) for frame in frames)
    truth, found = sequence.annotations(), sequence.detections()
    assert truth is not None
    assert found is not None
    assert (len(truth), len(np.unique(truth.ids)), len(found)) == (359, 8, 322)


def test_a_real_sequence_with_classes(reference_data: Path) -> None:
    folder = reference_data / "real" / "mot17_04_mini"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (sequence,) = MotChallengeDataset(str(folder)).sequences()
    truth = sequence.annotations()
    assert truth is not None
    counts = Counter(truth.roles.tolist())
    assert counts[COUNTED] == 336
    assert counts[COUNTED] + counts[IGNORED] + counts[DISTRACTOR] == 792
    assert len(np.unique(truth.ids[truth.roles == COUNTED])) == 42


def test_a_real_sequence_of_a_rotated_target(reference_data: Path) -> None:
    folder = reference_data / "real" / "sot_vot15_bag"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (sequence,) = VotDataset(str(folder)).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert truth.polygons is not None
    assert (sequence.length, len(truth), sequence.width, sequence.height) == (196, 196, 480, 360)
    assert list(sequence.check({"image", "annotations"})) == []
    corners = truth.polygons.reshape(-1, 4, 2)
    np.testing.assert_allclose(corners.min(axis=1), truth.ltwh[:, :2])
    # It is a parallelogram: opposite corners have the same centre.
    np.testing.assert_allclose(corners[:, 0] + corners[:, 2], corners[:, 1] + corners[:, 3], atol=0.01)
    assert sequence.frame(195).image is not None


def test_a_real_sequence_of_otb(reference_data: Path) -> None:
    if not (reference_data / "real" / "sot_otb_crossing").is_dir():
        pytest.skip(f"no sot_otb_crossing in {reference_data}")
    (sequence,) = OtbDataset(str(reference_data / "real"), sequences=("sot_otb_crossing",)).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert (sequence.length, len(truth), sequence.width, sequence.height) == (120, 120, 360, 240)
    assert truth.ltwh[0].tolist() == [205, 151, 17, 50]


def test_annotations_that_evaluators_are_compared_on(reference_data: Path) -> None:
    folder = reference_data / "sot_eval"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (seq,) = Got10kDataset(str(folder / "got10k")).sequences()
    truth, labels = seq.annotations(), seq.frame_labels()
    assert truth is not None
    assert (seq.length, seq.width, seq.height, seq.has_images) == (50, 640, 360, False)
    hidden = labels["absence"] | (labels["cover"] == 0)
    assert (truth.visibility[~hidden[truth.frames]] > 0).all()
    assert (truth.visibility[hidden[truth.frames]] == 0).all()
    (plane,) = LasotDataset(str(folder / "lasot")).sequences()
    assert (plane.name, plane.length) == ("airplane-1", 25)
    (video,) = VotDataset(str(folder / "vot2018")).sequences()
    assert (video.length, video.annotations() is not None) == (25, True)
