from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_det import nms as module
from vtrack_common_det.nms import class_wise_nms, nms


def some(count: int, classes: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    corner = random.uniform(-20, 100, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 60, (count, 2))], axis=1).astype(np.float32)
    return boxes, random.random(count).astype(np.float32), random.integers(0, classes, count)


def plainly(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float) -> list[int]:
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        hidden = False
        for better in kept:
            corner = np.maximum(boxes[row, :2], boxes[better, :2])
            shared = np.clip(np.minimum(boxes[row, 2:], boxes[better, 2:]) - corner, 0, None).prod()
            areas = [(boxes[each, 2:] - boxes[each, :2]).prod() for each in (row, better)]
            hidden |= labels[row] == labels[better] and shared / (sum(areas) - shared) > threshold
        if not hidden:
            kept.append(row)
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("classes", [1, 3])
def test_boxes_hide_worse_ones_of_their_class_only(threshold: float, classes: int) -> None:
    boxes, scores, labels = some(150, classes)
    assert class_wise_nms(boxes, scores, labels, threshold).tolist() == plainly(boxes, scores, labels, threshold)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes, scores, _ = some(300)
    whole = nms(boxes, scores, 0.4).tolist()
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert nms(boxes, scores, 0.4).tolist() == whole


def test_same_as_torchvision() -> None:
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    boxes, scores, labels = some(400, 4, seed=3)
    boxes += 40  # The shift by class that torchvision applies holds for positive coordinates.
    theirs = ops.batched_nms(torch.from_numpy(boxes), torch.from_numpy(scores), torch.from_numpy(labels), 0.5)
    assert class_wise_nms(boxes, scores, labels, 0.5).tolist() == theirs.tolist()


def test_nothing_and_ties() -> None:
    boxes, scores, labels = some(0)
    assert class_wise_nms(boxes, scores, labels, 0.5).tolist() == []
    same = np.array([[0, 0, 10, 10]] * 3, np.float32)
    assert nms(same, np.array([0.5, 0.5, 0.5], np.float32), 0.9).tolist() == [0]
    assert nms(same, np.array([0.5, 0.5, 0.6], np.float32), 1.0).tolist() == [2, 0, 1]


@pytest.mark.filterwarnings("error")
def test_boxes_without_end_hide_nothing() -> None:
    boxes = np.array(
        [
            [0, 0, np.inf, 10],
            [0, 0, 10, 10],
            [-np.inf, 0, np.inf, 9],
            [0, 0, 10, 9.5],
            [np.nan] * 4,
            [0, 0, 3e38, 3e38],
        ],
        np.float32,
    )
    scores = np.array([0.9, 0.8, 0.75, 0.7, 0.6, 0.5], np.float32)
    assert nms(boxes, scores, 0.5).tolist() == [0, 1, 2, 4, 5]
