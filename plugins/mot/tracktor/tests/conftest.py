"""A checkpoint of a Tracktor that is small, and knows nothing; and a second stage that follows what is painted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

SMALL = {
    "backbone.depth": 18,
    "neck.out_channels": 32,
    "roi_head.hidden_features": 32,
    "rpn.max_proposals": 12,
    "scale": [96, 96],
    "min_score": 0.0,
    "max_detections": 8,
}
"""Options of the detector that fits it."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks take longer with more, where others compute at the same time."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The keys of an experiment's detector with a file under mmtracking's names."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("vtrack_plugin_faster_rcnn", reason="vtrack-plugin-faster-rcnn is not installed")
    from vtrack_nets.faster_rcnn import FasterRcnn
    from vtrack_nets.fpn import FPN
    from vtrack_nets.resnet import ResNet
    from vtrack_nets.roi_head import RoIHead

    torch.manual_seed(0)
    network = FasterRcnn(2, backbone=ResNet(depth=18), neck=FPN(out_channels=32), roi_head=RoIHead(hidden_features=32))
    path: Path = tmp_path_factory.mktemp("weights") / "tracktor.pth"
    torch.save({"state_dict": {f"detector.{name}": each for name, each in network.state_dict().items()}}, path)
    return {"type": "faster-rcnn", "weights": str(path), **SMALL}


class PaintedDetector:
    """Finds rectangles of one shade each, as a two-stage detector does.

    A picture is black but for rectangles of a blue shade, which is their identity, a green one, their score in
    percent, and a red one, their class. A box that is asked about becomes the rectangle that it overlaps most, by at
    least a tenth; where there is none it is nothing.
    """

    classes = ("person", "cat")
    batch_size = 1

    def __init__(self) -> None:
        head = SimpleNamespace(bbox_head=SimpleNamespace(num_classes=2))
        self.network = SimpleNamespace(roi_head=head, min_score=0.05, nms_threshold=0.5, max_detections=100)

    def reset(self, sequence: Any = None) -> None:
        pass

    def extract(self, images: Any) -> list[Any]:
        return [rectangles(image) for image in images]

    def detect_in(self, extracted: Any) -> list[Any]:
        return [
            (boxes, scores.max(1, initial=0), scores.argmax(1) if len(scores) else np.empty(0, np.int64))
            for boxes, scores in extracted
        ]

    def regress(self, extracted: Any, boxes: Any) -> list[Any]:
        return [self._one(*painted, each) for painted, each in zip(extracted, boxes, strict=True)]

    def _one(self, painted: Any, scores: Any, boxes: Any) -> tuple[Any, Any]:
        better, sure = np.repeat(boxes[:, None], 2, 1).astype(np.float32), np.zeros((len(boxes), 2), np.float32)
        for row, box in enumerate(boxes):
            edges = np.minimum(box[2:], painted[:, 2:]) - np.maximum(box[:2], painted[:, :2])
            share = edges.clip(min=0).prod(1) / max(float((box[2:] - box[:2]).prod()), 1e-6)
            if len(share) and share.max() > 0.1:
                better[row] = painted[share.argmax()]
                sure[row] = scores[share.argmax()]
        return better, sure


def rectangles(image: Any) -> tuple[Any, Any]:
    """Boxes float32 ``(n, 4)`` and scores ``(n, 2)`` of what is painted."""
    boxes, scores = [], []
    for shade in np.unique(image[..., 0]):
        if shade:
            down, across = (image[..., 0] == shade).nonzero()
            boxes.append([across.min(), down.min(), across.max() + 1, down.max() + 1])
            score = np.zeros(2)
            score[image[down[0], across[0], 2]] = image[down[0], across[0], 1] / 100
            scores.append(score)
    return np.reshape(boxes, (-1, 4)).astype(np.float32), np.reshape(scores, (-1, 2)).astype(np.float32)


class PaintedReId:
    """Describes a box by the shade in its middle."""

    def embed(self, frames: Any, boxes: Any) -> list[Any]:
        found = []
        for frame, each in zip(frames, boxes, strict=True):
            centres = ((each[:, :2] + each[:, 2:]) / 2).astype(int)
            found.append(
                np.eye(256, dtype=np.float32)[[int(frame.image[y, x, 0]) for x, y in centres]].reshape(-1, 256)
            )
        return found


@pytest.fixture
def painted_detector() -> PaintedDetector:
    """Follows what is painted."""
    return PaintedDetector()


@pytest.fixture
def painted_reid() -> PaintedReId:
    """Knows again what is painted."""
    return PaintedReId()
