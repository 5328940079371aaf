"""Small networks with numbers that keep their range, and files of weights as the authors write them."""

from __future__ import annotations

import copy
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_stark import LightningLayout, Stark, StarkLayout, StarkLightning, StarkTracker

SMALL = StarkLayout(channels=32, feedforward=64, encoder_layers=2, decoder_layers=2, heads=4, head_channels=32)
LIGHTNING = LightningLayout(
    widths=(8, 16, 16, 24), blocks=(1, 1, 2), channels=32, feedforward=64, heads=4, template_cells=2, search_cells=4
)
SIZES: dict[str, Any] = {"template_size": 32, "search_size": 64, "heads": 4}
"""Options that go with both."""


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _made(layout: StarkLayout | LightningLayout, *, seed: int = 0) -> Any:
    """Return a network whose norms are not trivial, and whose boxes are about half the search region."""
    torch.manual_seed(seed)
    network = Stark(layout) if isinstance(layout, StarkLayout) else StarkLightning(layout)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.6, 1.2)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="session")
def spatial() -> Stark:
    """A STARK-S; not to be changed."""
    return _made(SMALL)


@pytest.fixture(scope="session")
def temporal() -> Stark:
    """A STARK-ST; not to be changed."""
    return _made(attrs.evolve(SMALL, score_layers=3))


@pytest.fixture(scope="session")
def lightning() -> StarkLightning:
    """A STARK-Lightning; not to be changed."""
    return _made(LIGHTNING)


def _published(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return a network's weights under the authors' names; frozen norms count nothing there."""
    state = {}
    for name, value in network.state_dict().items():
        if name.startswith("backbone."):
            if name.endswith("num_batches_tracked"):
                continue
            inside = "backbone.0.body." if isinstance(network, Stark) else "backbone.body."
            name = name.replace("backbone.", inside, 1)
        state[name.replace("position.", "backbone.1.")] = value.clone()
    return state


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes weights as the authors' trainer does: with its own classes, which nobody else has."""

    def write(network: nn.Module, name: str = "STARKST_ep0050.pth.tar", **more: Any) -> Path:
        return _written(network, tmp_path / name, more)

    return write


@pytest.fixture(scope="session")
def track() -> Callable[..., StarkTracker]:
    """Return what makes a tracker of a network, with the norms folded as when weights are loaded."""
    fused: dict[nn.Module, nn.Module] = {}

    def track(network: nn.Module, **options: Any) -> StarkTracker:
        if network not in fused:
            fused[network] = copy.deepcopy(network).fuse()  # type: ignore[operator]
        own = copy.deepcopy(fused[network])
        return StarkTracker(network=own, context=BuildContext(device="cpu"), **(SIZES | options))

    return track


def _written(network: nn.Module, path: Path, more: dict[str, Any]) -> Path:
    module = types.ModuleType("lib_of_the_trainer")
    settings = type("Settings", (), {"__module__": module.__name__})
    module.Settings = settings  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    try:
        torch.save(
            {"epoch": 50, "net": _published(network) | more, "settings": settings(), "stats": [settings()]}, path
        )
    finally:
        del sys.modules[module.__name__]
    return path


@pytest.fixture(scope="session")
def frame() -> Callable[..., Frame]:
    """Return what makes frames."""
    return _frame


@pytest.fixture(scope="session")
def target() -> Callable[..., Instances]:
    """Return what makes targets."""
    return _target


@pytest.fixture(scope="session")
def make_network() -> Callable[..., Any]:
    """Return what makes networks as small as the others, with some numbers of theirs changed."""

    def make(*, seed: int = 0, lightning: bool = False, **changes: Any) -> Any:
        return _made(attrs.evolve(LIGHTNING if lightning else SMALL, **changes), seed=seed)

    return make


def _frame(index: int, *, size: tuple[int, int] = (120, 160)) -> Frame:
    """Return a smooth picture that moves with its index."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width] + 2 * index
    waves = [np.sin(x / 9 + y / 17), np.cos(x / 13), np.sin(y / 7 - x / 31)]
    return Frame(index, np.ascontiguousarray((np.stack(waves, axis=2) * 100 + 128).astype(np.uint8)))


def _target(*boxes: tuple[float, float, float, float], ids: tuple[int, ...] | None = None) -> Instances:
    """Return targets of boxes ``x, y, width, height``."""
    corners = [[x, y, x + width, y + height] for x, y, width, height in boxes]
    return Instances(corners, ids=ids or range(len(boxes)))
