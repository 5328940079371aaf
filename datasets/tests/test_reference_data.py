"""Real sequences, where they are: the counts that the official evaluator states for them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vtcore.tables import COUNTED, DISTRACTOR, IGNORED
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
