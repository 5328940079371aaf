"""Small networks of every kind, with numbers that keep their range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_siamrpn import SiamRpn, SiamRpnLayout, SiamRpnTracker

LAYOUTS = {
    "alexnet": SiamRpnLayout("alexnet", (), (), (6, 8, 8, 8, 8), (), "depthwise", (8,), 3, 5, False),
    "alexnetlegacy": SiamRpnLayout("alexnetlegacy", (), (), (6, 8, 8, 8, 8), (), "depthwise", (12,), 3, 5, False),
    "up-channel": SiamRpnLayout("alexnet", (), (), (6, 8, 8, 8, 8), (), "up-channel", (8,), 3, 5, False),
    "mobilenetv2": SiamRpnLayout(
        "mobilenetv2", (3, 5, 7), (), (8, 4, 6, 8, 16, 12, 20, 24), (8, 6, 8), "multi", (8, 6, 8), 3, 5, False
    ),
    "resnet18": SiamRpnLayout("resnet18", (2, 3, 4), (1, 2, 3, 4), (), (8, 6, 8), "multi", (8, 6, 8), 3, 5, True),
    "resnet18, one level": SiamRpnLayout("resnet18", (3,), (1, 2, 3), (), (8,), "depthwise", (6,), 3, 5, False),
}
"""One of each kind."""

ALEXNET = {"search_size": 207}
"""Options that go with the small AlexNet."""


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_network() -> Callable[..., SiamRpn]:
    """Return what makes a network whose norms are not trivial, so that folding them wrongly shows."""

    def make(kind: str = "alexnet", *, seed: int = 0) -> SiamRpn:
        torch.manual_seed(seed)
        network = SiamRpn(LAYOUTS[kind]).eval()
        for name, module in network.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.8, 1.6)
                nn.init.normal_(module.bias, std=0.2)
                nn.init.normal_(module.running_mean, std=0.1)
                nn.init.uniform_(module.running_var, 0.3, 1.5)
            # Pixels are 0 to 255, and boxes are changes of size as logarithms.
            if isinstance(module, nn.Conv2d) and module.in_channels == 3:
                module.weight.data /= 64
            if name.endswith(("loc.head.3", "loc_adjust")):
                module.weight.data /= 4
        if network.layout.weighted:
            nn.init.normal_(network.rpn_head.cls_weight)
            nn.init.normal_(network.rpn_head.loc_weight)
        return network.requires_grad_(requires_grad=False)

    return make


@pytest.fixture
def make_tracker(make_network: Callable[..., SiamRpn]) -> Callable[..., SiamRpnTracker]:
    """Return what makes a tracker with a small AlexNet."""

    def make(*, kind: str = "alexnet", **options: Any) -> SiamRpnTracker:
        network = make_network(kind).fold()
        return SiamRpnTracker(network=network, context=BuildContext(device="cpu"), **(ALEXNET | options))

    return make


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """Return frames of a picture that moves."""
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 260, 3), np.uint8), (0, 0), 5)
    picture = cv2.normalize(picture, picture, 0, 255, cv2.NORM_MINMAX)
    return [
        Frame(index, np.ascontiguousarray(picture[20 - 2 * index : 180 - 2 * index, 3 * index : 200 + 3 * index]))
        for index in range(8)
    ]


@pytest.fixture
def targets() -> Callable[..., Instances]:
    """Return what makes targets of boxes ``x, y, width, height`` with ids."""

    def make(*boxes: Any, ids: Any = None, labels: Any = None) -> Instances:
        ltwh = np.array(boxes, np.float64).reshape(-1, 4)
        xyxy = np.hstack((ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:])).astype(np.float32)
        count = len(ltwh)
        return Instances(
            xyxy,
            np.ones(count, np.float32),
            np.zeros(count, np.int64) if labels is None else np.array(labels),
            ids=np.arange(count) if ids is None else np.array(ids),
            ltwh=ltwh,
        )

    return make
