"""Weights out of an ONNX file of YOLOX, for our own network.

Exporters name weights as they like and fold batch norms into convolutions. So names and order are not asked: each
convolution of the file is known by its place in the graph, that is by its shape and by those before and after it, as it
is in our network (colour refinement, Weisfeiler and Leman, 1968).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor, fx, nn

from vtcore.errors import MissingPackageError
from vtrack_nets.errors import CheckpointError
from vtrack_plugin_yolox.decoding import STRIDES
from vtrack_plugin_yolox.fusing import fold
from vtrack_plugin_yolox.layout import YoloxLayout
from vtrack_plugin_yolox.network import Yolox

if TYPE_CHECKING:
    import onnx

__all__ = ["read_onnx_weights"]

_DEEPEST = 12
"""Most repeats that are tried; the largest published network has 4."""

_NO_DATA = {"Shape", "Size", "Constant", "ConstantOfShape"}
"""Operations whose result does not depend on the numbers in a map."""

_ARITHMETIC = {"Add", "Sub", "Mul", "Div"}

_SAME = {"Identity", "Cast"}
"""Operations that hand a weight on: exporters keep equal weights once, or store them in half precision."""

_OTHER_ACTIVATIONS = {"Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu", "Selu"}
"""Activations that YOLOX may be built with; ours has SiLU, as all published weights."""


@attrs.define
class _Convolution:
    """A convolution of a graph.

    Attributes:
        kind: Its weight's shape, groups and strides.
        before: Names of the convolutions whose results reach its input.
        weight: None in our own graph.
        bias: None where it has none.
    """

    kind: tuple[Any, ...]
    before: frozenset[str]
    weight: Tensor | None = None
    bias: Tensor | None = None


_Graph = dict[str, _Convolution]


def read_onnx_weights(path: str | Path) -> dict[str, Tensor]:
    """Read the weights of a YOLOX.

    Args:
        path: An ONNX file, of any size and any number of classes, exported with or without folded batch norms.

    Returns:
        Weights of the fused form, by the names of `Yolox`.

    Raises:
        MissingPackageError: onnx is not installed.
        CheckpointError: The file is damaged, or of another network.
    """
    model = _model(path)
    theirs = _graph_of_file(model, path)
    ours = _matching_graph(theirs, path)
    colours, own = _colours(theirs, ours)
    places = {colour: name for name, colour in own.items()}
    if len(places) < len(own) or Counter(colours.values()) != Counter(own.values()):
        raise CheckpointError(
            "holds another network than YOLOX: its convolutions are connected otherwise; run it as it is with the "
            "detector 'onnx'",
            file=path,
        )
    other = next((node.op_type for node in model.graph.node if node.op_type in _OTHER_ACTIVATIONS), None)
    if other is not None:
        raise CheckpointError(
            f"holds a YOLOX with {other} in place of SiLU; run it as it is with the detector 'onnx'", file=path
        )
    state = {}
    for name, colour in colours.items():
        convolution = theirs[name]
        if convolution.weight is None or convolution.bias is None:
            raise CheckpointError(f"its convolution {name} has no constant weight and bias", file=path)
        state[f"{places[colour]}.weight"] = convolution.weight
        state[f"{places[colour]}.bias"] = convolution.bias
    return state


def _model(path: str | Path) -> onnx.ModelProto:
    try:
        import onnx
    except ImportError as error:
        raise MissingPackageError(
            f"{path}: to read weights out of ONNX files, onnx is needed: pip install 'vtrack-plugin-yolox[onnx]'"
        ) from error
    try:
        return onnx.load(str(path))
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror or error}", file=path) from error
    except Exception as error:
        # Whatever the bytes of another file happen to mean.
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CheckpointError(f"is damaged, or no ONNX file ({told})", file=path) from error


def _graph_of_file(model: onnx.ModelProto, path: str | Path) -> _Graph:
    """Return the convolutions of a file, batch norms folded."""
    values = _constants(model.graph)
    found: _Graph = {}
    reached: dict[str, frozenset[str]] = {}
    direct: dict[str, _Convolution] = {}
    for number, node in enumerate(model.graph.node):
        before = frozenset[str]().union(*(reached.get(name, frozenset()) for name in node.input))
        options = {each.name: each for each in node.attribute}
        if node.op_type == "Conv" and node.input[1] in values:
            name = f"{number}"
            weight = values[node.input[1]]
            strides = tuple(options["strides"].ints) if "strides" in options else (1, 1)
            groups = options["group"].i if "group" in options else 1
            bias = values.get(node.input[2]) if len(node.input) > 2 else torch.zeros(weight.shape[0])
            found[name] = _Convolution((tuple(weight.shape), groups, strides), before, weight, bias)
            before = frozenset({name})
            direct[node.output[0]] = found[name]
        elif node.op_type in _ARITHMETIC and any(name in direct for name in node.input):
            _take_in(node, direct, values, path)
        elif node.op_type == "BatchNormalization" and len(before) == 1:
            epsilon = options["epsilon"].f if "epsilon" in options else 1e-5
            _fold_into(found[next(iter(before))], [values.get(name) for name in node.input[1:5]], epsilon, path)
        elif node.op_type in _NO_DATA:
            before = frozenset()
        reached.update(dict.fromkeys(node.output, before))
    return found


def _constants(graph: onnx.GraphProto) -> dict[str, Tensor]:
    from onnx import numpy_helper

    held = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            held.update((node.output[0], each.t) for each in node.attribute if each.name == "value")
    # Copied: the file's own bytes cannot be written to, which torch warns of.
    constants = {
        name: torch.from_numpy(numpy_helper.to_array(each).copy()).float()
        for name, each in held.items()
        if each.data_type in (1, 10, 11)  # float, float16, double
    }
    for node in graph.node:
        if node.op_type in _SAME and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return constants


def _take_in(
    node: onnx.NodeProto, direct: dict[str, _Convolution], values: dict[str, Tensor], path: str | Path
) -> None:
    """Add to a convolution's bias what a node adds to its result, as some exporters write a bias."""
    constant = next((values[name] for name in node.input if name in values), None)
    if constant is None:
        return
    convolution = next(direct[name] for name in node.input if name in direct)
    if node.op_type != "Add" or convolution.bias is None or constant.numel() not in (1, len(convolution.bias)):
        raise CheckpointError(
            f"its {node.op_type} behind a convolution is part of no YOLOX; run it as it is with the detector 'onnx'",
            file=path,
        )
    convolution.bias = convolution.bias + constant.reshape(-1)
    direct[node.output[0]] = convolution


def _fold_into(convolution: _Convolution, norm: list[Tensor | None], epsilon: float, path: str | Path) -> None:
    scale, shift, mean, variance = norm
    weight, bias = convolution.weight, convolution.bias
    if weight is None or bias is None or scale is None or shift is None or mean is None or variance is None:
        raise CheckpointError("a batch norm has no constant weights", file=path)
    convolution.weight, convolution.bias = fold(weight, scale, shift, mean - bias, variance, epsilon)


def _matching_graph(theirs: _Graph, path: str | Path) -> _Graph:
    """Return our own network's convolutions, for the size and number of classes that the file's have."""
    last = theirs.keys() - frozenset[str]().union(*(each.before for each in theirs.values()))
    outputs = sorted(theirs[name].kind[0][0] for name in last)
    first = [each for each in theirs.values() if not each.before]
    rest = Counter(outputs) - Counter({4: len(STRIDES), 1: len(STRIDES)})
    if len(first) == 1 and first[0].kind[0][1:] == (12, 3, 3) and len(rest) == 1 and rest.total() == len(STRIDES):
        depthwise = any(each.kind[1] > 1 for each in theirs.values())
        for repeats in range(1, _DEEPEST + 1):
            ours = _graph_of_layout(YoloxLayout(first[0].kind[0][0], repeats, depthwise, next(iter(rest))))
            if len(ours) >= len(theirs):
                break
        if Counter(each.kind for each in ours.values()) == Counter(each.kind for each in theirs.values()):
            return ours
    raise CheckpointError(
        f"holds another network than YOLOX ({len(theirs)} convolutions of other shapes); run it as it is with the "
        "detector 'onnx'",
        file=path,
    )


class _Maps(nn.Module):
    """The network up to its raw maps, which no shape steers: it can be traced."""

    def __init__(self, network: Yolox) -> None:
        super().__init__()
        self.backbone = network.backbone
        self.head = network.head

    def forward(self, images: Tensor) -> Any:
        return self.head(self.backbone(images))


def _graph_of_layout(layout: YoloxLayout) -> _Graph:
    with torch.device("meta"):
        network = _Maps(Yolox(layout, fused=True))
    found: _Graph = {}
    reached: dict[fx.Node, frozenset[str]] = {}
    for node in fx.symbolic_trace(network).graph.nodes:
        before = frozenset[str]().union(*(reached[each] for each in node.all_input_nodes))
        layer = network.get_submodule(node.target) if node.op == "call_module" else None
        if isinstance(layer, nn.Conv2d):
            found[node.target] = _Convolution((tuple(layer.weight.shape), layer.groups, layer.stride), before)
            before = frozenset({node.target})
        reached[node] = before
    return found


def _colours(*graphs: _Graph) -> list[dict[str, int]]:
    """Return a number for each convolution of each graph: the same where kind and surroundings are, at any distance."""
    after: list[dict[str, set[str]]] = []
    for graph in graphs:
        after.append({name: set() for name in graph})
        for name, each in graph.items():
            for before in each.before:
                after[-1][before].add(name)
    colours = _numbered([{name: each.kind for name, each in graph.items()} for graph in graphs])
    count = 0
    while count < (count := len({number for own in colours for number in own.values()})):
        around = [
            {
                name: (own[name], _sorted(own, each.before), _sorted(own, following[name]))
                for name, each in graph.items()
            }
            for graph, own, following in zip(graphs, colours, after, strict=True)
        ]
        colours = _numbered(around)
    return colours


def _sorted(colours: Mapping[str, int], names: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(colours[name] for name in names))


def _numbered(graphs: list[dict[str, Any]]) -> list[dict[str, int]]:
    numbers: dict[Any, int] = {}
    return [{name: numbers.setdefault(value, len(numbers)) for name, value in graph.items()} for graph in graphs]
