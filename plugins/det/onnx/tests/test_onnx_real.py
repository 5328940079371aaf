"""A published network on a real sequence."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Float32Array
from vtrack_plugin_onnx import OnnxDetector
from vtrack_plugin_onnx import detector as detector_module

REPOSITORY = Path(__file__).parents[4]
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or REPOSITORY.parent / "shared" / "data") / "real"
WEIGHTS = DATA / "weights" / "yolox_nano_coco_416.onnx"
CAMPUS = DATA / "mot_tud_campus"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"no reference data in {DATA} (VTCORE_REFERENCE_DATA)"),
]


def overlaps(boxes: Float32Array, others: Float32Array) -> Float32Array:
    first, second = np.maximum(boxes[:, None, :2], others[:, :2]), np.minimum(boxes[:, None, 2:], others[:, 2:])
    shared = np.clip(second - first, 0, None).prod(axis=2)
    areas, other_areas = ((each[:, 2:] - each[:, :2]).prod(axis=1) for each in (boxes, others))
    return np.asarray(shared / (areas[:, None] + other_areas - shared), np.float32)


def matched(boxes: Float32Array, truth: Float32Array) -> int:
    """Count boxes, best first, that overlap one of the truth by half, each of which counts once."""
    table, count = overlaps(boxes, truth), 0
    for row in table:
        best = int(row.argmax())
        if row[best] >= 0.5:
            table[:, best] = 0
            count += 1
    return count


def test_people_of_tud_campus() -> None:
    truth = np.loadtxt(CAMPUS / "gt" / "gt.txt", delimiter=",", dtype=np.float32)
    truth[:, 4:6] += truth[:, 2:4]
    numbers = range(1, 72, 5)
    frames = [Frame(number - 1, cv2.imread(str(CAMPUS / "img1" / f"{number:06d}.jpg"))) for number in numbers]
    detector = OnnxDetector(weights=str(WEIGHTS), classes=("person",), min_score=0.3, nms_threshold=0.5)
    found = detector.detect(frames)
    wanted = [truth[truth[:, 0] == number, 2:6] for number in numbers]
    hits = sum(matched(each.boxes, boxes) for each, boxes in zip(found, wanted, strict=True))
    assert sum(map(len, wanted)) == 75
    assert hits / 75 == pytest.approx(0.77, abs=0.02)
    assert hits / sum(map(len, found)) == pytest.approx(0.61, abs=0.02)


def test_several_pictures_side_by_side_are_found_in_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector_module, "available_cores", lambda: 3)
    pictures = [cv2.imread(str(CAMPUS / "img1" / f"{number:06d}.jpg")) for number in (1, 20, 40, 60, 71)]
    # Of two sizes, so that what one leaves in memory shows in the next.
    frames = [Frame(index, each[:, index * 40 :]) for index, each in enumerate(pictures * 3)]
    detector = OnnxDetector(weights=str(WEIGHTS), classes=("person",), batch_size=2)
    batches = [frames[:1], frames[1:3], [], frames[3:4], *([each] for each in frames[4:])]
    together = list(detector.detect_each(batches))
    assert [len(each) for each in together] == [len(each) for each in batches]
    for batch, found in zip(batches, together, strict=True):
        for alone, each in zip(detector.detect(batch), found, strict=True):
            assert len(each) > 0
            np.testing.assert_allclose(each.boxes, alone.boxes, atol=1e-3)
            np.testing.assert_allclose(each.scores, alone.scores, atol=1e-5)
