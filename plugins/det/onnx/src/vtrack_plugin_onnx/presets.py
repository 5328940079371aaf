"""What a network's outputs may mean, and how pictures are handed to it; light."""

from __future__ import annotations

import attrs

__all__ = ["BOX_FORMATS", "DECODINGS", "PRESETS", "RESIZES", "Decoding", "Preset"]

RESIZES = ("letterbox", "letterbox-centre", "stretch", "keep-ratio")
BOX_FORMATS = ("xyxy", "cxcywh", "xywh")

_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_DEVIATION = (0.229 * 255, 0.224 * 255, 0.225 * 255)


@attrs.frozen
class Preset:
    """How pictures become a network's input.

    Attributes:
        resize: One of `RESIZES`.
        channel_order: ``"bgr"`` or ``"rgb"``.
        mean: Of each channel, in the network's order, taken off pixels of 0 to 255.
        std: What each channel is then divided by.
        pad: Value of what no picture covers, 0 to 255.
    """

    resize: str
    channel_order: str
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pad: int = 114


PRESETS = {
    "megvii": Preset("letterbox", "bgr"),
    "bytetrack": Preset("letterbox", "rgb", _MEAN, _DEVIATION),
    "centred": Preset("letterbox-centre", "rgb", std=(255.0, 255.0, 255.0)),
    "unit": Preset("stretch", "rgb", std=(255.0, 255.0, 255.0)),
    "imagenet": Preset("stretch", "rgb", _MEAN, _DEVIATION),
}


@attrs.frozen
class Decoding:
    """What is usual where a network's outputs mean this.

    Attributes:
        preset: How pictures are handed to it.
        activation: What makes scores of its numbers: ``"none"``, ``"sigmoid"`` or ``"softmax"``.
        box_format: One of `BOX_FORMATS`.
        suppressed: Whether boxes that overlap are still to be thinned out.
    """

    preset: str
    activation: str
    box_format: str
    suppressed: bool


DECODINGS = {
    "yolox": Decoding("megvii", "none", "cxcywh", suppressed=True),
    "yolox-decoded": Decoding("megvii", "none", "cxcywh", suppressed=True),
    "yolov8": Decoding("centred", "none", "cxcywh", suppressed=True),
    "detr": Decoding("imagenet", "softmax", "cxcywh", suppressed=False),
    "boxes-scores-labels": Decoding("unit", "none", "xyxy", suppressed=False),
}
