"""Networks with weights drawn at random, in files as trainings leave them, and frames to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from vtcore.frames import Frame
from vtrack_plugin_reid import OSNet
from vtrack_plugin_reid.osnet import channels_of


@pytest.fixture(autouse=True, scope="session")
def one_core() -> Iterator[None]:
    """Small networks on a busy machine wait for its other cores more than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def lively() -> Callable[[nn.Module], nn.Module]:
    """Give a network weights with which its answers depend on its input, and statistics of its own."""

    def fill(network: nn.Module, seed: int = 0) -> nn.Module:
        torch.manual_seed(seed)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                nn.init.normal_(module.weight, 1, 0.1)
                nn.init.normal_(module.bias, 0, 0.5)
            elif isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        return network.eval()

    return fill


@pytest.fixture(scope="session")
def small(lively, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as torchreid writes it: OSNet x0.25 with a classifier, trained in parallel."""
    state = lively(OSNet(channels_of(0.25))).state_dict()
    state |= {"classifier.weight": torch.zeros(7, 512), "classifier.bias": torch.zeros(7)}
    path = tmp_path_factory.mktemp("weights") / "osnet_x0_25.pth"
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}, "epoch": 3}, path)
    return path


@pytest.fixture(scope="session")
def picture() -> Callable[..., Frame]:
    """Make a frame with structure at several scales."""

    def make(index: int = 0, width: int = 320, height: int = 240) -> Frame:
        draw = np.random.default_rng(index)
        coarse, fine = (
            cv2.resize(draw.integers(0, 256, (height // size, width // size, 3), np.uint8), (width, height))
            for size in (40, 8)
        )
        return Frame(index, cv2.addWeighted(coarse, 0.7, fine, 0.3, 0))

    return make


@pytest.fixture(scope="session")
def boxes() -> np.ndarray:
    """Boxes of all sizes and shapes, within a frame and over its edges."""
    draw = np.random.default_rng(5)
    start = draw.uniform(-20, 260, (12, 2))
    return np.concatenate((start, start + draw.uniform(3, 150, (12, 2))), 1).astype(np.float32)
