"""From scored places to detections: score threshold, class filter, class-wise NMS.

As in YOLOX (Megvii, Apache-2.0), ByteTrack (MIT) and MMDetection (Apache-2.0): a place is of its best class alone, its
score is objectness times class, and nothing is clipped to the picture.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
from torch import Tensor
from torchvision.ops import batched_nms

__all__ = ["Detected", "Suppression", "postprocess"]

Suppression = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""Class-wise NMS: from boxes, scores, labels and the greatest overlap that a pair survives to rows, best first."""


@attrs.frozen
class Detected:
    """What was found in one picture, best first; at the end what is no number, as of a network that overflows.

    Attributes:
        boxes: float32 ``(n, 4)`` ``x1, y1, x2, y2`` in pixels of the network's picture.
        scores: float32 ``(n,)``, objectness times class.
        labels: int64 ``(n,)``, as the network counts its classes.
        objectness: float32 ``(n,)``.
        places: int64 ``(n,)``, rows of what the network gave.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor
    objectness: Tensor
    places: Tensor

    def __getitem__(self, rows: Tensor | slice) -> Detected:
        """Return some of them."""
        return Detected(*(each[rows] for each in attrs.astuple(self, recurse=False)))


def postprocess(
    decoded: Tensor,
    *,
    min_score: float,
    nms_threshold: float,
    wanted: Tensor | None = None,
    suppression: Suppression = batched_nms,
) -> list[Detected]:
    """Return what was found in each picture of a batch.

    Args:
        decoded: ``(N, A, 4 + 1 + classes)``, as `Yolox` gives it.
        min_score: Least score that is kept.
        nms_threshold: Greatest intersection over union that two boxes of a class survive.
        wanted: bool ``(classes,)``, the classes that are kept; None for all.
        suppression: Class-wise NMS; torchvision's, as Megvii and ByteTrack use it.
    """
    # No class can make up for too little objectness: most places need not be looked at. What is no number is below
    # nothing: it comes through, so that somebody can tell of it.
    picture, place = (~(decoded[..., 4] < min_score)).nonzero(as_tuple=True)
    rows = decoded[picture, place]
    confidence, labels = rows[:, 5:].max(dim=1)
    scores = rows[:, 4] * confidence
    kept = ~(scores < min_score)
    if wanted is not None:
        kept &= wanted[labels]
    found = Detected(_corners(rows[:, :4]), scores, labels, rows[:, 4], place)[kept]
    counts = torch.bincount(picture[kept], minlength=len(decoded)).tolist()
    results, start = [], 0
    for count in counts:
        one = found[slice(start, start + count)]
        results.append(_suppressed(one, nms_threshold, suppression))
        start += count
    return results


def _suppressed(found: Detected, threshold: float, suppression: Suppression) -> Detected:
    """Compare numbers alone: classes are shifted by the greatest coordinate, an infinite one would spoil them all."""
    finite = found.boxes.isfinite().all(dim=1) & found.scores.isfinite()
    rows, others = finite.nonzero()[:, 0], (~finite).nonzero()[:, 0]
    numbers = found[rows]
    kept = suppression(numbers.boxes, numbers.scores, numbers.labels, threshold)
    return found[torch.cat((rows[kept], others))]


def _corners(boxes: Tensor) -> Tensor:
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return torch.cat((centre - half, centre + half), dim=1)
