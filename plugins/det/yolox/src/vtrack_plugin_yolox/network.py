"""The YOLOX network: CSPDarknet, path aggregation neck, decoupled head.

Ge et al., YOLOX: Exceeding YOLO Series in 2021, https://arxiv.org/abs/2107.08430; original code
https://github.com/Megvii-BaseDetection/YOLOX (Apache-2.0). Weights are named as there; ByteTrack
(https://github.com/ifzhang/ByteTrack, MIT) has the same network and names. The pyramid of maxima is computed in
cascade, which gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq

import torch
from torch import Tensor, nn

from vtrack_plugin_yolox.blocks import ConvUnit, CspLayer, Focus, SpatialPyramid, conv_unit
from vtrack_plugin_yolox.decoding import STRIDES, decode, flattened
from vtrack_plugin_yolox.layout import YoloxLayout

__all__ = ["CspDarknet", "PathAggregation", "Yolox", "YoloxHead"]

_PRIOR = 0.01
"""Score that every place has before training: most hold nothing."""


class CspDarknet(nn.Module):
    """The backbone."""

    def __init__(self, layout: YoloxLayout, *, fused: bool = False) -> None:
        super().__init__()
        base, repeats, depthwise = layout.channels, layout.repeats, layout.depthwise

        def down(inputs: int) -> nn.Module:
            return conv_unit(inputs, 2 * inputs, 3, 2, depthwise=depthwise, fused=fused)

        def layer(channels: int, count: int, *, shortcut: bool = True) -> CspLayer:
            return CspLayer(channels, channels, count, shortcut=shortcut, depthwise=depthwise, fused=fused)

        self.stem = Focus(3, base, fused=fused)
        self.dark2 = nn.Sequential(down(base), layer(2 * base, repeats))
        self.dark3 = nn.Sequential(down(2 * base), layer(4 * base, 3 * repeats))
        self.dark4 = nn.Sequential(down(4 * base), layer(8 * base, 3 * repeats))
        self.dark5 = nn.Sequential(
            down(8 * base),
            SpatialPyramid(16 * base, 16 * base, fused=fused),
            layer(16 * base, repeats, shortcut=False),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return maps at 1/8, 1/16 and 1/32 of images ``(N, 3, h, w)``."""
        eighth = self.dark3(self.dark2(self.stem(images)))
        sixteenth = self.dark4(eighth)
        return eighth, sixteenth, self.dark5(sixteenth)


class PathAggregation(nn.Module):
    """The backbone with its neck: what coarse maps know flows to the fine ones, and back."""

    def __init__(self, layout: YoloxLayout, *, fused: bool = False) -> None:
        super().__init__()
        base, depthwise = layout.channels, layout.depthwise
        fine, middle, coarse = 4 * base, 8 * base, 16 * base

        def layer(inputs: int, outputs: int) -> CspLayer:
            return CspLayer(inputs, outputs, layout.repeats, shortcut=False, depthwise=depthwise, fused=fused)

        self.backbone = CspDarknet(layout, fused=fused)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral_conv0 = ConvUnit(coarse, middle, 1, fused=fused)
        self.C3_p4 = layer(2 * middle, middle)
        self.reduce_conv1 = ConvUnit(middle, fine, 1, fused=fused)
        self.C3_p3 = layer(2 * fine, fine)
        self.bu_conv2 = conv_unit(fine, fine, 3, 2, depthwise=depthwise, fused=fused)
        self.C3_n3 = layer(2 * fine, middle)
        self.bu_conv1 = conv_unit(middle, middle, 3, 2, depthwise=depthwise, fused=fused)
        self.C3_n4 = layer(2 * middle, coarse)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return maps at 1/8, 1/16 and 1/32 of images ``(N, 3, h, w)``."""
        eighth, sixteenth, thirtysecond = self.backbone(images)
        lateral = self.lateral_conv0(thirtysecond)
        middle = self.C3_p4(torch.cat((self.upsample(lateral), sixteenth), dim=1))
        reduced = self.reduce_conv1(middle)
        fine = self.C3_p3(torch.cat((self.upsample(reduced), eighth), dim=1))
        middle = self.C3_n3(torch.cat((self.bu_conv2(fine), reduced), dim=1))
        return fine, middle, self.C3_n4(torch.cat((self.bu_conv1(middle), lateral), dim=1))


class YoloxHead(nn.Module):
    """Boxes, objectness and classes of every place, at each scale by layers of its own."""

    def __init__(self, layout: YoloxLayout, *, fused: bool = False) -> None:
        super().__init__()
        width = 4 * layout.channels

        def tower() -> nn.Sequential:
            units = (conv_unit(width, width, 3, depthwise=layout.depthwise, fused=fused) for _ in range(2))
            return nn.Sequential(*units)

        self.stems = nn.ModuleList(ConvUnit(scale * width, width, 1, fused=fused) for scale in (1, 2, 4))
        self.cls_convs = nn.ModuleList(tower() for _ in STRIDES)
        self.reg_convs = nn.ModuleList(tower() for _ in STRIDES)
        self.cls_preds = nn.ModuleList(_scores(width, layout.classes) for _ in STRIDES)
        self.reg_preds = nn.ModuleList(nn.Conv2d(width, 4, 1) for _ in STRIDES)
        self.obj_preds = nn.ModuleList(_scores(width, 1) for _ in STRIDES)

    def forward(self, features: Seq[Tensor]) -> list[Tensor]:
        """Return raw maps ``(N, 4 + 1 + classes, h, w)`` of each scale: box, objectness, classes, before decoding."""
        layers = zip(
            self.stems, self.cls_convs, self.reg_convs, self.cls_preds, self.reg_preds, self.obj_preds, strict=True
        )
        raw = []
        for maps, (stem, to_class, to_box, classes, box, objectness) in zip(features, layers, strict=True):
            shared = stem(maps)
            regression = to_box(shared)
            raw.append(torch.cat((box(regression), objectness(regression), classes(to_class(shared))), dim=1))
        return raw


def _scores(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 1)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, -math.log((1 - _PRIOR) / _PRIOR))
    return layer


class Yolox(nn.Module):
    """The whole network.

    Attributes:
        layout: Its size and number of classes.
        fused: Whether batch norms are part of the convolutions: faster, and no longer to be trained.
    """

    def __init__(self, layout: YoloxLayout, *, fused: bool = False) -> None:
        super().__init__()
        self.layout = layout
        self.fused = fused
        self.backbone = PathAggregation(layout, fused=fused)
        self.head = YoloxHead(layout, fused=fused)

    def raw(self, images: Tensor) -> list[Tensor]:
        """Return the head's maps ``(N, 4 + 1 + classes, h, w)`` at strides 8, 16 and 32, for `YoloxLoss`.

        Raises:
            ValueError: Height or width of the images is no multiple of 32.
        """
        if images.shape[2] % STRIDES[-1] or images.shape[3] % STRIDES[-1]:
            raise ValueError(
                f"images: height and width must be multiples of {STRIDES[-1]}, got {images.shape[2]}x{images.shape[3]}"
            )
        maps: list[Tensor] = self.head(self.backbone(images))
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Return what stands at every place.

        Args:
            images: ``(N, 3, h, w)``, h and w multiples of 32, as the weights want their pixels.

        Returns:
            float32 ``(N, A, 4 + 1 + classes)``: centre x and y, width and height in pixels of the images, objectness
            and classes between 0 and 1; places by stride 8, 16, 32, row by row.
        """
        maps = self.raw(images)
        return decode(flattened(maps), [(each.shape[2], each.shape[3]) for each in maps])
