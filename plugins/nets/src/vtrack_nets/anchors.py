"""Anchors: boxes of a few sizes and shapes at every cell of a feature map.

As Ren et al., "Faster R-CNN", NeurIPS 2015, https://arxiv.org/abs/1506.01497, define them, laid out as MMDetection does
(https://github.com/open-mmlab/mmdetection, Apache-2.0): not rounded, and centred at the cells' left upper corners.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import torch
from torch import Tensor

__all__ = ["AnchorGenerator"]


class AnchorGenerator:
    """Makes anchors for maps of any size.

    Attributes:
        strides: Pixels of the image per cell of each map.
        per_cell: How many anchors each cell has.
    """

    def __init__(self, strides: Seq[int], *, scales: Seq[float] = (8.0,), ratios: Seq[float] = (0.5, 1.0, 2.0)) -> None:
        """Choose sizes and shapes.

        Args:
            strides: Of each map, finest first.
            scales: Side of a square anchor, in strides of its map.
            ratios: Height by width; the area is that of the square.
        """
        self.strides = tuple(strides)
        self.per_cell = len(scales) * len(ratios)
        heights = torch.tensor(list(ratios), dtype=torch.float32).sqrt()
        sizes = torch.tensor(list(scales), dtype=torch.float32)
        self._bases = tuple(_centred(stride * (1 / heights), stride * heights, sizes) for stride in self.strides)

    def __call__(self, sizes: Seq[tuple[int, int]], device: torch.device | str = "cpu") -> list[Tensor]:
        """Return the anchors of each map.

        Args:
            sizes: Height and width of each map, in cells.
            device: Where to put them.

        Returns:
            float32 ``(h * w * per_cell, 4)`` ``x1, y1, x2, y2`` in pixels of the image, row by row, cell by cell, the
            ratios of a cell one after the other, and the scales of a ratio.
        """
        return [self._of_map(base, stride, size, device) for base, stride, size in self._maps(sizes)]

    def _maps(self, sizes: Seq[tuple[int, int]]) -> list[tuple[Tensor, int, tuple[int, int]]]:
        return list(zip(self._bases, self.strides, sizes, strict=True))

    @staticmethod
    def _of_map(base: Tensor, stride: int, size: tuple[int, int], device: torch.device | str) -> Tensor:
        rows = torch.arange(size[0], device=device, dtype=torch.float32) * stride
        columns = torch.arange(size[1], device=device, dtype=torch.float32) * stride
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        shifts = torch.stack((x, y, x, y), dim=-1).reshape(-1, 1, 4)
        return (shifts + base.to(device)).reshape(-1, 4)


def _centred(widths: Tensor, heights: Tensor, sizes: Tensor) -> Tensor:
    """Return float32 ``(ratios * scales, 4)``, boxes centred at the origin."""
    width, height = ((edge[:, None] * sizes).reshape(-1) for edge in (widths, heights))
    return torch.stack((-0.5 * width, -0.5 * height, 0.5 * width, 0.5 * height), dim=-1)
