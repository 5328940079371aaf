from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vtrack_nets import CheckpointError
from vtrack_plugin_yolox import Yolox, YoloxLayout, load_network
from vtrack_plugin_yolox.fusing import fused_state

onnx = pytest.importorskip("onnx")

LAYOUTS = [
    YoloxLayout(8, 1, depthwise=True, classes=80),
    YoloxLayout(8, 2, depthwise=False, classes=1),
    YoloxLayout(8, 1, depthwise=False, classes=4),
    YoloxLayout(16, 3, depthwise=True, classes=2),
]


def fused(network: Yolox) -> Yolox:
    folded = Yolox(network.layout, fused=True).eval().requires_grad_(requires_grad=False)
    folded.load_state_dict(fused_state(network.state_dict()))
    return folded


@pytest.mark.parametrize("shuffle", [None, 0])
@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_weight_finds_its_place_whatever_names_and_order(
    make_network: Any, write_onnx: Any, tmp_path: Path, layout: YoloxLayout, folded: bool, shuffle: int | None
) -> None:
    network = make_network(layout)
    wanted = fused_state(network.state_dict())
    write_onnx(fused(network) if folded else network, tmp_path / "network.onnx", shuffle=shuffle)
    loaded = load_network(tmp_path / "network.onnx")
    assert loaded.layout == layout
    assert loaded.fused
    for name, value in loaded.state_dict().items():
        torch.testing.assert_close(value, wanted[name], rtol=1e-5, atol=1e-6, msg=name)


def test_runs_as_onnxruntime_does(make_network: Any, write_onnx: Any, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    network = make_network(LAYOUTS[0])
    write_onnx(network, tmp_path / "network.onnx")
    images = np.random.default_rng(0).uniform(-2, 2, (2, 3, 64, 96)).astype(np.float32)
    session = runtime.InferenceSession(str(tmp_path / "network.onnx"), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"images": images})
    with torch.inference_mode():
        ours = load_network(tmp_path / "network.onnx").eval().raw(torch.from_numpy(images))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


def test_weights_that_are_handed_on_are_found(make_network: Any, write_onnx: Any, tmp_path: Path) -> None:
    # torch.onnx.export writes equal weights once, and others as their Identity; others store halves, and cast them.
    network, path = make_network(LAYOUTS[0]), tmp_path / "network.onnx"
    write_onnx(network, path)
    model = onnx.load(str(path))
    stored = {each.name: each for each in model.graph.initializer}
    nodes = []
    for number, node in enumerate(each for each in model.graph.node if each.op_type == "Conv"):
        held = stored[node.input[1]]
        halves = onnx.numpy_helper.to_array(held).astype(np.float16)
        held.CopyFrom(onnx.numpy_helper.from_array(halves, held.name))
        nodes.append(onnx.helper.make_node("Cast", [held.name], [f"full{number}"], to=onnx.TensorProto.FLOAT))
        nodes.append(onnx.helper.make_node("Identity", [f"full{number}"], [f"same{number}"]))
        node.input[1] = f"same{number}"
    nodes += model.graph.node
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    wanted = fused_state(network.state_dict())
    for name, value in load_network(path).state_dict().items():
        torch.testing.assert_close(value, wanted[name], rtol=2e-3, atol=1e-3, msg=name)


@pytest.mark.parametrize("operation", ["Add", "Mul"])
def test_numbers_behind_a_convolution_are_its_bias_or_refused(
    make_network: Any, write_onnx: Any, tmp_path: Path, operation: str
) -> None:
    network, path = fused(make_network(LAYOUTS[0])), tmp_path / "network.onnx"
    write_onnx(network, path)
    model = onnx.load(str(path))
    biases = {each.name: each for each in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        nodes.append(node)
        if node.op_type == "Conv":
            bias, result = node.input.pop(), node.output[0]
            node.output[0] = f"{result} without bias"
            biases[bias].dims[:] = [1, *biases[bias].dims, 1, 1]
            nodes.append(onnx.helper.make_node(operation, [bias, node.output[0]], [result]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
    if operation == "Mul":
        with pytest.raises(CheckpointError, match="its Mul behind a convolution is part of no YOLOX"):
            load_network(path)
    else:
        for name, value in load_network(path).state_dict().items():
            torch.testing.assert_close(value, network.state_dict()[name], msg=name)


def test_another_activation_is_refused(make_network: Any, write_onnx: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    write_onnx(make_network(LAYOUTS[0]), path)
    model = onnx.load(str(path))
    for node in model.graph.node:
        if node.op_type == "Sigmoid":
            node.op_type = "Relu"
    onnx.save(model, str(path))
    with pytest.raises(CheckpointError, match=r"network.onnx: holds a YOLOX with Relu in place of SiLU; run it"):
        load_network(path)


def test_the_hash_is_checked(make_network: Any, write_onnx: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    write_onnx(make_network(LAYOUTS[0]), path)
    assert load_network(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(CheckpointError, match="sha256"):
        load_network(path, sha256="01234567")


def test_another_network_is_refused(tmp_path: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.zeros((4, 3, 3, 3), np.float32), "weight")
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, channels, None, None])
        for name, channels in (("images", 3), ("maps", 4))
    ]
    node = onnx.helper.make_node("Conv", ["images", "weight"], ["maps"])
    graph = onnx.helper.make_graph([node], "graph", values[:1], values[1:], [weight])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "other.onnx"))
    with pytest.raises(
        CheckpointError, match=r"other.onnx: holds another network than YOLOX \(1 convolutions of other"
    ):
        load_network(tmp_path / "other.onnx")


def test_a_network_connected_otherwise_is_refused(make_network: Any, write_onnx: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    write_onnx(make_network(YoloxLayout(8, 1, depthwise=False, classes=2)), path)
    model = onnx.load(str(path))
    sums = [node for node in model.graph.node if node.op_type == "Add"]
    # A bottleneck is now added to what came two before it.
    sums[3].input[1] = sums[1].output[0]
    onnx.save(model, str(path))
    with pytest.raises(CheckpointError, match="its convolutions are connected otherwise"):
        load_network(path)


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\x08\x06\x12\x07pytorch"])
def test_damage_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_network(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_network(tmp_path / "network.onnx")
