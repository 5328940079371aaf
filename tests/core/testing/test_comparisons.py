"""Copies, and where two of them differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.tables import TrackTable
from vtcore.testing.comparisons import difference, plain_copy


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (1.0, 1.0, ""),
        (float("nan"), float("nan"), ""),
        (1.0, 2.0, "x: 1.0, then 2.0"),
        (1, 1.0, "x: 1, then 1.0"),
        ([1, 2], [1], "x: 2 in one, 1 in the other"),
        ({"a": 1}, {"a": 1, "b": 2}, "x: 'b' is only in one of them"),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "x.a[1].b: 2, then 3"),
        (np.zeros(2), np.zeros(3), "x: float64 (2,), then float64 (3,)"),
        (np.zeros(2), np.zeros(2, int), "x: float64 (2,), then int64 (2,)"),
        (np.zeros((2, 2)), np.eye(2), "x: at [0, 0] 0.0, then 1.0"),
        (None, [1], "x: nothing, then list of 1"),
    ],
)
def test_the_first_difference(first: Any, second: Any, told: str) -> None:
    assert difference(first, second, place="x") == told


def test_tolerance() -> None:
    assert difference(np.ones(2), np.ones(2) + 1e-6, tolerance=1e-5) == ""
    assert difference(1.0, 1.0 + 1e-6, tolerance=1e-5) == ""
    assert difference(1.0, 1.1, tolerance=1e-5, place="x") == "x: 1.0, then 1.1"


def test_copies_share_nothing() -> None:
    boxes = np.array([[1, 2, 3, 4]], np.float32)
    image = np.zeros((2, 2, 3), np.uint8)
    table = TrackTable([0], [[1, 2, 3, 4]])
    given = [Instances(boxes, ids=[1]), Frame(0, image), table, {"b": {"x", "y"}}]
    copied = plain_copy(given)
    boxes += 1
    image[:] = 9
    assert copied[0]["boxes"].tolist() == [[1, 2, 3, 4]]
    assert copied[1]["image"].max() == 0
    assert copied[2]["ltwh"].tolist() == [[1, 2, 3, 4]]
    assert copied[3] == {"b": ["x", "y"]}
    assert difference(copied, plain_copy(given)) == "[0].boxes: at [0, 0] 1.0, then 2.0"
