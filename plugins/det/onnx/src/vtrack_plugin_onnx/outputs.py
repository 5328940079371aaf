"""Which of a network's outputs are what, and whether they can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np

from vtrack_nets.errors import CheckpointError
from vtrack_plugin_onnx.config import OnnxConfig
from vtrack_plugin_onnx.decoding import ROLES, places
from vtrack_plugin_onnx.network import Array, described

__all__ = ["Outputs", "read_outputs"]

_USUAL = {
    "logits": ("logits", "pred_logits"),
    "boxes": ("boxes", "pred_boxes", "bboxes", "dets", "detections", "box"),
    "scores": ("scores", "score", "confidences"),
    "labels": ("labels", "classes", "class_ids", "label"),
}
"""What exporters call them."""

_CLEARLY = 4
"""How many times further off the one meaning of centres must be than the other."""


@attrs.frozen
class Outputs:
    """The outputs of a network that count.

    Attributes:
        names: In the order of `ROLES`.
        classes: How many classes the shapes tell of, with one for nothing that softmax leaves out taken off; 0 where
            they tell of none.
        batched: Whether each has a first dimension for the pictures of a batch.
    """

    names: tuple[str, ...]
    classes: int
    batched: bool


def read_outputs(config: OnnxConfig, answered: Mapping[str, Array], size: tuple[int, int], path: Path) -> Outputs:
    """Find the outputs of the decoding among those that the network answered to one picture.

    Args:
        config: Decoding, names and activation.
        answered: All outputs by name.
        size: Height and width of the picture that it saw.
        path: The file, for messages.

    Raises:
        CheckpointError: They are not there, cannot be told apart, or have shapes of another decoding.
    """
    names = config.outputs or _found(config.decoding, answered)
    missing = [name for name in names if name not in answered]
    if missing or not names:
        what = (
            f"outputs: it has no {missing[0]!r}"
            if missing
            else f"it is not clear which of its outputs are {_told(config)}"
        )
        raise CheckpointError(
            f"{what}; it has {described(answered)}" + ("" if missing else "; name them in the option outputs"),
            file=path,
        )
    chosen = {name: answered[name] for name in names}
    batched = next(iter(chosen.values())).ndim == 3
    # The checks speak of outputs with a dimension for the batch.
    arrays = [each if batched else each[None] for each in chosen.values()]
    complaint = next(_complaints(config, arrays, size), "")
    if complaint:
        raise CheckpointError(
            f"does not answer as decoding {config.decoding!r} expects: {complaint}; its outputs are "
            f"{described(chosen)}; another decoding, or other outputs, may be right",
            file=path,
        )
    return Outputs(names, _count_classes(config, arrays), batched)


def _told(config: OnnxConfig) -> str:
    return f"the {', '.join(ROLES[config.decoding])} of decoding {config.decoding!r}"


def _found(decoding: str, answered: Mapping[str, Array]) -> tuple[str, ...]:
    """Return the names of the outputs in the decoding's order; empty where they cannot be told apart."""
    if decoding == "detr":
        return _both(_named("logits", answered), _named("boxes", answered)) or _queries(answered)
    if decoding != "boxes-scores-labels":
        likely = [name for name, each in answered.items() if each.ndim == 3] if len(answered) > 1 else [*answered]
        return tuple(likely) if len(likely) == 1 else ()
    boxes = _named("boxes", answered) or _only(
        [name for name, each in answered.items() if each.ndim >= 2 and each.shape[-1] in (4, 5, 6)]
    )
    if not boxes:
        return ()
    columns, rest = answered[boxes].shape[-1], {name: each for name, each in answered.items() if name != boxes}
    if columns == 6:
        return (boxes,)
    labels = _named("labels", rest) or _only([name for name, each in rest.items() if each.dtype.kind in "iu"])
    if columns == 5:
        return (boxes, labels) if labels else (boxes,)
    scores = _named("scores", rest) or _only([name for name in rest if name != labels and rest[name].dtype.kind == "f"])
    if not scores:
        return ()
    return (boxes, scores, labels) if labels else (boxes, scores)


def _queries(answered: Mapping[str, Array]) -> tuple[str, ...]:
    """Return logits and boxes of queries by their shapes."""
    boxes = _only([name for name, each in answered.items() if each.ndim == 3 and each.shape[-1] == 4])
    logits = _only([name for name, each in answered.items() if each.ndim == 3 and name != boxes])
    return _both(logits, boxes)


def _named(role: str, answered: Mapping[str, Array]) -> str:
    return next((name for usual in _USUAL[role] for name in answered if name.lower() == usual), "")


def _only(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ""


def _both(first: str, second: str) -> tuple[str, ...]:
    return (first, second) if first and second else ()


def _complaints(config: OnnxConfig, arrays: list[Array], size: tuple[int, int]) -> Iterator[str]:
    """Yield what of the outputs, all with a dimension for the batch, cannot be."""
    most = len(ROLES[config.decoding])
    if len(arrays) > most:
        yield f"{len(arrays)} outputs are named where {most} can be"
    elif config.decoding == "detr":
        yield from _of_queries(arrays)
    elif config.decoding == "boxes-scores-labels":
        yield from _of_boxes(arrays, config.activation)
    else:
        yield from _of_places(config, arrays[0], size)


def _of_places(config: OnnxConfig, array: Array, size: tuple[int, int]) -> Iterator[str]:
    if array.ndim != 3:
        yield "one output of three dimensions is needed"
    elif config.decoding == "yolov8":
        if array.shape[1] < 5:
            yield f"(N, 4 + classes, places) is needed, and there are but {array.shape[1]} rows"
        elif array.shape[1] > array.shape[2]:
            yield f"(N, 4 + classes, places) is needed: {array.shape[1]} rows are too many for {array.shape[2]} places"
    elif array.shape[2] < 6:
        yield f"(N, places, 5 + classes) is needed, and there are but {array.shape[2]} columns"
    else:
        grid, steps = places(size, config.strides)
        if len(grid) == array.shape[1]:
            yield from _of_centres(config.decoding, array[0, :, :2], grid, steps)
        elif config.decoding == "yolox":
            yield (
                f"strides {', '.join(map(str, config.strides))} have {len(grid)} places in {size[0]} x {size[1]} "
                f"pixels, not {array.shape[1]}"
            )


def _of_centres(decoding: str, centres: Array, grid: Array, steps: Array) -> Iterator[str]:
    """Tell centres relative to their places from centres in pixels: both are seldom far from where they belong."""
    relative = float(np.median(np.abs(centres)))
    absolute = float(np.median(np.abs(centres - (grid + 0.5) * steps) / steps))
    if decoding == "yolox" and absolute * _CLEARLY < relative:
        yield "its boxes are in pixels already, as 'yolox-decoded' has them"
    elif decoding == "yolox-decoded" and relative * _CLEARLY < absolute:
        yield "its boxes are relative to the places of a grid, as 'yolox' has them"


def _of_queries(arrays: list[Array]) -> Iterator[str]:
    if len(arrays) != 2 or any(each.ndim != 3 for each in arrays):
        yield "two outputs of three dimensions are needed, logits and boxes"
    elif arrays[1].shape[2] != 4 or arrays[0].shape[1] != arrays[1].shape[1]:
        yield "logits (N, Q, classes) and boxes (N, Q, 4) are needed"


def _of_boxes(arrays: list[Array], activation: str) -> Iterator[str]:
    columns = arrays[0].shape[2] if arrays[0].ndim == 3 else 0
    if columns not in (4, 5, 6):
        yield "boxes (N, M, 4) are needed, or with scores (N, M, 5), or with scores and labels (N, M, 6)"
        return
    rest = arrays[1:]
    if len(rest) > 6 - columns or (columns == 4 and not rest):
        yield f"boxes with {columns} columns go with {'scores, and labels' if columns == 4 else f'{6 - columns} more'}"
        return
    if any(each.shape[1:2] != arrays[0].shape[1:2] for each in rest):
        yield "there must be as many scores and labels as boxes"
    elif columns == 4 and rest[0].ndim not in (2, 3):
        yield "scores (N, M) or (N, M, classes) are needed"
    elif rest and rest[-1].ndim != 2 and not (columns == 4 and len(rest) == 1):
        yield "labels (N, M) are needed"
    elif activation == "softmax" and not (columns == 4 and rest[0].ndim == 3):
        yield "softmax needs scores (N, M, classes)"


def _count_classes(config: OnnxConfig, arrays: list[Array]) -> int:
    if config.decoding == "yolov8":
        return int(arrays[0].shape[1]) - 4
    if config.decoding.startswith("yolox"):
        return int(arrays[0].shape[2]) - 5
    scores = arrays[0] if config.decoding == "detr" else arrays[1] if len(arrays) > 1 else arrays[0]
    usual = "softmax" if config.decoding == "detr" else "none"
    nothing = int((config.activation or usual) == "softmax")
    wide = scores.ndim == 3 and (config.decoding == "detr" or arrays[0].shape[2] == 4)
    return int(scores.shape[2]) - nothing if wide else 0
