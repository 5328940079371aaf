"""How pictures are made ready for networks: the pipeline of the data that is tested on."""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.migration.sections import Section, shown
from vtcore.migration.values import Place

__all__ = ["Pictures", "read_pipeline", "read_preprocessor"]

_FINE = (
    "LoadImageFromFile",
    "LoadMultiImagesFromFile",
    "LoadDetections",
    "LoadAnnotations",
    "LoadTrackAnnotations",
    "ImageToTensor",
    "DefaultFormatBundle",
    "ToTensor",
    "Collect",
    "VideoCollect",
    "PackTrackInputs",
    "PackDetInputs",
    "PackReIDInputs",
)
_WRAPPERS = ("MultiScaleFlipAug", "TransformBroadcaster")


@attrs.define
class Pictures:
    """What is done to a picture before a network sees it.

    Attributes:
        scale: Bounds of its edges, None where it stays as it is.
        keep_ratio: Whether its shape stays.
        mean: Taken from its channels, in the network's order.
        std: What they are divided by.
        rgb: Whether the network's order is red, green, blue.
        pad_to: What its edges become multiples of; 0 for none.
        pad_to_square: Whether it is padded to a square.
        pad_value: What it is padded with.
        public: Whether detections that come with the data are loaded.
        places: Where each was written.
    """

    scale: list[int] | None = None
    keep_ratio: bool = True
    mean: list[float] = attrs.field(factory=lambda: [0.0, 0.0, 0.0])
    std: list[float] = attrs.field(factory=lambda: [1.0, 1.0, 1.0])
    rgb: bool = False
    pad_to: int = 0
    pad_to_square: bool = False
    pad_value: float = 0.0
    public: bool = False
    places: dict[str, Place] = attrs.field(factory=dict)

    @property
    def order(self) -> str:
        """The network's order of channels: rgb or bgr."""
        return "rgb" if self.rgb else "bgr"

    def place(self, name: str, section: Section) -> Place:
        """Return where a setting was written, or else where the whole was."""
        return self.places.get(name, section.place)


def read_pipeline(dataset: Section, pictures: Pictures) -> None:
    """Read the steps of a data set's pipeline.

    Args:
        dataset: The data set's table; its ``pipeline`` counts as dealt with.
        pictures: Gets what the steps say.
    """
    for step in dataset.sections("pipeline"):
        _step(step, pictures)


def read_preprocessor(section: Section, pictures: Pictures) -> None:
    """Read ``data_preprocessor``, by which MMDetection 3 normalises and pads."""
    _ = section.type
    if "mean" in section:
        _normalise(section, pictures, "bgr_to_rgb")
    pad = section.number("pad_size_divisor", 1)
    if pad > 1:
        pictures.pad_to = int(pad)
        pictures.places["pad_to"] = section.where("pad_size_divisor")
    section.expect("rgb_to_bgr", False)
    section.ignore("batch_augments", "use_det_processor", "pad_mask", "mask_pad_value", "bgr_to_rgb", "to_rgb")
    section.finish("an experiment")


def _step(step: Section, pictures: Pictures) -> None:
    kind = step.type
    if kind in _FINE:
        pictures.public = pictures.public or kind == "LoadDetections"
        return
    if kind in _WRAPPERS:
        step.expect("flip", False)
        step.expect("scale_factor", 1, 1.0)
        if "img_scale" in step:
            _scale(step, "img_scale", pictures)
        for inner in step.sections("transforms"):
            _step(inner, pictures)
        step.ignore("share_random_params")
        step.finish("an experiment")
    elif kind == "Resize":
        name = "img_scale" if "img_scale" in step else "scale"
        if name in step:
            _scale(step, name, pictures)
        pictures.keep_ratio = step.take("keep_ratio", True)
        step.ignore("img_scale", "scale", "bbox_clip_border", "clip_object_border", "override")
        step.finish("an experiment")
    elif kind == "Normalize":
        _normalise(step, pictures, "to_rgb")
        step.finish("an experiment")
    elif kind == "Pad":
        _pad(step, pictures)
    elif kind == "RandomFlip":
        # Within a pipeline of tests it flips nothing, unless told to.
        step.expect("flip_ratio", None, 0, 0.0)
        step.expect("prob", None, 0, 0.0)
    else:
        step.cannot("type", f"{kind}: no such step is known for pictures; a transform of your own can take its place")


def _scale(step: Section, name: str, pictures: Pictures) -> None:
    found = step.take(name)
    several = isinstance(found, list) and bool(found) and isinstance(found[0], list)
    if several and len(found) == 1:
        found, several = found[0], False
    if several or not isinstance(found, list) or len(found) != 2 or not all(isinstance(edge, int) for edge in found):
        step.cannot(name, f"{found!r}: only one scale, of two numbers, is tested with here")
        return
    pictures.scale = found
    pictures.places["scale"] = step.where(name)


def _normalise(step: Section, pictures: Pictures, order: str) -> None:
    pictures.mean = step.numbers("mean", [0.0, 0.0, 0.0])
    pictures.std = step.numbers("std", [1.0, 1.0, 1.0])
    pictures.rgb = bool(step.take(order, order == "to_rgb"))
    for name in ("mean", "std"):
        pictures.places[name] = step.where(name)
    pictures.places["order"] = step.where(order)


def _pad(step: Section, pictures: Pictures) -> None:
    value: Any = step.take("pad_val", 0)
    if isinstance(value, dict):
        value = value.get("img", 0)
    # One number for each channel.
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, int | float):
        pictures.pad_value = float(value)
    else:
        step.cannot("pad_val", f"{shown(value)}: a number was expected")
    pictures.pad_to_square = bool(step.take("pad_to_square", False))
    if "size_divisor" in step:
        pictures.pad_to = int(step.number("size_divisor", 1))
        pictures.places["pad_to"] = step.where("size_divisor")
    step.expect("size", None)
    step.finish("an experiment")
