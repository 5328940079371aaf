"""Options of Faster R-CNN."""

from __future__ import annotations

import attrs

from vtcore.components import ComponentTable
from vtcore.interfaces import Backbone, Head
from vtcore.options import option
from vtrack_common_det.network_config import NetworkDetectorConfig
from vtrack_nets.interfaces import Neck

__all__ = ["FasterRcnnConfig"]


@attrs.frozen(kw_only=True)
class FasterRcnnConfig(NetworkDetectorConfig):
    """Options of Faster R-CNN; the defaults are those of MMDetection's models trained on COCO."""

    max_detections: int = option(100, "Most detections of a frame, the best ones; 0 for any number.", ge=0)
    backbone: Backbone = option(ComponentTable("resnet"), "The network from pictures to feature maps.")
    neck: Neck = option(ComponentTable("fpn"), "The network from the backbone's feature maps to a pyramid.")
    rpn: Head = option(ComponentTable("rpn"), "The first stage, which proposes boxes.")
    roi_head: Head = option(ComponentTable("box"), "The second stage, which tells what is in each.")
    scale: tuple[int, int] = option(
        (1333, 800),
        "Pictures are scaled until their long edge reaches the greater of the two, or their short edge the smaller; "
        "more finds smaller objects and is slower.",
        unit="px",
        ge=32,
    )
    pad_to: int = option(32, "Scaled pictures are padded until their edges are multiples of this.", unit="px", ge=1)
    clip_border: bool = option(True, "Cut boxes to the picture; false leaves those that reach beyond it.")
    mean: tuple[float, float, float] = option(
        (123.675, 116.28, 103.53), "Mean of each channel, in the network's order, on the scale of 0 to 255."
    )
    std: tuple[float, float, float] = option((58.395, 57.12, 57.375), "Spread of each channel.", gt=0)
    channel_order: str = option(
        "rgb",
        "The network's order of channels; weights that start from Caffe's want bgr, mean (103.53, 116.28, 123.675) "
        "and std (1, 1, 1).",
        choices=("rgb", "bgr"),
    )
