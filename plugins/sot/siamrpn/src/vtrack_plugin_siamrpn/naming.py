"""From the published names of weights to ours, which are pysot's, and what network weights are of.

MMTracking (Apache-2.0) names the same network otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from torch import Tensor

from vtcore.suggestions import listing
from vtrack_nets.errors import CheckpointError, shown
from vtrack_plugin_siamrpn.layout import SiamRpnLayout

__all__ = ["convert_weights", "layout_of"]

_LEVELS = {
    "neck.convs": ("neck.downsample", ".downsample"),
    "head.cls_heads": ("rpn_head.rpn", ".cls"),
    "head.reg_heads": ("rpn_head.rpn", ".loc"),
}
"""MMTracking's lists of levels, and what stands before and behind the level's number, from 2 on, in ours."""

_WHOLE = {"head.cls_weight": "rpn_head.cls_weight", "head.reg_weight": "rpn_head.loc_weight"}

_PARTS = {
    "conv": "0",
    "bn": "1",
    "kernel_convs.conv": "conv_kernel.0",
    "kernel_convs.bn": "conv_kernel.1",
    "search_convs.conv": "conv_search.0",
    "search_convs.bn": "conv_search.1",
    "head_convs.0.conv": "head.0",
    "head_convs.0.bn": "head.1",
    "head_convs.1.conv": "head.3",
}

_LEVEL = re.compile(r"(neck\.convs|head\.(?:cls|reg)_heads)\.(\d+)\.(.+)\.(\w+)")
_ADJUST = re.compile(r"neck\.downsample\.(?=\d)")
_STAGE = re.compile(r"backbone\.layer(\d)\.(\d+)\.")


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of `SiamRpn`.

    Known are the names of pysot, which are ours and stay, and of MMTracking.

    Args:
        state: Weights by a published naming.
    """
    return {_renamed(name): value for name, value in state.items()}


def _renamed(name: str) -> str:
    found = _LEVEL.fullmatch(name)
    if found:
        (before, behind), part = _LEVELS[found[1]], _PARTS.get(found[3], found[3])
        return f"{before}{int(found[2]) + 2}{behind}.{part}.{found[4]}"
    # pysot's neck of one level without the shell that holds several.
    return _WHOLE.get(name, _ADJUST.sub("neck.downsample.downsample.", name))


def layout_of(state: Mapping[str, Tensor], source: str | Path = "weights") -> SiamRpnLayout:
    """Return the network that weights are of, by their names and shapes.

    Args:
        state: Weights by the names of `SiamRpn`, not folded.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: They are no SiamRPN's.
    """
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    try:
        return _layout(shapes)
    except (LookupError, ValueError) as error:
        if any(name.startswith("mask_head.") for name in state):
            problem = "holds the weights of SiamMask"
        elif any(name.startswith("rpn_head.") for name in state):
            problem = (
                f"holds weights of a SiamRPN that is none of the published ones ({shown(str(error))} is not there)"
            )
        else:
            problem = f"holds another network than SiamRPN, with weights such as {listing(map(shown, list(state)[:3]))}"
        raise CheckpointError(f"{problem}; give those of a SiamRPN of pysot or MMTracking", file=source) from error


Shapes = Mapping[str, tuple[int, ...]]


def _layout(shapes: Shapes) -> SiamRpnLayout:
    head = _head(shapes)
    names = ["neck.downsample"] if "neck.downsample.downsample.0.weight" in shapes else []
    names = names or [f"neck.downsample{level}" for level in range(2, 2 + len(head.hidden))]
    adjusted = [shapes.get(f"{name}.downsample.0.weight", ()) for name in names]
    if adjusted[0]:
        neck, inside = tuple(shape[0] for shape in adjusted), [shape[1] for shape in adjusted]
    else:
        neck, inside = (), head.inside
    return attrs.evolve(
        _backbone(shapes, inside),
        neck=neck,
        head=head.kind,
        hidden=head.hidden,
        kernel=head.kernel,
        anchors=head.anchors,
        weighted="rpn_head.cls_weight" in shapes,
    )


class _Head:
    """What the weights of heads tell."""

    def __init__(self, kind: str, first: Sequence[tuple[int, ...]], anchors: int) -> None:
        self.kind, self.anchors, self.kernel = kind, anchors, first[0][2]
        self.hidden = tuple(shape[0] for shape in first)
        self.inside = [shape[1] for shape in first]


def _head(shapes: Shapes) -> _Head:
    if "rpn_head.search_cls_conv.weight" in shapes:
        return _Head(
            "up-channel", [shapes["rpn_head.search_cls_conv.weight"]], shapes["rpn_head.loc_adjust.weight"][0] // 4
        )
    if "rpn_head.cls.head.3.weight" in shapes:
        return _Head(
            "depthwise", [shapes["rpn_head.cls.conv_kernel.0.weight"]], shapes["rpn_head.cls.head.3.weight"][0] // 2
        )
    anchors, level, first = shapes["rpn_head.rpn2.cls.head.3.weight"][0] // 2, 2, []
    while f"rpn_head.rpn{level}.cls.conv_kernel.0.weight" in shapes:
        first.append(shapes[f"rpn_head.rpn{level}.cls.conv_kernel.0.weight"])
        level += 1
    return _Head("multi", first, anchors)


def _backbone(shapes: Shapes, inside: Sequence[int]) -> SiamRpnLayout:
    if "backbone.features.0.weight" in shapes:
        channels = tuple(shapes[f"backbone.features.{place}.weight"][0] for place in (0, 4, 8, 11, 14))
        return SiamRpnLayout("alexnetlegacy", (), (), channels)
    if "backbone.layer0.0.weight" in shapes:
        return _mobilenet(shapes, inside)
    if "backbone.layer5.0.weight" in shapes:
        channels = tuple(shapes[f"backbone.layer{layer}.0.weight"][0] for layer in range(1, 6))
        return SiamRpnLayout("alexnet", (), (), channels)
    blocks = {(int(found[1]), int(found[2])) for found in map(_STAGE.match, shapes) if found}
    if "backbone.layer1.0.conv3.weight" in shapes:
        depth, expansion = 50, 4
    else:
        depth, expansion = (34 if (1, 2) in blocks else 18), 1
    stages = tuple(sorted({stage for stage, _ in blocks}))
    outputs = {shapes["backbone.conv1.weight"][0]: 0} | {64 * 2 ** (stage - 1) * expansion: stage for stage in stages}
    return SiamRpnLayout(f"resnet{depth}", tuple(outputs[channels] for channels in inside), stages)


def _mobilenet(shapes: Shapes, inside: Sequence[int]) -> SiamRpnLayout:
    counts = (1, 2, 3, 4, 3, 3, 1)
    last = [f"backbone.layer{stage}.{count - 1}.conv.6.weight" for stage, count in enumerate(counts, start=1)]
    channels = tuple(shapes[name][0] for name in ("backbone.layer0.0.weight", *last))
    layers: list[int] = []
    before = len(channels)
    # From the last on, since the stem has as many channels as a stage behind it.
    for wanted in reversed(inside):
        before = max(layer for layer in range(before) if channels[layer] == wanted)
        layers.insert(0, before)
    return SiamRpnLayout("mobilenetv2", tuple(layers), (), channels)
