"""Boxes as a moved camera sees them."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array, Float64Array

__all__ = ["warped_boxes"]


def warped_boxes(boxes: Float32Array, warp: Float64Array) -> Float32Array:
    """Return the boxes whose upper left and lower right corners have gone through a warp, float32 ``(n, 4)``.

    For trackers that keep boxes as they were found instead of the state of a filter (Bergmann et al., "Tracking without
    Bells and Whistles", ICCV 2019). A box that the camera rolls stays upright.

    Args:
        boxes: float32 ``(n, 4)``, ``x1, y1, x2, y2`` in the previous frame.
        warp: float64 ``(2, 3)``, where a pixel of the previous frame is in this one.
    """
    corners = boxes.reshape(-1, 2).astype(np.float64) @ warp[:, :2].T + warp[:, 2]
    moved: Float32Array = corners.reshape(-1, 4).astype(np.float32)
    return moved
