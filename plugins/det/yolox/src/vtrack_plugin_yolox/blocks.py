"""What YOLOX is made of: convolutions with their norm and SiLU, bottlenecks, cross-stage partial layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

__all__ = ["Bottleneck", "ConvUnit", "CspLayer", "Focus", "SeparableConvUnit", "SpatialPyramid", "conv_unit"]

NORM_EPSILON = 1e-3
"""Of every batch norm; torch's own default is another."""

NORM_MOMENTUM = 0.03


class ConvUnit(nn.Module):
    """Convolution, batch norm and SiLU; in the fused form the norm is part of the convolution."""

    def __init__(
        self, inputs: int, outputs: int, size: int, stride: int = 1, *, groups: int = 1, fused: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, groups=groups, bias=fused)
        self.bn = None if fused else nn.BatchNorm2d(outputs, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``(N, inputs, h, w)`` to ``(N, outputs, h / stride, w / stride)``."""
        maps = self.conv(maps)
        if self.bn is not None:
            maps = self.bn(maps)
        # Not modules: some 100 of these make up a network, and lanes take turns with all that Python does.
        return silu(maps, inplace=True)


class SeparableConvUnit(nn.Module):
    """A convolution for each channel by itself, then one over the channels of each pixel."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, *, fused: bool = False) -> None:
        super().__init__()
        self.dconv = ConvUnit(inputs, inputs, size, stride, groups=inputs, fused=fused)
        self.pconv = ConvUnit(inputs, outputs, 1, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``(N, inputs, h, w)`` to ``(N, outputs, h / stride, w / stride)``."""
        result: Tensor = self.pconv(self.dconv(maps))
        return result


def conv_unit(
    inputs: int, outputs: int, size: int, stride: int = 1, *, depthwise: bool, fused: bool
) -> ConvUnit | SeparableConvUnit:
    """Return a convolution of 3x3, in the form that the network's size has."""
    kind = SeparableConvUnit if depthwise else ConvUnit
    return kind(inputs, outputs, size, stride, fused=fused)


class Bottleneck(nn.Module):
    """Two convolutions, 1x1 and 3x3, beside which the input may be added."""

    def __init__(self, channels: int, *, shortcut: bool, depthwise: bool, fused: bool) -> None:
        super().__init__()
        self.conv1 = ConvUnit(channels, channels, 1, fused=fused)
        self.conv2 = conv_unit(channels, channels, 3, depthwise=depthwise, fused=fused)
        self.shortcut = shortcut

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        result: Tensor = self.conv2(self.conv1(maps))
        return result + maps if self.shortcut else result


class CspLayer(nn.Module):
    """A cross-stage partial layer: half of the channels go through bottlenecks, the others past them."""

    def __init__(
        self, inputs: int, outputs: int, repeats: int, *, shortcut: bool, depthwise: bool, fused: bool
    ) -> None:
        super().__init__()
        hidden = outputs // 2
        self.conv1 = ConvUnit(inputs, hidden, 1, fused=fused)
        self.conv2 = ConvUnit(inputs, hidden, 1, fused=fused)
        self.conv3 = ConvUnit(2 * hidden, outputs, 1, fused=fused)
        self.m = nn.Sequential(
            *(Bottleneck(hidden, shortcut=shortcut, depthwise=depthwise, fused=fused) for _ in range(repeats))
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``(N, inputs, h, w)`` to ``(N, outputs, h, w)``."""
        result: Tensor = self.conv3(torch.cat((self.m(self.conv1(maps)), self.conv2(maps)), dim=1))
        return result


class SpatialPyramid(nn.Module):
    """Maps beside their maxima over 5x5, 9x9 and 13x13 pixels."""

    def __init__(self, inputs: int, outputs: int, *, fused: bool) -> None:
        super().__init__()
        hidden = inputs // 2
        self.conv1 = ConvUnit(inputs, hidden, 1, fused=fused)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.conv2 = ConvUnit(4 * hidden, outputs, 1, fused=fused)

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``(N, inputs, h, w)`` to ``(N, outputs, h, w)``."""
        maps = self.conv1(maps)
        # The maximum over 5x5 of maxima over 5x5 is that over 9x9, and so on: the same numbers for less work.
        five = self.pool(maps)
        nine = self.pool(five)
        result: Tensor = self.conv2(torch.cat((maps, five, nine, self.pool(nine)), dim=1))
        return result


class Focus(nn.Module):
    """Every 2x2 pixels become one with four times the channels, then a convolution."""

    def __init__(self, inputs: int, outputs: int, *, fused: bool) -> None:
        super().__init__()
        self.conv = ConvUnit(4 * inputs, outputs, 3, fused=fused)

    def forward(self, images: Tensor) -> Tensor:
        """Map ``(N, inputs, h, w)`` to ``(N, outputs, h / 2, w / 2)``; h and w are even."""
        upper, lower = images[:, :, ::2], images[:, :, 1::2]
        corners = (upper[..., ::2], lower[..., ::2], upper[..., 1::2], lower[..., 1::2])
        result: Tensor = self.conv(torch.cat(corners, dim=1))
        return result
