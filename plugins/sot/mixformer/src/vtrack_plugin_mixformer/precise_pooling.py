"""Precise RoI pooling: the exact mean over a bin of a map that is linear between its cells.

Jiang et al., "Acquisition of Localization Confidence for Accurate Object Detection", ECCV 2018,
https://arxiv.org/abs/1807.11590; code: https://github.com/vacancy/PreciseRoIPooling (MIT), for CUDA only. Between cells
a map is interpolated by hat functions, of columns times of rows; the integral over a rectangle is therefore a product
of two small matrices with the map between them, which runs anywhere and has gradients for map and boxes.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["precise_roi_pool"]


def precise_roi_pool(features: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Return the means of `size` times `size` bins of one box per map, ``(N, C, size, size)``.

    Args:
        features: ``(N, C, h, w)``; beyond its outermost cells a map falls to 0 within one cell, and stays there.
        boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in cells, 0 in the middle of the first one. Where width or height is not
            above 0, so are the means 0.
        size: Bins along each edge.
    """
    # Bins of a small box are differences of numbers that are nearly equal. Apple's devices have no double precision.
    exact = boxes.float() if boxes.device.type == "mps" else boxes.double()
    left, top, right, bottom = exact.unbind(1)
    height, width = features.shape[2:]
    columns, rows = _bins(left, right, size, width), _bins(top, bottom, size, height)
    means = torch.einsum("nph,nchw,nqw->ncpq", rows.to(features.dtype), features, columns.to(features.dtype))
    empty = (right <= left) | (bottom <= top)
    return means.masked_fill(empty[:, None, None, None], 0)


def _bins(start: Tensor, end: Tensor, bins: int, cells: int) -> Tensor:
    """Return the share that each cell has in each bin's mean, ``(N, bins, cells)``."""
    # A box that is empty has no mean; its bins are given a width, so that gradients are numbers.
    width = torch.where(end > start, (end - start) / bins, torch.ones_like(start))
    edges = start[:, None] + width[:, None] * torch.arange(bins + 1, device=start.device)
    offsets = (edges[:, :, None] - torch.arange(cells, device=start.device)).clamp(-1, 1)
    # The hat's integral up to there, but for a constant.
    integral = offsets - 0.5 * offsets * offsets.abs()
    return (integral[:, 1:] - integral[:, :-1]) / width[:, None, None]
