"""A small network with numbers that keep their range, in a file as it is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_ostrack import Ostrack, OstrackLayout, OstrackTracker

LAYOUT = OstrackLayout(template_size=32, search_size=64, patch=4, width=64, depth=4, heads=1, hidden=96, channels=32)
"""8 x 8 tokens of the template, 16 x 16 of the search region, as the published network of 256 pixels."""

TrackerMaker = Callable[..., OstrackTracker]


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_network(layout: OstrackLayout = LAYOUT, *, seed: int = 0, **options: Any) -> Ostrack:
    """Return a network whose maps have a clear best place that hangs on what it sees, and sizes like the target's."""
    torch.manual_seed(seed)
    network = Ostrack(layout, **options).eval()
    for name, parameter in network.named_parameters():
        if "pos_embed" in name:
            nn.init.normal_(parameter, std=0.3)
        elif parameter.ndim > 1:
            nn.init.normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.6)
            nn.init.normal_(module.bias, std=0.2)
            statistics: Any = module
            nn.init.normal_(statistics.running_mean, std=0.1)
            nn.init.uniform_(statistics.running_var, 0.3, 1.5)
    with torch.no_grad():
        network.box_head.conv5_size.weight.mul_(0.2)  # type: ignore[operator,union-attr]
        network.box_head.conv5_size.bias.fill_(-1.1)  # type: ignore[operator,union-attr]
    return network.requires_grad_(requires_grad=False)


def published_state(network: Ostrack) -> dict[str, Any]:
    """Return weights by the original's names, with what it has and nothing uses."""
    width = network.layout.width
    unused = {"backbone.cls_token": torch.zeros(1, 1, width), "backbone.pos_embed": torch.zeros(1, 197, width)}
    return unused | network.state_dict()


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights."""
    path = tmp_path_factory.mktemp("weights") / "OSTrack_ep0300.pth.tar"
    torch.save({"epoch": 300, "net": published_state(make_network())}, path)
    return path


@pytest.fixture
def make_tracker(weights: Path) -> TrackerMaker:
    """Return what makes a tracker of the small network, with blocks 1 and 2 dropping candidates."""

    def make(**options: Any) -> OstrackTracker:
        chosen: dict[str, Any] = {"elimination_blocks": (1, 2), "context": BuildContext(device="cpu")} | options
        return OstrackTracker(str(weights), **chosen)

    return make


@pytest.fixture(scope="session")
def video() -> list[Frame]:
    """Frames of a texture that moves by two and one pixels."""
    rng = np.random.default_rng(5)
    base = np.kron(rng.integers(0, 256, (40, 50, 3), np.uint8), np.ones((4, 4, 1), np.uint8))
    return [
        Frame(index, np.ascontiguousarray(base[10 + index : 130 + index, 10 + 2 * index : 170 + 2 * index]))
        for index in range(8)
    ]


def boxes(**given: list[float]) -> Instances:
    """Return targets by their identities: ``boxes(t3=[x, y, width, height])``."""
    return Instances.from_ltwh(list(given.values()), ids=[int(name[1:]) for name in given])
