from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch
from torchvision.ops import batched_nms

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtrack_nets.suppression import batched_nms as shifted_nms
from vtrack_plugin_yolox import Yolox, YoloxDetector, YoloxLayout
from vtrack_plugin_yolox.postprocessing import postprocess
from vtrack_plugin_yolox.presets import PRESETS

# Centre x and y, width and height, objectness, two classes.
SOUND = [
    [100.0, 100, 50, 50, 0.9, 0.9, 0.1],
    [101.0, 100, 50, 50, 0.8, 0.9, 0.1],  # Hidden by the first.
    [101.0, 100, 50, 50, 0.8, 0.1, 0.9],
    [102.0, 100, 50, 50, 0.7, 0.1, 0.9],  # Hidden by the third.
]
INFINITE = [[300.0, 300, math.inf, 9, 0.7, 0.9, 0.1], [math.nan] * 7]


class Scripted(Yolox):
    def __init__(self, rows: list[list[float]]) -> None:
        super().__init__(YoloxLayout(8, 1, depthwise=True, classes=len(rows[0]) - 5), fused=True)
        self.rows = torch.tensor(rows)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.rows.expand(len(images), -1, -1)


def crowd(seed: int, count: int, classes: int) -> torch.Tensor:
    """Boxes of which many lie beyond the picture's edge, each of one class."""
    random = np.random.default_rng(seed)
    rows = np.zeros((1, count, 5 + classes), np.float32)
    rows[..., :2] = random.uniform(-200, 1400, (1, count, 2))
    rows[..., 2:4] = np.exp(random.uniform(3, 6.5, (1, count, 2)))
    rows[..., 4] = random.uniform(0.3, 1, (1, count))
    rows[0, np.arange(count), 5 + random.integers(0, classes, count)] = random.uniform(0.5, 1, count)
    return torch.from_numpy(rows)


@pytest.mark.parametrize("suppression", [batched_nms, shifted_nms])
def test_what_is_no_number_hides_nothing_and_shields_nothing(suppression: object) -> None:
    (found,) = postprocess(
        torch.tensor([[*INFINITE, *SOUND]]), min_score=0.01, nms_threshold=0.5, suppression=suppression
    )
    assert found.places.tolist() == [2, 4, 0, 1]
    assert found.boxes[:2].isfinite().all()


def test_a_network_that_overflows_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    network = Scripted([*SOUND, [math.nan] * 7])
    detector = YoloxDetector(network=network, input_size=(64, 64), context=BuildContext(device="cpu"))
    with caplog.at_level(logging.WARNING, "vtcore"):
        (found,) = detector.detect([Frame(0, np.zeros((64, 64, 3), np.uint8))])
    assert len(found) == 2
    assert "1 of 3 boxes are no numbers and are left out" in caplog.text


def test_rows_are_those_of_torchvision_however_many_boxes() -> None:
    for seed in range(12):
        rows = crowd(seed, 3000, 80)
        confidence, labels = rows[0, :, 5:].max(dim=1)
        half = rows[0, :, 2:4] / 2
        boxes = torch.cat((rows[0, :, :2] - half, rows[0, :, :2] + half), dim=1)
        wanted = batched_nms(boxes, rows[0, :, 4] * confidence, labels, 0.5)
        (found,) = postprocess(rows, min_score=0.01, nms_threshold=0.5)
        assert found.places.tolist() == wanted.tolist(), seed


def test_each_preset_suppresses_as_its_origin_does() -> None:
    # 1100 boxes: torchvision searches class by class, MMCV still shifts. The second reaches from beyond the left upper
    # edge into what the first, of the class before, is shifted to.
    rows = [[1000.0, 1000, 100, 100, 0.9, 1, 0], [-50.0, -50, 98, 98, 0.8, 0, 1]]
    rows += [[20.0 * (number % 40) + 100, 20.0 * (number // 40) + 100, 4, 4, 0.5, 1, 0] for number in range(1098)]
    counts = {}
    for preset in PRESETS:
        detector = YoloxDetector(
            network=Scripted(rows), preset=preset, input_size=(1024, 1024), context=BuildContext(device="cpu")
        )
        counts[preset] = len(detector.detect([Frame(0, np.zeros((1024, 1024, 3), np.uint8))])[0])
    assert counts == {"megvii": 1100, "bytetrack": 1100, "mmdet": 1099}
