"""Similarities of boxes against numbers worked out by hand, and their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_mot.overlap import BoxReader
from vtrack_common_mot.similarity import (
    SIMILARITIES,
    buffered_iou,
    centre_closeness,
    ciou,
    diou,
    fuse_score,
    giou,
    iou,
)


def edges(*boxes: list[float]) -> np.ndarray:
    return BoxReader().read(np.array(boxes, np.float32).reshape(-1, 4))[0][:6].copy()


FIRST = edges([0, 0, 10, 10])


def test_apart() -> None:
    other = edges([20, 0, 30, 10])
    assert iou(FIRST, other) == pytest.approx(0)
    assert giou(FIRST, other) == pytest.approx((0 - 100 / 300 + 1) / 2)
    assert diou(FIRST, other) == pytest.approx((0 - 400 / 1000 + 1) / 2)
    assert ciou(FIRST, other) == pytest.approx((0 - 400 / 1000 + 1) / 2)


def test_overlapping() -> None:
    other = edges([5, 0, 15, 10])
    assert iou(FIRST, other) == pytest.approx(1 / 3)
    assert giou(FIRST, other) == pytest.approx((1 / 3 + 1) / 2)
    assert diou(FIRST, other) == pytest.approx((1 / 3 - 25 / 325 + 1) / 2)


def test_a_different_shape_counts_in_the_complete_one_only() -> None:
    other = edges([-5, 2.5, 15, 7.5])
    overlap = 50 / 150
    shape = 4 / np.pi**2 * (np.arctan(20 / 6) - np.arctan(10 / 11)) ** 2
    assert diou(FIRST, other) == pytest.approx((overlap + 1) / 2)
    assert ciou(FIRST, other) == pytest.approx((overlap - shape * shape / (1 - overlap + shape) + 1) / 2)


def test_the_farthest_pair_is_0_and_the_same_centre_1() -> None:
    others = edges([0, 0, 10, 10], [30, 40, 40, 50], [3, 4, 13, 14])
    assert centre_closeness(FIRST, others) == pytest.approx(np.array([[1, 0, 0.9]]))
    assert centre_closeness(FIRST, FIRST) == pytest.approx(1)


@pytest.mark.parametrize("name", SIMILARITIES)
def test_all_are_between_0_and_1_whatever_the_boxes(name: str) -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(-100, 100, (30, 2))
    boxes = np.column_stack((corners, corners + random.uniform(0, 90, (30, 2)) * (random.random((30, 1)) < 0.8)))
    some = edges(*boxes.tolist())
    alike = SIMILARITIES[name](some, some[:, :20])
    assert alike.shape == (30, 20)
    assert alike.min() >= (-0.25 if name == "ciou" else -1e-9)
    assert alike.max() <= 1 + 1e-9
    for empty in ((some[:, :0], some), (some, some[:, :0])):
        assert SIMILARITIES[name](*empty).size == 0


def test_buffered_boxes_reach_each_other() -> None:
    other = edges([12, 0, 22, 10])
    assert iou(FIRST, other) == pytest.approx(0)
    # 13 pixels wide and 13 high, 12 apart.
    assert buffered_iou(FIRST, other, 0.15) == pytest.approx(13 / (2 * 169 - 13))
    far = edges([0, 30, 20, 40])
    grown = edges([-6, 27, 26, 43], [-3, -3, 13, 13])
    assert buffered_iou(FIRST, far, 0.3) == pytest.approx(iou(grown[:, 1:], grown[:, :1]))
    assert buffered_iou(FIRST, far, 0.0) == pytest.approx(iou(FIRST, far))


def test_scores_are_fused_column_by_column() -> None:
    fused = fuse_score(np.array([[0.5, 1.0], [0.0, 0.2]]), np.array([0.5, 0.1], np.float32))
    assert fused == pytest.approx(np.array([[0.25, 0.1], [0.0, 0.02]]))
