"""Small networks with numbers that keep their range, and files of weights as the authors write them."""

from __future__ import annotations

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
from vtrack_plugin_mixformer import Layout, MixFormer, MixFormerTracker, MixFormerV2Tracker, MixFormerVitTracker

LAYOUTS = {
    "cvt": Layout("cvt", widths=(64, 64, 128), depths=(1, 1, 2), hidden=256, scored=True, pyramid=False, head=32),
    "vit": Layout(
        "vit",
        widths=(128,),
        depths=(2,),
        hidden=192,
        scored=True,
        pyramid=True,
        head=32,
        search_cells=4,
        template_cells=2,
    ),
    "v2": Layout(
        "v2",
        widths=(128,),
        depths=(2,),
        hidden=128,
        scored=True,
        pyramid=False,
        head=24,
        search_cells=4,
        template_cells=2,
    ),
}
TRACKERS = {"cvt": MixFormerTracker, "vit": MixFormerVitTracker, "v2": MixFormerV2Tracker}
SIZES: dict[str, dict[str, int]] = {"cvt": {"search_size": 64, "template_size": 32}, "vit": {}, "v2": {}}


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["cvt", "vit", "v2"])
def family(request: pytest.FixtureRequest) -> str:
    """Each of the three kinds of networks."""
    return str(request.param)


def _made(family: str, *, seed: int = 0, **changes: Any) -> MixFormer:
    """Return a network whose norms are not trivial and whose boxes lie apart from each other."""
    torch.manual_seed(seed)
    network = MixFormer(attrs.evolve(LAYOUTS[family], **changes))
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.6, 1.2)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, nn.Linear) and not name.endswith(("score_head.layers.2", "score_head.layers.1")):
            nn.init.normal_(module.weight, std=1.5 / module.in_features**0.5)
    if family == "v2":
        nn.init.normal_(network.backbone.get_parameter("reg_tokens"))
    else:
        for corner, sign in (("tl", 20), ("br", -20)):
            network.box_head.get_parameter(f"conv5_{corner}.weight").data.mul_(sign)
    return network.eval()


@pytest.fixture(scope="session")
def make_network() -> Callable[..., MixFormer]:
    """Return what makes small networks, with some sizes changed."""
    return _made


@pytest.fixture(scope="session")
def network_of() -> Callable[[str], MixFormer]:
    """Return a network of a family; not to be changed."""
    kept = {family: _made(family) for family in LAYOUTS}
    return kept.__getitem__


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes weights as the authors' trainer does: with its own classes, which nobody else has."""

    def write(network: nn.Module, name: str = "mixformer_online.pth.tar", **more: Any) -> Path:
        return _written(dict(network.state_dict()) | more, tmp_path / name)

    return write


@pytest.fixture(scope="session")
def track(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Return what makes a tracker of a network, by way of a file, which is written once for each network."""
    files: dict[nn.Module, Path] = {}
    folder = tmp_path_factory.mktemp("weights")

    def track(network: MixFormer, *, dtype: str = "float32", **options: Any) -> Any:
        if network not in files:
            files[network] = _written(dict(network.state_dict()), folder / f"{len(files)}.pth.tar")
        family = network.layout.family
        context = BuildContext(device="cpu", dtype=dtype)
        return TRACKERS[family](str(files[network]), context=context, **(SIZES[family] | options))

    return track


def _written(state: dict[str, Any], path: Path) -> Path:
    module = types.ModuleType("lib_of_the_trainer")
    settings = type("Settings", (), {"__module__": module.__name__})
    module.Settings = settings  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    try:
        torch.save({"epoch": 40, "net": state, "settings": settings(), "stats": [settings()]}, path)
    finally:
        del sys.modules[module.__name__]
    return path


@pytest.fixture(scope="session")
def frame() -> Callable[..., Frame]:
    """Return what makes frames: a smooth picture that moves with its index."""
    return _frame


@pytest.fixture(scope="session")
def target() -> Callable[..., Instances]:
    """Return what makes targets."""
    return _target


def _frame(index: int, *, size: tuple[int, int] = (120, 160)) -> Frame:
    height, width = size
    y, x = np.mgrid[0:height, 0:width] + 3.0 * index
    planes = [127 + 60 * np.sin(x / (5 + 2 * place)) + 60 * np.cos(y / (4 + place)) for place in range(3)]
    return Frame(index, np.stack(planes, axis=2).clip(0, 255).astype(np.uint8))


def _target(*boxes: tuple[float, float, float, float], ids: tuple[int, ...] | None = None) -> Instances:
    ltwh = np.array(boxes, float)
    corners = np.hstack((ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]))
    return Instances(corners, ids=range(len(boxes)) if ids is None else ids)
