"""Every tracker of targets, with networks of random numbers that are small enough for many short runs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext
from vtcore.host import plugin_host

CPU = BuildContext(device="cpu")
MakeTracker = Callable[[], Any]

VARIANTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "kcf": {"": {}, "grey": {"features": "grey", "scale": "none"}},
    "mosse": {"": {"min_psr": 3.0}, "scale": {"min_psr": 0.0, "scale": "filter"}},
    "nanotrack": {"": {}, "nanotrack": {"compat": "nanotrack"}, "opencv": {"compat": "opencv"}},
    "ostrack": {"": {}, "box": {"elimination_range": "GT_BOX"}},
    "siamrpn": {
        "": {},
        "mmtracking": {"convention": "mmtracking"},
        "long term": {"long_term": True, "confidence_low": 0.5, "confidence_high": 0.6, "lost_search_size": 303},
    },
    "stark": {"": {}, "s": {"variant": "s"}, "lightning": {}},
    "mixformer": {"": {}},
    "mixformer-vit": {"": {}},
    "mixformerv2": {"": {}, "interval": {"update": "interval"}},
}
"""Options that take other ways through a tracker, by the tracker and a word for them; "" is the usual one, the others
are slow."""


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    try:
        import torch
    except ImportError:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tracker_variant" not in metafunc.fixturenames:
        return
    found = []
    for component in plugin_host().components("tracker"):
        needs = getattr(component.load_config(), "needs", ())
        # Where it follows from options it is a property.
        if isinstance(needs, frozenset) and "targets" in needs:
            found += [_parameter(component.name, word) for word in VARIANTS.get(component.name, {"": {}})]
    metafunc.parametrize("tracker_variant", found, indirect=True, scope="session")


def _parameter(name: str, word: str) -> Any:
    marks = [pytest.mark.slow] if word else []
    return pytest.param((name, word), id=f"{name} {word}".strip(), marks=marks)


@pytest.fixture(scope="session")
def tracker_variant(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A tracker and a word for its options."""
    variant: tuple[str, str] = request.param
    return variant


@pytest.fixture(scope="session")
def make_tracker(tracker_variant: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> MakeTracker:
    """Return what makes one and the same tracker again and again."""
    name, word = tracker_variant
    options = VARIANTS.get(name, {}).get(word, {})
    target = plugin_host().component("tracker", name).load_target()
    if name in ("kcf", "mosse"):
        return lambda: target(**options)
    if name == "nanotrack":
        files = write_nanotrack(tmp_path_factory.mktemp("nanotrack"))
        return lambda: target(**files, **options, context=CPU)
    if name == "ostrack":
        path = write_ostrack(tmp_path_factory.mktemp("ostrack") / "weights.pth")
        return lambda: target(str(path), elimination_blocks=(1, 2), context=CPU, **options)
    if name in NETWORKS:
        network, more = NETWORKS[name](word)
        return lambda: target(network=copy.deepcopy(network), context=CPU, **more, **options)
    pytest.fail(f"no small network of {name!r}; write one here, so that what holds for every tracker is tested")


def random_numbers(network: Any, *, spread: float = 1.0) -> Any:
    """Give a network numbers that keep their range, and norms that are not trivial; return it."""
    import torch
    from torch import nn

    for name, parameter in network.named_parameters():
        if parameter.requires_grad and parameter.ndim > 1:
            nn.init.normal_(parameter, std=spread * (2 / parameter[0].numel()) ** 0.5)
        if "pos_embed" in name or "token" in name:
            nn.init.normal_(parameter, std=0.3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, std=0.2)
            statistics: Any = module
            nn.init.normal_(statistics.running_mean, std=0.1)
            nn.init.uniform_(statistics.running_var, 0.5, 1.5)
    assert torch.isfinite(torch.cat([each.flatten() for each in network.parameters()])).all()
    return network.eval().requires_grad_(requires_grad=False)


def write_ostrack(path: Path) -> Path:
    import torch

    from vtrack_plugin_ostrack import Ostrack, OstrackLayout

    torch.manual_seed(0)
    layout = OstrackLayout(32, 64, patch=4, width=64, depth=4, heads=1, hidden=96, channels=32)
    network = random_numbers(Ostrack(layout))
    network.box_head.conv5_size.weight.mul_(0.2)
    network.box_head.conv5_size.bias.fill_(-1.1)
    torch.save({"net": network.state_dict()}, path)
    return path


@cache
def siamrpn(_: str) -> tuple[Any, dict[str, Any]]:
    import torch

    from vtrack_plugin_siamrpn import SiamRpn, SiamRpnLayout

    torch.manual_seed(0)
    network = random_numbers(
        SiamRpn(SiamRpnLayout("alexnet", (), (), (6, 8, 8, 8, 8), (), "depthwise", (8,), 3, 5, False))
    )
    for name, module in network.named_modules():
        # Pixels are 0 to 255, and boxes are changes of size as logarithms.
        factor = 1 / 64 if getattr(module, "in_channels", 0) == 3 else 0.1 if name.endswith("loc.head.3") else 1
        if factor != 1:
            module.weight.mul_(factor)
    return network.fold(), {"search_size": 207}


@cache
def stark(word: str) -> tuple[Any, dict[str, Any]]:
    import torch

    from vtrack_plugin_stark import LightningLayout, Stark, StarkLayout, StarkLightning

    torch.manual_seed(0)
    options: dict[str, Any] = {"template_size": 32, "search_size": 64, "heads": 4}
    sizes: dict[str, Any] = {"channels": 32, "feedforward": 64, "heads": 4, "head_channels": 32}
    if word == "lightning":
        small = LightningLayout(widths=(8, 16, 16, 24), blocks=(1, 1, 2), template_cells=2, search_cells=4, **sizes)
        return random_numbers(StarkLightning(small)).fuse(), options
    layout = StarkLayout(encoder_layers=2, decoder_layers=2, score_layers=3, **sizes)
    if word != "s":
        options |= {"update_intervals": (2, 3), "update_threshold": 0.0}
    return random_numbers(Stark(layout), spread=0.7).fuse(), options


@cache
def mixformer(family: str, word: str) -> tuple[Any, dict[str, Any]]:
    import torch

    from vtrack_plugin_mixformer import Layout, MixFormer

    torch.manual_seed(0)
    plain: dict[str, Any] = {"widths": (128,), "depths": (2,), "search_cells": 4, "template_cells": 2}
    layouts: dict[str, dict[str, Any]] = {
        "cvt": {"widths": (64, 64, 128), "depths": (1, 1, 2), "hidden": 256, "pyramid": False, "head": 32},
        "vit": {**plain, "hidden": 192, "pyramid": True, "head": 32},
        "v2": {**plain, "hidden": 128, "pyramid": False, "head": 24},
    }
    options: dict[str, Any] = {"update_interval": 2, "min_score": 0.0}
    if family == "cvt":
        options |= {"search_size": 64, "template_size": 32}
    network = random_numbers(MixFormer(Layout(family, scored=True, **layouts[family])))
    return network.fuse(), options


NETWORKS: Mapping[str, Callable[[str], tuple[Any, dict[str, Any]]]] = {
    "siamrpn": siamrpn,
    "stark": stark,
    "mixformer": lambda word: mixformer("cvt", word),
    "mixformer-vit": lambda word: mixformer("vit", word),
    "mixformerv2": lambda word: mixformer("v2", word),
}
"""By the tracker what makes a network, and the options that go with it, for one of its words."""


def write_nanotrack(folder: Path) -> dict[str, str]:
    """Write a backbone of one convolution, and a head that compares its features with the template's middle."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    node, random = onnx.helper.make_node, np.random.default_rng(0)
    constants: dict[str, Any] = {
        "w": (random.normal(size=(4, 3, 16, 16)) / 2000).astype(np.float32),
        "from": np.array([3, 3]),
        "to": np.array([5, 5]),
        "axes": np.array([2, 3]),
        "to scores": random.normal(size=(2, 4, 3, 3)).astype(np.float32),
        "to boxes": random.normal(size=(4, 4, 3, 3)).astype(np.float32),
        "half": np.array([32], np.float32),
    }
    backbone = [node("Conv", ["input", "w"], ["output"], strides=[16, 16], pads=[9, 9, 0, 0])]
    head = [
        node("Slice", ["input1", "from", "to", "axes"], ["middle"]),
        node("GlobalAveragePool", ["middle"], ["looked for"]),
        node("Sub", ["input2", "looked for"], ["difference"]),
        node("Conv", ["difference", "to scores"], ["output1"], pads=[1, 1, 1, 1]),
        node("Conv", ["difference", "to boxes"], ["shifts"], pads=[1, 1, 1, 1]),
        node("Add", ["shifts", "half"], ["output2"]),
    ]
    files = {}
    shapes = {
        "backbone": (backbone, {"input": (1, 3, 255, 255)}, {"output": (1, 4, 16, 16)}),
        "head": (
            head,
            {"input1": (1, 4, 8, 8), "input2": (1, 4, 16, 16)},
            {"output1": (1, 2, 16, 16), "output2": (1, 4, 16, 16)},
        ),
    }
    for part, (nodes, *ends) in shapes.items():
        used = {name for each in nodes for name in each.input}
        values = [
            [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in end.items()]
            for end in ends
        ]
        stored = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items() if name in used]
        graph = onnx.helper.make_graph(nodes, part, *values, stored)
        files[part] = str(folder / f"{part}.onnx")
        onnx.save(
            onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 14)], ir_version=7), files[part]
        )
    return files
