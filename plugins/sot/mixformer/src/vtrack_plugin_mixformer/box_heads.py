"""Where the box is: corners on a map that is made finer on the way, or edges out of four tokens.

The plain corner head is `vtrack_common_sot.corner_head.CornerHead`. Numbers and names of weights are those of
https://github.com/MCG-NJU/MixFormer and https://github.com/MCG-NJU/MixFormerV2 (both MIT).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.corner_head import Corners, soft_argmax
from vtrack_common_sot.folding import fold_norms

__all__ = ["EdgeHead", "Edges", "PyramidCornerHead"]

_CORNERS = ("tl", "br")


def _layer(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))


class PyramidCornerHead(nn.Module):
    """Two towers of convolutions, one for each corner, which double the map's resolution twice.

    Args:
        in_channels: Channels that come in.
        channels: Of the first layer.
        stride: Pixels of the picture per cell of the finest map.
    """

    def __init__(self, in_channels: int, channels: int = 384, *, stride: int = 4) -> None:
        super().__init__()
        self.stride = stride
        half, quarter, eighth = (channels // share for share in (2, 4, 8))
        for corner in _CORNERS:
            parts: dict[str, nn.Module] = {
                "conv1": _layer(in_channels, channels),
                "conv2": _layer(channels, half),
                "conv3": _layer(half, quarter),
                "conv4": _layer(quarter, eighth),
                "conv5": nn.Conv2d(eighth, 1, 1),
                "adjust1": _layer(in_channels, half),
                "adjust2": _layer(in_channels, quarter),
                "adjust3": nn.Sequential(_layer(half, quarter), _layer(quarter, eighth), _layer(eighth, 1)),
                "adjust4": nn.Sequential(_layer(quarter, eighth), _layer(eighth, 1)),
            }
            for name, part in parts.items():
                setattr(self, f"{name}_{corner}", part)

    def forward(self, features: Tensor) -> Corners:
        """Return boxes and probabilities; see `Corners`.

        Args:
            features: ``(N, in_channels, h, w)``, of a square picture.
        """
        maps = [self._scores(features, corner).squeeze(1) for corner in _CORNERS]
        (first, top_left), (last, bottom_right) = (soft_argmax(each, stride=self.stride) for each in maps)
        return Corners(torch.cat((first, last), dim=1) / (maps[0].shape[1] * self.stride), top_left, bottom_right)

    def fuse(self) -> None:
        """Make the norms part of their convolutions, for a head that no longer learns."""
        fold_norms(self)

    def _scores(self, features: Tensor, corner: str) -> Tensor:
        """Return the map of a corner before the softmax, ``(N, 1, 4 h, 4 w)``."""
        part = {name: getattr(self, f"{name}_{corner}") for name in (*_CONVOLUTIONS, *_ADJUSTMENTS)}
        coarse = part["conv2"](part["conv1"](features))
        middle = part["conv3"](_finer(part["adjust1"](features) + coarse, 2))
        # Finer by 4 of what came in, and by 2 of what is here: by 2 of their sum, where the first is finer by 2 before.
        fine = part["conv4"](_finer(_finer(part["adjust2"](features), 2) + middle, 2))
        rough = _finer(part["adjust3"](coarse), 2) + part["adjust4"](middle)
        scores: Tensor = part["conv5"](fine) + _finer(rough, 2)
        return scores


_CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4", "conv5")
_ADJUSTMENTS = ("adjust1", "adjust2", "adjust3", "adjust4")


def _finer(maps: Tensor, factor: int) -> Tensor:
    return functional.interpolate(maps, scale_factor=factor)


class Edges(NamedTuple):
    """What an edge head answers.

    Attributes:
        boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in shares of the picture's edge. Nothing keeps ``x1`` below ``x2``.
        left, top, right, bottom: ``(N, bins)``, how probable each place is for the box's edge.
    """

    boxes: Tensor
    left: Tensor
    top: Tensor
    right: Tensor
    bottom: Tensor


class EdgeHead(nn.Module):
    """The four edges of a box, each the mean place of what a perceptron makes of its token.

    Args:
        width: Of a token.
        bins: Places along an edge of the picture.
    """

    def __init__(self, width: int, bins: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU()),
            nn.Sequential(nn.Linear(width, bins), nn.LayerNorm(bins)),
        )
        self.register_buffer("places", torch.arange(bins) / bins, persistent=False)
        self.places: Tensor

    def forward(self, tokens: Tensor) -> Edges:
        """Return boxes and probabilities.

        Args:
            tokens: ``(N, 4, width)``: left, right, top and bottom, in this order.
        """
        probabilities = functional.softmax(self.layers(tokens), dim=2)
        left, right, top, bottom = probabilities.unbind(1)
        x1, x2, y1, y2 = (probabilities * self.places).sum(dim=2).unbind(1)
        return Edges(torch.stack((x1, y1, x2, y2), dim=1), left, top, right, bottom)
