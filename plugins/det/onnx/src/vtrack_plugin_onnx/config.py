"""Options of detectors in ONNX files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from vtcore.options import option
from vtrack_common_det.network_config import NetworkDetectorConfig
from vtrack_nets.sources import is_address
from vtrack_nets.weights_option import weights_option
from vtrack_plugin_onnx.presets import BOX_FORMATS, DECODINGS, PRESETS, RESIZES, Preset

__all__ = ["OnnxConfig"]

_EXTERNAL = ".data"


@attrs.frozen(kw_only=True)
class OnnxConfig(NetworkDetectorConfig):
    """What the outputs of a network mean, and how pictures are handed to it."""

    weights: str = weights_option(help="File or address (https://...) of the network, an ONNX file.")
    decoding: str = option(
        "yolox",
        "What the outputs mean: yolox (raw head), yolox-decoded (its boxes already in pixels), yolov8 (boxes and class "
        "scores in rows), detr (class logits and boxes of queries) or boxes-scores-labels.",
        choices=tuple(DECODINGS),
    )
    outputs: tuple[str, ...] = option(
        (),
        "Names of the outputs, in the decoding's order: the predictions; logits, boxes; or boxes, scores, labels (less "
        "where one holds several). Empty finds them by their usual names and shapes.",
    )
    activation: str = option(
        "",
        "What makes scores of the outputs: none, sigmoid or softmax (the last class then stands for nothing); empty "
        "for the decoding's usual one: softmax for detr, none for the others.",
        choices=("", "none", "sigmoid", "softmax"),
    )
    box_format: str = option(
        "",
        "How the outputs hold a box: xyxy (corners), cxcywh (centre and size) or xywh (corner and size); empty for the "
        "decoding's usual one: xyxy for boxes-scores-labels, cxcywh for the others.",
        choices=("", *BOX_FORMATS),
    )
    box_units: str = option(
        "auto",
        "What coordinates count: pixels of the network's picture, or shares of it (fractions); auto: fractions for "
        "detr, pixels for the others.",
        choices=("auto", "pixels", "fractions"),
    )
    label_numbers: str = option(
        "from-zero",
        "How the network numbers its classes: from-zero, from-one (0 is the background) or coco-ids (1 to 90, with "
        "gaps).",
        choices=("from-zero", "from-one", "coco-ids"),
    )
    strides: tuple[int, ...] = option(
        (8, 16, 32), "Pixels from one place to the next, of each scale of a raw YOLOX head.", unit="px", ge=1
    )
    input_size: tuple[int, ...] = option(
        (),
        "Height and width of the network's pictures (keep-ratio: bounds of their edges); empty for what the file says.",
        unit="px",
        ge=1,
    )
    preset: str = option(
        "",
        "How pictures are handed to the network: megvii (YOLOX), bytetrack, centred, unit or imagenet; empty for the "
        "decoding's usual one. The next five change parts of it.",
        choices=("", *PRESETS),
    )
    resize: str = option(
        "",
        "How pictures are scaled: letterbox (ratio kept, left upper corner), letterbox-centre, stretch, or keep-ratio "
        "(within bounds, for files that leave the size open).",
        choices=("", *RESIZES),
    )
    channel_order: str = option("", "Order of channels that the network wants.", choices=("", "rgb", "bgr"))
    mean: tuple[float, ...] = option((), "Taken off each channel, in the network's order, on the scale of 0 to 255.")
    std: tuple[float, ...] = option((), "What each channel is divided by then.", gt=0)
    pad: int = option(-1, "Grey value of what no picture covers; -1 for the preset's.", ge=-1, le=255)
    suppress: str = option(
        "auto",
        "Whether boxes of one class that overlap are thinned out (nms_threshold): always, never or auto, which is not "
        "for detr and boxes-scores-labels: these have chosen themselves.",
        choices=("auto", "always", "never"),
    )
    providers: tuple[str, ...] = option(
        (), "Execution providers of onnxruntime, best first; empty for those of the run's device."
    )
    threads: int = option(
        0,
        "Threads of the processor within one step of the network; 0 for as many as there are cores, in a run shared "
        "among several pictures.",
        ge=0,
    )

    def __attrs_post_init__(self) -> None:
        """Refuse lists of another length than is meant."""
        _of_length("input_size", self.input_size, 2, "a height and a width")
        _of_length("mean", self.mean, 3, "a number for each channel")
        _of_length("std", self.std, 3, "a number for each channel")
        if self.activation == "softmax" and self.decoding.startswith("yolo"):
            raise ValueError(f"activation: {self.decoding} has no class that stands for nothing: none or sigmoid")
        if not self.strides:
            raise ValueError("strides: there must be one at least, such as [8, 16, 32]")

    @property
    def pictures(self) -> Preset:
        """How pictures are handed to the network: the preset, and what was changed of it."""
        preset = PRESETS[self.preset or DECODINGS[self.decoding].preset]
        changed: dict[str, Any] = {
            name: value for name in ("resize", "channel_order", "mean", "std") if (value := getattr(self, name))
        }
        if self.pad >= 0:
            changed["pad"] = self.pad
        return attrs.evolve(preset, **changed)

    def files(self) -> Iterator[str]:
        """Yield the file of the network, and what of its weights lies beside it."""
        yield from super().files()
        beside = Path(f"{self.weights}{_EXTERNAL}").expanduser()
        if self.weights and not is_address(self.weights) and beside.is_file():
            yield str(beside)


def _of_length(name: str, values: tuple[float, ...], length: int, meant: str) -> None:
    if len(values) not in (0, length):
        raise ValueError(f"{name}: must be {meant}, got {list(values)}")
