"""Published names of Faster R-CNN's weights, and ours, which are MMDetection's.

What loads:

- MMDetection 2 and 3: as it is.
- MMTracking, and trackers of MMDetection 3: what stands under ``detector.``; the tracker's other networks are left out.
- torchvision's ``fasterrcnn_resnet*_fpn``: renamed; its classes count the background first, ours last, and it has boxes
  for the background, which nothing reads. The same weights do not give the same boxes there and here: torchvision cuts
  regions without the shift of half a pixel and from 2 x 2 points per cell, rounds its anchors, bounds only growth of
  boxes, always cuts them to the picture, and its weights ``COCO_V1`` want batch normalisation without epsilon.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

__all__ = ["convert_faster_rcnn", "count_classes", "resnet_depth"]

_CLASSES = "roi_head.bbox_head.fc_cls.weight"

_TORCHVISION = (
    (re.compile(r"backbone\.body\."), "backbone."),
    (re.compile(r"backbone\.fpn\.inner_blocks\.(\d+)\.(?:0\.)?(?=weight|bias)"), r"neck.lateral_convs.\1.conv."),
    (re.compile(r"backbone\.fpn\.layer_blocks\.(\d+)\.(?:0\.)?(?=weight|bias)"), r"neck.fpn_convs.\1.conv."),
    (re.compile(r"rpn\.head\.conv\.(?:0\.0\.)?(?=weight|bias)"), "rpn_head.rpn_conv."),
    (re.compile(r"rpn\.head\.cls_logits\."), "rpn_head.rpn_cls."),
    (re.compile(r"rpn\.head\.bbox_pred\."), "rpn_head.rpn_reg."),
    (re.compile(r"roi_heads\.box_head\.fc6\."), "roi_head.bbox_head.shared_fcs.0."),
    (re.compile(r"roi_heads\.box_head\.fc7\."), "roi_head.bbox_head.shared_fcs.1."),
    (re.compile(r"roi_heads\.box_predictor\.cls_score\."), "roi_head.bbox_head.fc_cls."),
    (re.compile(r"roi_heads\.box_predictor\.bbox_pred\."), "roi_head.bbox_head.fc_reg."),
)
"""Beginnings of names there, older ones too, and here."""

_PREFIX = "detector."

_DEPTHS = {(2, False): 18, (6, False): 34, (6, True): 50, (23, True): 101, (36, True): 152}
"""Of a ResNet, by the blocks of its third stage, and whether they have three convolutions."""

_THIRD_STAGE = re.compile(r"backbone\.layer3\.(\d+)\.conv([123])\.weight")


def convert_faster_rcnn(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a checkpoint's tensors under our names; what is ours already passes unchanged.

    Args:
        state: Tensors by name, as `vtrack_nets.load_state` gives them.
    """
    if any(name.startswith(_PREFIX) for name in state):
        state = {name.removeprefix(_PREFIX): value for name, value in state.items() if name.startswith(_PREFIX)}
    if any(name.startswith(("backbone.fpn.", "roi_heads.box_")) for name in state):
        return _of_torchvision(state)
    return state


def count_classes(state: dict[str, Tensor]) -> int:
    """Return how many classes weights under our names tell apart, without the background; 0 where none are."""
    weight = state.get(_CLASSES)
    return 0 if weight is None or weight.ndim != 2 else max(len(weight) - 1, 0)


def resnet_depth(state: dict[str, Tensor]) -> int:
    """Return the depth of the ResNet in weights under our names; 0 where there is none of a known depth."""
    found = [match for name in state if (match := _THIRD_STAGE.fullmatch(name))]
    if not found:
        return 0
    return _DEPTHS.get((1 + max(int(match[1]) for match in found), any(match[2] == "3" for match in found)), 0)


def _of_torchvision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    renamed = {}
    for name, value in state.items():
        for pattern, ours in _TORCHVISION:
            if pattern.match(name):
                name = pattern.sub(ours, name, count=1)
                break
        if name.startswith("roi_head.bbox_head.fc_cls."):
            value = torch.roll(value, -1, dims=0)
        elif name.startswith("roi_head.bbox_head.fc_reg."):
            value = value[4:]
        renamed[name] = value
    return renamed
