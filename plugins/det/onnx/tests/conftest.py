"""ONNX files small enough to follow by hand: networks that answer given numbers, whatever they see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Instances

PLACES = 4 * 8 + 2 * 4 + 2
"""Of the strides 8, 16 and 32 in 32 x 64 pixels."""


@pytest.fixture
def frames() -> Callable[..., list[Frame]]:
    """Make frames of noise."""

    def make(count: int = 1, height: int = 64, width: int = 128) -> list[Frame]:
        random = np.random.default_rng(0)
        return [Frame(index, random.integers(0, 256, (height, width, 3), dtype=np.uint8)) for index in range(count)]

    return make


@pytest.fixture
def yolox_rows() -> Callable[..., np.ndarray]:
    """Make the raw answer of a YOLOX head that finds two boxes."""

    def make(classes: int = 2) -> np.ndarray:
        """Rows of nothing but place 9 (column 1, row 1 of stride 8) and place 41 (column 1, row 0 of stride 32)."""
        rows = np.zeros((PLACES, 5 + classes), np.float32)
        rows[9] = [0.5, 0.5, np.log(2), np.log(1), 0.9, 0.5, *[0] * (classes - 2), 1.0]
        rows[41] = [0.0, 0.5, np.log(1), np.log(0.5), 0.8, 1.0, *[0] * (classes - 1)]
        return rows

    return make


@pytest.fixture
def found(frames: Callable[..., list[Frame]]) -> Callable[..., Instances]:
    """Return what a detector finds in the first of them."""

    def make(detector: Any, count: int = 1, **size: int) -> Instances:
        return detector.detect(frames(count, **size))[0]

    return make


@pytest.fixture
def write_network(tmp_path: Path) -> Callable[..., str]:
    """Write a network that answers constants, one set for each picture, or the same for all."""
    pytest.importorskip("onnx", reason="onnx is not installed")
    return lambda outputs, **options: _write(tmp_path, outputs, **options)


def _write(
    folder: Path,
    outputs: Mapping[str, Any],
    *,
    shape: tuple[Any, ...] = ("n", 3, 32, 64),
    dtype: Any = np.float32,
    metadata: Mapping[str, str] | None = None,
    name: str = "network.onnx",
    sizes: str = "",
) -> str:
    """Write a file whose outputs are constants of one picture, plus 0 times the mean of each picture.

    Args:
        folder: Where.
        outputs: Arrays ``(...)`` of one picture; a first dimension for the batch comes from the input's. One whose name
            begins with ``bare`` has none.
        shape: Of the input; words for what is open.
        dtype: Of the input.
        metadata: Texts.
        name: Of the file.
        sizes: Name of a second input ``(n, 2)`` of int64, that boxes are multiplied with; empty for none.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    kinds = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16, np.uint8: TensorProto.UINT8}
    nodes, constants, declared = [], [], []
    inputs = [helper.make_tensor_value_info("images", kinds[dtype], shape)]
    if sizes:
        inputs.append(helper.make_tensor_value_info(sizes, TensorProto.INT64, ["n", 2]))
        nodes += [
            helper.make_node("Cast", [sizes], ["float_sizes"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["float_sizes", "float_sizes"], ["twice"], axis=1),
            helper.make_node("Unsqueeze", ["twice", "one"], ["each_size"]),
        ]
        constants.append(numpy_helper.from_array(np.array([1]), "one"))
    axes = list(range(1, len(shape)))
    nodes += [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["means"], keepdims=0),
    ]
    constants += [
        numpy_helper.from_array(np.array(axes), "axes"),
        numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
    ]
    nodes.append(helper.make_node("Mul", ["means", "zero"], ["nothing"]))
    for output, values in outputs.items():
        array = np.asarray(values)
        constants.append(numpy_helper.from_array(array.astype(np.float32), f"{output}_values"))
        added = f"{output}_floats"
        if output.startswith("bare"):
            nodes.append(helper.make_node("Identity", [f"{output}_values"], [added]))
        else:
            constants.append(numpy_helper.from_array(np.array([-1] + [1] * array.ndim), f"{output}_shape"))
            nodes += [
                helper.make_node("Reshape", ["nothing", f"{output}_shape"], [f"{output}_nothing"]),
                helper.make_node("Add", [f"{output}_nothing", f"{output}_values"], [added]),
            ]
        if sizes and output == "boxes":
            nodes.append(helper.make_node("Mul", [added, "each_size"], [f"{output}_sized"]))
            added = f"{output}_sized"
        kind = TensorProto.INT64 if array.dtype.kind == "i" else TensorProto.FLOAT
        nodes.append(helper.make_node("Cast", [added], [output], to=kind))
        declared.append(helper.make_tensor_value_info(output, kind, None))
    graph = helper.make_graph(nodes, "constants", inputs, declared, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if metadata:
        helper.set_model_props(model, dict(metadata))
    path = folder / name
    save(model, str(path))
    return str(path)
