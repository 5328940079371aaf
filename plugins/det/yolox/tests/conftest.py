"""Small networks with numbers that keep their range, and the same as ONNX files."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import fx, nn
from torch.nn.functional import silu

from vtrack_plugin_yolox import Yolox, YoloxLayout
from vtrack_plugin_yolox.onnx_weights import _Maps

NetworkMaker = Callable[..., Yolox]


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Keep to one thread: networks this small only wait for others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_network() -> NetworkMaker:
    """Return what makes a network whose norms are not trivial, so that folding them wrongly shows."""

    def make(layout: YoloxLayout, *, seed: int = 0) -> Yolox:
        torch.manual_seed(seed)
        network = Yolox(layout).eval()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.8, 1.6)
                nn.init.normal_(module.bias, std=0.2)
                nn.init.normal_(module.running_mean, std=0.1)
                nn.init.uniform_(module.running_var, 0.3, 1.5)
        for layer in (*network.head.cls_preds, *network.head.obj_preds):
            nn.init.normal_(layer.bias)
        return network.requires_grad_(requires_grad=False)

    return make


@pytest.fixture
def write_onnx() -> Callable[..., None]:
    """Return what writes the raw maps of a network as an ONNX file, with names that tell nothing."""
    onnx = pytest.importorskip("onnx")

    def write(network: Yolox, path: Path, *, size: tuple[int, int] = (64, 96), shuffle: int | None = None) -> None:
        graph = _exported(network, size)
        if shuffle is not None:
            nodes = _shuffled(list(graph.node), {each.name for each in graph.initializer}, shuffle)
            del graph.node[:]
            graph.node.extend(nodes)
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, str(path))

    return write


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of the reference data."""
    given = os.environ.get("VTCORE_REFERENCE_DATA", "")
    folder = Path(given) if given else Path(__file__).parents[4] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder} (VTCORE_REFERENCE_DATA)")
    return folder


def _shuffled(nodes: list[Any], known: set[str], seed: int) -> list[Any]:
    """Return nodes in another order that keeps each behind those that it needs."""
    random, known, order = np.random.default_rng(seed), known | {"images"}, []
    while nodes:
        ready = [node for node in nodes if all(not name or name in known for name in node.input)]
        chosen = ready[random.integers(len(ready))]
        nodes = [node for node in nodes if node is not chosen]
        known |= set(chosen.output)
        order.append(chosen)
    return order


def _exported(network: Yolox, size: tuple[int, int]) -> Any:
    from onnx import TensorProto, helper

    maps = _Maps(network).eval()
    writer = _Writer(maps)
    traced = fx.symbolic_trace(maps).graph
    for node in traced.nodes:
        writer.add(node)
    (result,) = (node.args[0] for node in traced.nodes if node.op == "output")
    outputs = [helper.make_tensor_value_info(writer.names[node], TensorProto.FLOAT, [None] * 4) for node in result]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, 3, *size])
    return helper.make_graph(writer.nodes, "graph", [images], outputs, writer.constants)


class _Writer:
    """Turns the operations of a traced network into those of ONNX."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names: dict[fx.Node, str] = {}

    def add(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            self.names[node] = "images"
        elif node.op == "call_module":
            self.names[node] = self._module(self.network.get_submodule(str(node.target)), self.names[node.args[0]])
        elif node.op == "call_function":
            self.names[node] = self._function(node)

    def _function(self, node: fx.Node) -> str:
        if node.target is operator.getitem:
            result = self.names[node.args[0]]
            index = node.args[1]
            axes = {
                (0 if index[0] is not Ellipsis else 4 - len(index)) + place: each for place, each in enumerate(index)
            }
            for axis, each in axes.items():
                if isinstance(each, slice) and each != slice(None):
                    numbers = [each.start or 0, np.iinfo(np.int64).max, axis, each.step]
                    result = self._node("Slice", result, *(self._constant(np.array([number])) for number in numbers))
            return result
        if node.target is silu:
            maps = self.names[node.args[0]]
            return self._node("Mul", maps, self._node("Sigmoid", maps))
        inputs = [self.names[each] for each in (node.args[0] if node.target is torch.cat else node.args)]
        return self._node("Concat", *inputs, axis=1) if node.target is torch.cat else self._node("Add", *inputs)

    def _module(self, module: nn.Module, inputs: str) -> str:
        match module:
            case nn.Conv2d():
                given = [self._constant(each.numpy()) for each in (module.weight, module.bias) if each is not None]
                edge = module.padding[0]
                options = {"strides": module.stride, "pads": [edge] * 4, "group": module.groups}
                return self._node("Conv", inputs, *given, **options)
            case nn.BatchNorm2d():
                norm = (module.weight, module.bias, module.running_mean, module.running_var)
                given = [self._constant(each.numpy()) for each in norm]
                return self._node("BatchNormalization", inputs, *given, epsilon=module.eps)
            case nn.MaxPool2d():
                return self._node("MaxPool", inputs, kernel_shape=[5, 5], pads=[2] * 4)
            case nn.Upsample():
                scales = self._constant(np.array([1, 1, 2, 2], np.float32))
                options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
                return self._node("Resize", inputs, "", scales, **options)
        return inputs

    def _node(self, kind: str, *inputs: str, **options: Any) -> str:
        from onnx import helper

        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **options))
        return name

    def _constant(self, value: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
