"""Overlap that counts how high boxes are.

Where people stand in a row, their boxes overlap much; who is nearer to the camera is higher. Source: height modulated
IoU of Yang et al., "Hybrid-SORT", AAAI 2024; https://github.com/ymzis69/HybridSORT (MIT licence).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vtcore.instances import Float64Array
from vtrack_common_mot.similarity import SIMILARITIES, Similarity

__all__ = ["MEASURES", "height_iou"]

_ZERO = np.array(0.0)
_SMALLEST = np.array(1e-12)


def height_iou(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return intersection over union times the same of the heights alone, float64 ``(n, m)``; 0 for no overlap.

    Args:
        first: Edges ``(6, n)``, as `vtrack_common_mot.overlap` has them.
        second: Edges ``(6, m)``.
    """
    edges = np.minimum(first[:4, :, None], second[:4, None, :])
    sides = edges[:2]
    np.add(sides, edges[2:], sides)
    np.maximum(sides, _ZERO, out=sides)
    width, height = sides
    np.multiply(width, height, width)
    union = first[5][:, None] + second[5]
    union -= width
    # Two heights less what they share are that of the box around both; boxes that are apart share nothing anyway.
    around = (first[1] + first[3])[:, None] + (second[1] + second[3])
    around -= height
    np.multiply(width, height, width)
    np.multiply(union, around, union)
    np.maximum(union, _SMALLEST, out=union)
    modulated: Float64Array = np.divide(width, union, union)
    return modulated


MEASURES: Mapping[str, Similarity] = {"height-iou": height_iou, **SIMILARITIES}
"""By the names that options take."""
