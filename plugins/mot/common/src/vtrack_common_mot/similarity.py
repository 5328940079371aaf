"""How alike boxes are, by more than their overlap: between 0 and 1, higher is more alike.

Boxes come as edges, see `vtrack_common_mot.overlap`, with ``pixel = 0``. The measures of -1 to 1 are moved to 0 to 1,
as OC-SORT takes them; complete IoU goes down to -1.5, and to -0.25 so moved.

Sources: Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019; Zheng et al., "Distance-IoU Loss", AAAI
2020, for the distance and the complete IoU; Yang et al., "Hard to Track Objects with Irregular Motions and Similar
Appearances? Make It Easier by Buffering the Matching Space", WACV 2023, for the buffered IoU; Zhang et al.,
"ByteTrack", ECCV 2022, for the fused score; `centre_closeness` and the ratio with one pixel added to heights are those
of OC-SORT (https://github.com/noahcao/OC_SORT, MIT licence).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from vtcore.instances import Float32Array, Float64Array
from vtrack_common_mot.overlap import overlaps

__all__ = [
    "SIMILARITIES",
    "Similarity",
    "buffered_iou",
    "centre_closeness",
    "ciou",
    "diou",
    "fuse_score",
    "giou",
    "iou",
]

Similarity = Callable[[Float64Array, Float64Array], Float64Array]
"""From edges ``(6, n)`` and ``(6, m)`` to float64 ``(n, m)``."""

_SMALLEST = 1e-12


def iou(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return intersection over union, 0 for boxes that do not overlap."""
    return overlaps(first, second)


def giou(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return generalised IoU: what of the box around both is neither's counts against them."""
    overlap = iou(first, second)
    around = np.maximum(first[:4, :, None], second[:4, None, :])
    area = np.maximum((around[0] + around[2]) * (around[1] + around[3]), _SMALLEST)
    # From intersection = overlap * union and intersection + union = both areas.
    union = (first[5][:, None] + second[5]) / (1 + overlap)
    generalised: Float64Array = (overlap + union / area) / 2
    return generalised


def diou(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return distance IoU: the centres' squared distance counts, by the squared diagonal of the box around both."""
    return (iou(first, second) - _apart(first, second) + 1) / 2


def ciou(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return complete IoU: distance IoU that also counts different shapes, heights taken a pixel higher."""
    overlap = iou(first, second)
    slopes = [np.arctan(edges[4] / (edges[1] + edges[3] + 1)) for edges in (first, second)]
    shape = 4 / np.pi**2 * (slopes[1] - slopes[0][:, None]) ** 2
    weight = shape / np.maximum(1 - overlap + shape, _SMALLEST)
    complete: Float64Array = (overlap - _apart(first, second) - weight * shape + 1) / 2
    return complete


def centre_closeness(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return 1 less the centres' distance as a share of the greatest one among these boxes."""
    across, down = _steps(first, second)
    distance = np.sqrt(across * across + down * down)
    closeness: Float64Array = 1 - distance / max(distance.max(initial=0), _SMALLEST)
    return closeness


def buffered_iou(first: Float64Array, second: Float64Array, buffer: float = 0.3) -> Float64Array:
    """Return intersection over union of boxes made larger: near misses overlap then, too.

    Args:
        first: Edges ``(6, n)``.
        second: Edges ``(6, m)``.
        buffer: What is added on every side, as a share of width or height; raising it reaches farther.
    """
    return iou(_enlarged(first, buffer), _enlarged(second, buffer))


def fuse_score(similarity: Float64Array, scores: Float32Array) -> Float64Array:
    """Return similarities multiplied by the scores of the detections: unsure ones are matched by leftovers.

    Args:
        similarity: float64 ``(n, m)``, 0 or more.
        scores: ``(m,)``, 0 to 1.
    """
    fused: Float64Array = similarity * scores
    return fused


def _enlarged(edges: Float64Array, buffer: float) -> Float64Array:
    """Return the edges of boxes with so much of their sides added on every side."""
    around: Float64Array = edges[:6].copy()
    around[[0, 2]] += buffer * edges[4]
    around[[1, 3]] += buffer * (edges[1] + edges[3])
    factor = 1 + 2 * buffer
    around[4] *= factor
    around[5] *= factor * factor
    return around


def _steps(first: Float64Array, second: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return how far right and down each of the second's centres lies from each of the first's."""
    across = (second[2] - second[0]) / 2 - ((first[2] - first[0]) / 2)[:, None]
    down = (second[3] - second[1]) / 2 - ((first[3] - first[1]) / 2)[:, None]
    return across, down


def _apart(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return the centres' squared distance by the squared diagonal of the box around both."""
    across, down = _steps(first, second)
    around = np.maximum(first[:4, :, None], second[:4, None, :])
    width, height = around[0] + around[2], around[1] + around[3]
    share: Float64Array = (across * across + down * down) / np.maximum(width * width + height * height, _SMALLEST)
    return share


SIMILARITIES: Mapping[str, Similarity] = {
    "iou": iou,
    "giou": giou,
    "diou": diou,
    "ciou": ciou,
    "centre-distance": centre_closeness,
}
"""By the names that options take."""
