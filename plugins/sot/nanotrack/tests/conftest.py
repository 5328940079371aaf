"""Networks with inputs and outputs of NanoTrack's, small enough to follow by hand: they find a target's colour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_nanotrack import NanoTrack

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
helper, numpy_helper, FLOAT = onnx.helper, onnx.numpy_helper, onnx.TensorProto.FLOAT

CHANNELS = 4
HALF = 31.75
"""Distance, in pixels of the search picture, from a place to the edges of its box."""


@pytest.fixture
def write_backbone(tmp_path: Path) -> Callable[..., str]:
    """Write a backbone that averages colours in squares of 16 pixels; its shapes are fixed."""

    def write(name: str = "backbone.onnx", *, scale: float = 1.0) -> str:
        weight = np.zeros((CHANNELS, 3, 16, 16), np.float32)
        for channel in range(3):
            weight[channel, channel] = scale / 256
        nodes = [helper.make_node("Conv", ["input", "w"], ["output"], strides=[16, 16], pads=[9, 9, 0, 0])]
        return _saved(
            tmp_path / name,
            nodes,
            {"input": [1, 3, 255, 255]},
            {"output": [1, CHANNELS, 16, 16]},
            {"w": weight},
        )

    return write


@pytest.fixture
def write_head(tmp_path: Path) -> Callable[..., str]:
    """Write a head that scores a place by how near its colour is to that of the template's middle."""

    def write(
        name: str = "head.onnx", *, outputs: tuple[int, int] = (2, 4), half: float = HALF, alone: bool = False
    ) -> str:
        scores, boxes = outputs
        nodes = [
            helper.make_node("Slice", ["input1", "from", "to", "axes"], ["middle"]),
            helper.make_node("GlobalAveragePool", ["middle"], ["looked for"]),
            helper.make_node("Sub", ["input2", "looked for"], ["difference"]),
            helper.make_node("Abs", ["difference"], ["distance"]),
            helper.make_node("ReduceSum", ["distance", "axis"], ["sum"], keepdims=1),
            # The middle of a coloured square is farther from other colours than its edges are.
            helper.make_node("AveragePool", ["sum"], ["around"], kernel_shape=[5, 5], pads=[2, 2, 2, 2]),
            helper.make_node("Mul", ["around", "factor"], ["scaled"]),
            helper.make_node("Add", ["scaled", "bias"], ["logit"]),
            *_reshaped(alone),
            helper.make_node("Mul", ["found", "zero"], ["nothing"]),
            helper.make_node("Add", ["nothing", "half"], ["edge"]),
            helper.make_node("Concat", [*["nothing"] * (scores - 1), "found"], ["output1"], axis=1),
            helper.make_node("Concat", ["edge"] * boxes, ["output2"], axis=1),
        ]
        constants = {
            "from": np.array([3, 3]),
            "to": np.array([5, 5]),
            "axes": np.array([2, 3]),
            "axis": np.array([1]),
            "factor": np.float32([-0.1]),
            "bias": np.float32([9]),
            "shape": np.array([1, 1, 16, 16]),
            "flat": np.array([256]),
            "zero": np.float32([0]),
            "half": np.float32([half]),
        }
        inputs = {"input1": [1, CHANNELS, 8, 8], "input2": [1, CHANNELS, 16, 16]}
        return _saved(
            tmp_path / name, nodes, inputs, {"output1": [1, scores, 16, 16], "output2": [1, boxes, 16, 16]}, constants
        )

    return write


def _reshaped(alone: bool) -> list[Any]:
    """Exporters write the batch of one into shapes, mostly so that it can be left open."""
    if not alone:
        return [helper.make_node("Reshape", ["logit", "shape"], ["found"])]
    return [
        helper.make_node("Reshape", ["logit", "flat"], ["line"]),
        helper.make_node("Reshape", ["line", "shape"], ["found"]),
    ]


@pytest.fixture
def make(write_backbone: Callable[..., str], write_head: Callable[..., str]) -> Callable[..., NanoTrack]:
    """Make a tracker with both."""

    def make(**options: Any) -> NanoTrack:
        given = {"context": BuildContext(device="cpu")} | options
        given |= {"backbone": options.get("backbone") or write_backbone(), "head": options.get("head") or write_head()}
        return NanoTrack(**given)

    return make


def _saved(
    path: Path,
    nodes: list[Any],
    inputs: dict[str, list[int]],
    outputs: dict[str, list[int]],
    constants: dict[str, Any],
) -> str:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7), str(path))
    return str(path)


COLOURS = ((40, 40, 230), (230, 60, 40), (40, 220, 60))


@pytest.fixture(scope="session")
def frame() -> Callable[..., Frame]:
    """Make a frame with coloured squares, 40 pixels wide, that move to the right and down, each another way."""

    def make(index: int, *, squares: int = 1, size: tuple[int, int] = (240, 320)) -> Frame:
        image = np.random.default_rng(index).integers(100, 130, (*size, 3), dtype=np.uint8)
        for number in range(squares):
            x, y = place(index, number)
            image[y : y + 40, x : x + 40] = COLOURS[number]
        return Frame(index, image)

    return make


def place(index: int, number: int = 0) -> tuple[int, int]:
    return 40 + 90 * number + 4 * index, 60 + 30 * number + 3 * index


@pytest.fixture(scope="session")
def target() -> Callable[..., Instances]:
    """Make targets: the squares of a frame, by their numbers."""

    def make(index: int, *numbers: int, ids: tuple[int, ...] | None = None) -> Instances:
        boxes = [(*place(index, number), 40, 40) for number in numbers]
        return Instances.from_ltwh(boxes, ids=ids or numbers)

    return make


@pytest.fixture(scope="session")
def overlap() -> Callable[[Any, Any], float]:
    """Return the overlap of two boxes ``x1, y1, x2, y2``."""

    def overlap(one: Any, other: Any) -> float:
        low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
        common = float(np.clip(high - low, 0, None).prod())
        areas = [float((each[2] - each[0]) * (each[3] - each[1])) for each in (one, other)]
        return common / (sum(areas) - common)

    return overlap
