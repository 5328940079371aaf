"""From the published names of weights to ours, which are Megvii's and ByteTrack's.

MMDetection and MMTracking (Apache-2.0) name the same network otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from vtcore.suggestions import listing
from vtrack_nets.errors import CheckpointError, shown
from vtrack_plugin_yolox.layout import YoloxLayout

__all__ = ["convert_weights", "layout_of"]

_NECK = {
    "reduce_layers.0": "lateral_conv0",
    "reduce_layers.1": "reduce_conv1",
    "top_down_blocks.0": "C3_p4",
    "top_down_blocks.1": "C3_p3",
    "downsamples.0": "bu_conv2",
    "downsamples.1": "bu_conv1",
    "bottom_up_blocks.0": "C3_n3",
    "bottom_up_blocks.1": "C3_n4",
}

_LAYER = {
    "main_conv": "conv1",
    "short_conv": "conv2",
    "final_conv": "conv3",
    "blocks": "m",
    "depthwise_conv": "dconv",
    "pointwise_conv": "pconv",
}

_MMDET = re.compile(r"(?:detector\.)?(?:backbone\.(stage\d|stem)\.|(neck|bbox_head)\.)")


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of `Yolox`.

    Known are the names of Megvii's YOLOX and of ByteTrack, which are ours and stay, and of MMDetection and MMTracking,
    with or without ``detector.`` before them. Of a tracker's checkpoint the detector's weights are taken.

    Args:
        state: Weights by a published naming.
    """
    if any(name.startswith("detector.") for name in state):
        state = {name[9:]: value for name, value in state.items() if name.startswith("detector.")}
    if not any(_MMDET.match(name) for name in state):
        return dict(state)
    # MMDetection's moving averages: what a checkpoint holds under the plain names is theirs already.
    return {_renamed(name): value for name, value in state.items() if not name.startswith("ema_")}


def _renamed(name: str) -> str:
    part, _, rest = name.partition(".")
    if part == "backbone":
        return "backbone.backbone." + _layers(re.sub(r"^stage(\d)", lambda stage: f"dark{int(stage[1]) + 1}", rest))
    if part == "neck" and rest.startswith("out_convs."):
        return "head.stems." + rest.removeprefix("out_convs.")
    if part == "neck":
        block = ".".join(rest.split(".")[:2])
        return f"backbone.{_NECK.get(block, block)}{_layers(rest.removeprefix(block))}"
    if part == "bbox_head":
        rest = re.sub(r"^multi_level_(cls|reg)_convs\.", r"\1_convs.", rest)
        return "head." + _layers(re.sub(r"^multi_level_conv_(cls|reg|obj)\.", r"\1_preds.", rest))
    return name


def _layers(name: str) -> str:
    return ".".join(_LAYER.get(part, part) for part in name.split("."))


def layout_of(state: Mapping[str, Tensor], source: str | Path = "weights") -> YoloxLayout:
    """Return the size and number of classes that weights are for, by their shapes.

    Args:
        state: Weights by the names of `Yolox`, fused or not.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: They are no YOLOX's.
    """
    stem, classes = state.get("backbone.backbone.stem.conv.conv.weight"), state.get("head.cls_preds.0.weight")
    if stem is None or classes is None or stem.ndim != 4 or classes.ndim != 4:
        raise CheckpointError(
            f"holds another network than YOLOX, with weights such as {listing(map(shown, list(state)[:3]))}; give "
            "those of a YOLOX of Megvii, ByteTrack, MMDetection or MMTracking",
            file=source,
        )
    blocks = {name.split(".")[5] for name in state if name.startswith("backbone.backbone.dark2.1.m.")}
    depthwise = "backbone.backbone.dark2.0.dconv.conv.weight" in state
    return YoloxLayout(stem.shape[0], max(1, len(blocks)), depthwise, classes.shape[0])
