"""A checkpoint of a QDTrack that is small, and knows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SMALL = {
    "backbone.depth": 18,
    "backbone.style": "pytorch",
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
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file under mmtracking's names."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("vtrack_plugin_faster_rcnn", reason="vtrack-plugin-faster-rcnn is not installed")
    from vtrack_nets.faster_rcnn import FasterRcnn
    from vtrack_nets.fpn import FPN
    from vtrack_nets.resnet import ResNet
    from vtrack_nets.roi_head import RoIHead
    from vtrack_plugin_qdtrack import EmbedHead, TrackHead

    torch.manual_seed(0)
    network = FasterRcnn(2, backbone=ResNet(depth=18), neck=FPN(out_channels=32), roi_head=RoIHead(hidden_features=32))
    head = TrackHead(EmbedHead(in_channels=32, conv_channels=32, num_convs=2, fc_channels=16, embedding_length=8))
    state = {f"detector.{name}": value for name, value in network.state_dict().items()}
    state |= {f"track_head.{name}": value for name, value in head.state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "qdtrack.pth"
    torch.save({"state_dict": state, "meta": {"epoch": 4}}, path)
    return path


@pytest.fixture(scope="session")
def options(checkpoint: Path) -> dict[str, Any]:
    """The keys of an experiment's table with this detector."""
    inner = {f"detector.{key}": value for key, value in {"weights": str(checkpoint), **SMALL}.items()}
    return {"type": "qdtrack", "weights": str(checkpoint), **inner}
