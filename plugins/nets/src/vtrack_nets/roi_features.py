"""What feature maps hold inside of boxes.

Papers: He et al., "Mask R-CNN", ICCV 2017, https://arxiv.org/abs/1703.06870 (RoIAlign), and Lin et al., "Feature
Pyramid Networks", CVPR 2017 (which map a box looks at). The rule for maps is that of MMDetection's SingleRoIExtractor
(https://github.com/open-mmlab/mmdetection, Apache-2.0), the cutting torchvision's ``roi_align``, half a pixel to the
left and up (``aligned``) as in MMCV.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import torch
from torch import Tensor
from torchvision.ops import roi_align

__all__ = ["RoIExtractor", "box_levels", "numbered_boxes"]


def numbered_boxes(boxes: Seq[Tensor]) -> Tensor:
    """Return ``(sum of n, 5)``: the picture's number before each of its boxes ``(n, 4)``."""
    return torch.cat(
        [torch.cat((each.new_full((len(each), 1), index), each), dim=1) for index, each in enumerate(boxes)]
    )


def box_levels(boxes: Tensor, levels: int, finest_scale: float = 56.0) -> Tensor:
    """Return int64 ``(N,)``, the map that each box ``(N, 4)`` looks at: 0 where its side is below twice `finest_scale`.

    Args:
        boxes: ``x1, y1, x2, y2`` in pixels of the network's picture.
        levels: Maps there are.
        finest_scale: See above; each doubling of a box's side goes one map further.
    """
    sides = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).clamp(min=0).sqrt()
    return torch.log2(sides / finest_scale + 1e-6).floor().clamp(min=0, max=levels - 1).long()


class RoIExtractor:
    """Cuts boxes out of the map of a pyramid that suits each.

    Attributes:
        size: Cells along each side of what is cut out.
        strides: Pixels per cell of each map.
    """

    def __init__(
        self,
        strides: Seq[int] = (4, 8, 16, 32),
        *,
        size: int = 7,
        sampling_ratio: int = 0,
        finest_scale: float = 56.0,
        aligned: bool = True,
    ) -> None:
        """Choose what is cut out.

        Args:
            strides: Of each map that is looked at, finest first.
            size: Cells along each side.
            sampling_ratio: Points per cell and side; 0 takes as many as the cell covers cells of the map.
            finest_scale: See `box_levels`.
            aligned: Whether a cell's value is that of its centre; torchvision's detectors were trained without.
        """
        self.size = size
        self.strides = tuple(strides)
        self._sampling_ratio = sampling_ratio
        self._finest_scale = finest_scale
        self._aligned = aligned

    def __call__(self, maps: Seq[Tensor], boxes: Seq[Tensor]) -> Tensor:
        """Return float32 ``(sum of n, C, size, size)``, picture after picture.

        Args:
            maps: ``(N, C, h, w)``, finest first; those beyond the strides are left alone.
            boxes: ``(n, 4)`` ``x1, y1, x2, y2`` of each picture, in pixels of the network's picture.
        """
        return self.cut(maps, numbered_boxes(boxes))

    def cut(self, maps: Seq[Tensor], rois: Tensor) -> Tensor:
        """Return the same for boxes ``(n, 5)``, each with its picture's number before it, in their order."""
        used = [each.float() for each in maps[: len(self.strides)]]
        levels = self.levels(rois[:, 1:])
        found = used[0].new_zeros((len(rois), used[0].shape[1], self.size, self.size))
        for level, (features, stride) in enumerate(zip(used, self.strides, strict=True)):
            rows = (levels == level).nonzero()[:, 0]
            if len(rows):
                cut = roi_align(
                    features, rois[rows], self.size, 1 / stride, self._sampling_ratio or -1, aligned=self._aligned
                )
                found = found.index_put((rows,), cut)
        return found

    def levels(self, boxes: Tensor) -> Tensor:
        """Return int64 ``(n,)``, the map that each box ``(n, 4)`` is cut out of."""
        return box_levels(boxes, len(self.strides), self._finest_scale)
