from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_det.class_names import COCO, COCO_IDS
from vtrack_common_det.label_map import LabelMap


def test_coco_numbers_have_gaps() -> None:
    assert len(COCO_IDS) == len(COCO) == 80
    numbers = dict(zip(COCO, COCO_IDS, strict=True))
    assert [numbers[name] for name in ("person", "stop sign", "toothbrush", "dog")] == [
        1,
        13,
        90,
        18,
    ]


def test_numbers_become_places_in_the_names() -> None:
    labels = LabelMap({5: "b", 1: "a"})
    known, places = labels(np.array([1, 5, 0, 4, 6, -1, 99]))
    assert labels.names == ("a", "b")
    assert labels.last == 5
    assert known.tolist() == [True, True, False, False, False, False, False]
    assert places.tolist() == [0, 1]
    assert [len(each) for each in labels(np.zeros(0, np.int64))] == [0, 0]


def test_what_cannot_be_numbers_of_classes() -> None:
    with pytest.raises(ValueError, match="'a' is the name of two classes"):
        LabelMap({0: "a", 1: "a"})
    with pytest.raises(ValueError, match="need numbers from 0 on"):
        LabelMap({-1: "a"})
    with pytest.raises(ValueError, match="at least one"):
        LabelMap({})
