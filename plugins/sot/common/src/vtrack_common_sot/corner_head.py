"""The corner head: where a box begins and where it ends, each as the mean place of a map of probabilities.

Paper: Yan et al., "Learning Spatio-Temporal Transformer for Visual Tracking", ICCV 2021,
https://arxiv.org/abs/2103.17154. Numbers and names of weights are those of its code
(https://github.com/researchmm/Stark, MIT); MixFormer (https://github.com/MCG-NJU/MixFormer, MIT) has the same head.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.folding import fold_norms

__all__ = ["CornerHead", "Corners", "soft_argmax"]

_CORNERS = ("tl", "br")


class Corners(NamedTuple):
    """What a corner head answers.

    Attributes:
        boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in shares of the picture's edge. Nothing keeps ``x1`` below ``x2``.
        top_left: ``(N, h * w)``, how probable each cell is as the box's first corner, row by row.
        bottom_right: ``(N, h * w)``, the same of its last corner.
    """

    boxes: Tensor
    top_left: Tensor
    bottom_right: Tensor


def soft_argmax(scores: Tensor, *, stride: int, offset: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return the mean places of maps of scores.

    Args:
        scores: ``(N, h, w)``, before the softmax over all cells.
        stride: Pixels per cell.
        offset: Where in its cell a place lies, in cells: 0 at its beginning, 0.5 in the middle.

    Returns:
        The places, ``(N, 2)``, x and y in pixels; and the probabilities, ``(N, h * w)``.
    """
    count, height, width = scores.shape
    probabilities = functional.softmax(scores.reshape(count, -1), dim=1)
    grid = probabilities.view(count, height, width)
    columns, rows = (
        (torch.arange(size, device=scores.device, dtype=scores.dtype) + offset) * stride for size in (width, height)
    )
    places = ((grid.sum(dim=1) * columns).sum(dim=1), (grid.sum(dim=2) * rows).sum(dim=1))
    return torch.stack(places, dim=1), probabilities


class CornerHead(nn.Module):
    """Two towers of convolutions, one for each corner, and the mean places of their maps.

    Weights are named as in STARK: ``conv1_tl.0`` (convolution) and ``conv1_tl.1`` (norm) to ``conv4_tl``, ``conv5_tl``,
    and the same with ``br``.

    Args:
        in_channels: Channels that come in.
        channels: Of the first layer; each of the next three has half as many as the one before.
        stride: Pixels of the picture per cell of the map.
    """

    def __init__(self, in_channels: int = 256, channels: int = 256, *, stride: int = 16) -> None:
        super().__init__()
        self.stride = stride
        for corner in _CORNERS:
            inside = in_channels
            for layer in range(1, 5):
                outside = channels // 2 ** (layer - 1)
                block = (nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))
                setattr(self, f"conv{layer}_{corner}", nn.Sequential(*block))
                inside = outside
            setattr(self, f"conv5_{corner}", nn.Conv2d(inside, 1, 1))

    def forward(self, features: Tensor) -> Corners:
        """Return boxes and probabilities.

        Args:
            features: ``(N, in_channels, h, w)``, of a square picture.
        """
        maps = self.scores(features)
        count, _, height, _ = maps.shape
        # Both corners as one batch.
        places, probabilities = soft_argmax(maps.transpose(0, 1).flatten(0, 1), stride=self.stride)
        boxes = torch.cat((places[:count], places[count:]), dim=1) / (height * self.stride)
        return Corners(boxes, probabilities[:count], probabilities[count:])

    def scores(self, features: Tensor) -> Tensor:
        """Return the maps of both corners before the softmax, ``(N, 2, h, w)``."""
        return torch.cat([self._tower(features, corner) for corner in _CORNERS], dim=1)

    def fuse(self) -> CornerHead:
        """Make the norms part of their convolutions, for a head that no longer learns; return the head."""
        fold_norms(self)
        return self

    def _tower(self, x: Tensor, corner: str) -> Tensor:
        for layer in range(1, 6):
            x = getattr(self, f"conv{layer}_{corner}")(x)
        return x
