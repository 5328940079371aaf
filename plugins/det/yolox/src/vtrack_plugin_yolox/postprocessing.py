"""From scored places to detections: score threshold, class filter, class-wise NMS.

As in YOLOX (Megvii, Apache-2.0), ByteTrack (MIT) and MMDetection (Apache-2.0): a place is of its best class alone, its
score is objectness times class, and nothing is clipped to the picture.
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from vtrack_nets.suppression import batched_nms

__all__ = ["Detected", "postprocess"]


@attrs.frozen
class Detected:
    """What was found in one picture, best first.

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
    decoded: Tensor, *, min_score: float, nms_threshold: float, wanted: Tensor | None = None
) -> list[Detected]:
    """Return what was found in each picture of a batch.

    Args:
        decoded: ``(N, A, 4 + 1 + classes)``, as `Yolox` gives it.
        min_score: Least score that is kept.
        nms_threshold: Greatest intersection over union that two boxes of a class survive.
        wanted: bool ``(classes,)``, the classes that are kept; None for all.
    """
    # No class can make up for too little objectness: most places need not be looked at.
    picture, place = (decoded[..., 4] >= min_score).nonzero(as_tuple=True)
    rows = decoded[picture, place]
    confidence, labels = rows[:, 5:].max(dim=1)
    scores = rows[:, 4] * confidence
    kept = scores >= min_score
    if wanted is not None:
        kept &= wanted[labels]
    found = Detected(_corners(rows[:, :4]), scores, labels, rows[:, 4], place)[kept]
    counts = torch.bincount(picture[kept], minlength=len(decoded)).tolist()
    results, start = [], 0
    for count in counts:
        one = found[slice(start, start + count)]
        results.append(one[batched_nms(one.boxes, one.scores, one.labels, nms_threshold)])
        start += count
    return results


def _corners(boxes: Tensor) -> Tensor:
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return torch.cat((centre - half, centre + half), dim=1)
