"""ResNet with a stride of 8 in its last three stages, as SiamRPN++ follows targets with it.

Li et al., SiamRPN++: Evolution of Siamese Visual Tracking with Very Deep Networks, CVPR 2019,
https://arxiv.org/abs/1812.11703. Strides, dilations and paddings are those of pysot
(https://github.com/STVIR/pysot, Apache-2.0): the stem and the second stage do not pad, and the first block of a dilated
stage, with its 3x3 shortcut, has half of the stage's dilation. The blocks themselves are torchvision's (BSD-3-Clause).
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

__all__ = ["ResNet"]

_BLOCKS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
}
"""Block, and how many of them each stage has, by depth."""

_STAGES = {1: (64, 1, 1), 2: (128, 2, 1), 3: (256, 1, 2), 4: (512, 1, 4)}
"""Planes, stride and dilation."""


class ResNet(nn.Module):
    """Stem and stages of residual blocks, with torchvision's names; shortcuts after the first stage are 3x3.

    Args:
        depth: 18, 34 or 50 layers.
        layers: Whose maps are returned: 0 is the stem before it is pooled, 1 to 4 are the stages.
        stages: Which of 3 and 4 there are; one that is not is left out, as in the original. Those among `layers` are
            always there.

    Attributes:
        channels: Of each returned map.
    """

    def __init__(self, depth: int = 50, layers: Seq[int] = (2, 3, 4), stages: Seq[int] | None = None) -> None:
        super().__init__()
        self._layers = tuple(layers)
        block, counts = _BLOCKS[depth]
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        there = {1, 2, *self._layers, *(self._layers if stages is None else stages)} & _STAGES.keys()
        inside, made = 64, {0: 64}
        for stage in sorted(there):
            planes, stride, dilation = _STAGES[stage]
            first = _first_block(block, inside, planes, stride, dilation)
            inside = planes * block.expansion
            rest = [_block(block, inside, planes, dilation) for _ in range(1, counts[stage - 1])]
            self.add_module(f"layer{stage}", nn.Sequential(first, *rest))
            made[stage] = inside
        self._stages = tuple(sorted(there))
        self.channels = tuple(made[layer] for layer in self._layers)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of the chosen layers, in their order; from the second stage on they are of equal size.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255.
        """
        maps = {0: self.relu(self.bn1(self.conv1(images)))}
        found = self.maxpool(maps[0])
        for stage in self._stages:
            found = maps[stage] = getattr(self, f"layer{stage}")(found)
        return tuple(maps[layer] for layer in self._layers)


def _block(block: Any, inside: int, planes: int, dilation: int) -> Any:
    made = block(inside, planes)
    # torchvision's smaller block has no argument for it.
    for convolution in (made.conv2,) if block is Bottleneck else (made.conv1, made.conv2):
        convolution.dilation = convolution.padding = (dilation, dilation)
    return made


def _first_block(block: Any, inside: int, planes: int, stride: int, dilation: int) -> Any:
    half, outside = max(dilation // 2, 1), planes * block.expansion
    shortcut = None
    if stride == 1 and dilation == 1:
        if inside != outside:
            shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside))
    else:
        padding = half if dilation > 1 else 0
        convolution = nn.Conv2d(inside, outside, 3, stride, padding, dilation=half, bias=False)
        shortcut = nn.Sequential(convolution, nn.BatchNorm2d(outside))
    made = block(inside, planes, stride, shortcut)
    strided = made.conv2 if block is Bottleneck else made.conv1
    strided.dilation = (half, half)
    strided.padding = (half, half) if dilation > 1 else (2 - stride, 2 - stride)
    if block is BasicBlock:
        made.conv2.dilation = made.conv2.padding = (dilation, dilation)
    return made
