"""From a network's outputs to boxes, scores and labels; each way of writing them has a function of its own.

Of all of them only the meaning of the outputs is taken, as the exporters' documentation has it: YOLOX's raw head
(Megvii, Apache-2.0), rows of centre, size, objectness and class scores, columns of centre, size and class scores
without objectness, class logits and boxes of queries (DETR, Apache-2.0), and boxes, scores and labels apart.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq
from functools import lru_cache

import attrs
import numpy as np

from vtcore.instances import Float32Array, Int64Array
from vtrack_plugin_onnx.network import Array

__all__ = ["ROLES", "Rule", "Scored", "decoder", "places"]

ROLES: dict[str, tuple[str, ...]] = {
    "yolox": ("predictions",),
    "yolox-decoded": ("predictions",),
    "yolov8": ("predictions",),
    "detr": ("logits", "boxes"),
    "boxes-scores-labels": ("boxes", "scores", "labels"),
}
"""What the outputs are, in the order of the option ``outputs``."""


@attrs.frozen
class Scored:
    """What stands in one picture, in no order.

    Attributes:
        boxes: float32 ``(n, 4)``, in the network's format and units.
        scores: float32 ``(n,)``.
        labels: int64 ``(n,)``, as the network numbers them.
    """

    boxes: Float32Array
    scores: Float32Array
    labels: Int64Array


@attrs.frozen
class Rule:
    """What a decoder must know.

    Attributes:
        activation: ``"none"``, ``"sigmoid"`` or ``"softmax"``.
        min_score: Least score that is kept.
        size: Height and width of the network's pictures in pixels.
        strides: Pixels from one place to the next, of each scale of a raw head.
        classes: Of rows or columns of class scores, so many count; 0 for all.
    """

    activation: str
    min_score: float
    size: tuple[int, int]
    strides: tuple[int, ...]
    classes: int = 0

    def probabilities(self, values: Array) -> Float32Array:
        """Return probabilities of what the network gives, along the last dimension; softmax leaves out the last."""
        values = np.asarray(values, np.float32)
        if self.activation == "none":
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            if self.activation == "sigmoid":
                return np.asarray(1 / (1 + np.exp(-values)), np.float32)
            powers = np.exp(values - values.max(axis=-1, keepdims=True, initial=-np.inf))
            return np.asarray((powers / powers.sum(axis=-1, keepdims=True))[..., :-1], np.float32)


Decoder = Callable[[Seq[Array], Rule], list[Scored]]
"""From outputs of a batch, in the order of `ROLES`, to what stands in each picture."""


def decoder(name: str) -> Decoder:
    """Return the decoder of that name, a key of `ROLES`."""
    return _DECODERS[name]


def _yolox(outputs: Seq[Array], rule: Rule) -> list[Scored]:
    """Take rows ``x, y, w, h, objectness, class ...``, relative to their places."""
    return _yolox_decoded(outputs, rule, *places(rule.size, rule.strides))


def _yolox_decoded(
    outputs: Seq[Array], rule: Rule, grid: Float32Array | None = None, strides: Float32Array | None = None
) -> list[Scored]:
    """Take rows ``cx, cy, w, h, objectness, class ...``; relative to a grid where one is given."""
    scored = []
    end = 5 + rule.classes if rule.classes else None
    for rows in np.asarray(outputs[0], np.float32):
        # No class can make up for too little objectness: most places need not be looked at.
        objectness = rule.probabilities(rows[:, 4])
        likely = np.flatnonzero(objectness >= rule.min_score)
        classes = rule.probabilities(rows[likely, 5:end])
        labels = classes.argmax(axis=1)
        scores = objectness[likely] * classes[np.arange(len(likely)), labels]
        kept = np.flatnonzero(scores >= rule.min_score)
        boxes = rows[likely[kept], :4]
        if grid is not None and strides is not None:
            at = likely[kept]
            with np.errstate(over="ignore"):
                boxes = np.concatenate(
                    ((boxes[:, :2] + grid[at]) * strides[at], np.exp(boxes[:, 2:]) * strides[at]), axis=1
                )
        scored.append(Scored(boxes, scores[kept], labels[kept].astype(np.int64)))
    return scored


@lru_cache(maxsize=4)
def places(size: tuple[int, int], strides: tuple[int, ...]) -> tuple[Float32Array, Float32Array]:
    """Return column and row ``(A, 2)`` of each place in its grid, and its stride ``(A, 1)``."""
    grids, steps = [], []
    for stride in strides:
        row, column = np.mgrid[: size[0] // stride, : size[1] // stride]
        grids.append(np.stack((column, row), axis=2).reshape(-1, 2))
        steps.append(np.full((row.size, 1), stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(steps).astype(np.float32)


def _yolov8(outputs: Seq[Array], rule: Rule) -> list[Scored]:
    """Take columns ``cx, cy, w, h, class ...``."""
    scored = []
    end = 4 + rule.classes if rule.classes else None
    for columns in np.asarray(outputs[0], np.float32):
        classes = rule.probabilities(columns[4:end].T).T
        best = classes.max(axis=0)
        kept = np.flatnonzero(best >= rule.min_score)
        labels = classes[:, kept].argmax(axis=0).astype(np.int64)
        scored.append(Scored(np.ascontiguousarray(columns[:4, kept].T), best[kept], labels))
    return scored


def _detr(outputs: Seq[Array], rule: Rule) -> list[Scored]:
    """Take class logits ``(N, Q, C)`` and boxes ``(N, Q, 4)`` of Q queries."""
    logits, boxes = outputs
    scored = []
    for classes, each in zip(rule.probabilities(logits), np.asarray(boxes, np.float32), strict=True):
        scored.append(_chosen(each, classes, rule, several=rule.activation != "softmax"))
    return scored


def _chosen(boxes: Float32Array, classes: Float32Array, rule: Rule, *, several: bool) -> Scored:
    """Choose among boxes ``(M, 4)`` with class scores ``(M, C)``.

    Args:
        boxes: The boxes.
        classes: Their scores.
        rule: The least score.
        several: Whether one box may be of several classes; then no more pairs of box and class than boxes stay, as in
            Deformable DETR and RT-DETR.
    """
    if not several:
        labels = classes.argmax(axis=1)
        best = classes[np.arange(len(classes)), labels]
        kept = np.flatnonzero(best >= rule.min_score)
        return Scored(boxes[kept], best[kept], labels[kept].astype(np.int64))
    rows, labels = np.nonzero(classes >= rule.min_score)
    scores = classes[rows, labels]
    order = np.argsort(-scores, kind="stable")[: len(boxes)]
    return Scored(boxes[rows[order]], scores[order], labels[order].astype(np.int64))


def _boxes_scores_labels(outputs: Seq[Array], rule: Rule) -> list[Scored]:
    """Take boxes ``(N, M, 4)``, scores ``(N, M)`` or ``(N, M, C)`` and labels ``(N, M)``.

    Boxes may have scores, ``(N, M, 5)``, and labels too, ``(N, M, 6)``.
    """
    scored = []
    for each in zip(*outputs, strict=True):
        boxes, rest = np.asarray(each[0], np.float32), list(each[1:])
        scores = boxes[:, 4] if boxes.shape[1] > 4 else np.asarray(rest.pop(0), np.float32)
        if scores.ndim == 2:
            scored.append(_chosen(boxes[:, :4], rule.probabilities(scores), rule, several=False))
            continue
        numbers = boxes[:, 5] if boxes.shape[1] > 5 else rest.pop(0) if rest else np.zeros(len(boxes))
        scores = rule.probabilities(scores)
        # Less than nothing is the label of what fills the outputs up.
        kept = np.flatnonzero((scores >= rule.min_score) & (numbers >= 0))
        labels = np.rint(numbers[kept]).astype(np.int64)
        scored.append(Scored(boxes[kept, :4], scores[kept], labels))
    return scored


_DECODERS: dict[str, Decoder] = {
    "yolox": _yolox,
    "yolox-decoded": _yolox_decoded,
    "yolov8": _yolov8,
    "detr": _detr,
    "boxes-scores-labels": _boxes_scores_labels,
}
