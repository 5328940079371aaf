"""MobileNetV2 with a stride of 8 in its last five stages, as SiamRPN++ follows targets with it.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, https://arxiv.org/abs/1801.04381.
Strides, dilations and paddings are those of pysot (https://github.com/STVIR/pysot, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

from torch import Tensor, nn

__all__ = ["MobileNetV2"]

_STAGES = ((1, 1, 1, 1), (6, 2, 2, 1), (6, 3, 2, 1), (6, 4, 1, 2), (6, 3, 1, 2), (6, 3, 1, 4), (6, 1, 1, 4))
"""Expansion, blocks, stride and dilation of stages 1 to 7."""


class InvertedResidual(nn.Module):
    """Widens, looks around in each channel, narrows; adds what came in where the shapes are equal."""

    def __init__(self, inside: int, outside: int, stride: int, expansion: int, dilation: int) -> None:
        super().__init__()
        wide = inside * expansion
        padding = dilation if dilation > 1 else 2 - stride
        self._residual = stride == 1 and inside == outside
        self.conv = nn.Sequential(
            nn.Conv2d(inside, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, wide, 3, stride, padding, dilation=dilation, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, outside, 1, bias=False),
            nn.BatchNorm2d(outside),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)`` of ``(N, inside, H, W)``."""
        found: Tensor = self.conv(x)
        return x + found if self._residual else found


class MobileNetV2(nn.Module):
    """Stem and seven stages, named ``layer0`` to ``layer7``.

    Args:
        channels: Of the stem and of the seven stages.
        layers: Whose maps are returned, of 0 to 7.

    Attributes:
        channels: Of each returned map.
    """

    def __init__(self, channels: Seq[int] = (44, 22, 33, 44, 89, 134, 224, 448), layers: Seq[int] = (3, 5, 7)) -> None:
        super().__init__()
        self._layers = tuple(layers)
        stem, *outputs = channels
        self.layer0 = nn.Sequential(
            nn.Conv2d(3, stem, 3, stride=2, bias=False), nn.BatchNorm2d(stem), nn.ReLU6(inplace=True)
        )
        inside, before = stem, 1
        for stage, ((expansion, count, stride, dilation), outside) in enumerate(
            zip(_STAGES, outputs, strict=True), start=1
        ):
            # Where the dilation grows, the first block has half of it.
            first = dilation if dilation == before else max(dilation // 2, 1)
            blocks = [InvertedResidual(inside, outside, stride, expansion, first)]
            blocks += [InvertedResidual(outside, outside, 1, expansion, dilation) for _ in range(1, count)]
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
            inside, before = outside, dilation
        self.channels = tuple(channels[layer] for layer in self._layers)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of the chosen layers, in their order.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255.
        """
        maps, found = [], images
        for layer in range(8):
            found = getattr(self, f"layer{layer}")(found)
            maps.append(found)
        return tuple(maps[layer] for layer in self._layers)
