"""ResNet: the backbone of most detectors, in torchvision's blocks and under its names.

Paper: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385. The
blocks are torchvision's (BSD-3-Clause); how strides, dilations and frozen stages are told apart follows MMDetection's
ResNet (https://github.com/open-mmlab/mmdetection, Apache-2.0), whose weights load as they are.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from vtrack_nets.backbone_config import ResNetConfig

__all__ = ["ResNet"]

_BLOCKS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
"""Block, and how many of them each stage has, by depth."""


class ResNet(nn.Module):
    """Four stages of residual blocks, without the classifier.

    Weights are named as in torchvision: ``conv1``, ``bn1``, ``layer1.0.conv1``, ...

    Args:
        depth: 18, 34, 50, 101 or 152 layers.
        out_indices: Stages whose maps are returned, of 0 to 3; the last one bounds what is built.
        style: ``"pytorch"`` puts a stage's stride on the 3x3 convolution, ``"caffe"`` on the first 1x1 one; the same
            for depths 18 and 34, which have no 1x1 convolutions.
        strides: Of each stage's first block.
        dilations: Of all 3x3 convolutions of each stage; where the stride is taken away it keeps what a cell sees.
        frozen_stages: The stem (0) and so many stages learn nothing; -1 freezes nothing.
        norm_eval: Batch normalisation keeps its statistics while training.

    Attributes:
        channels: Of each returned map.
        strides: Pixels of the image per cell of each returned map.

    Raises:
        ValueError: There is no such depth or stage.
    """

    def __init__(
        self,
        *,
        depth: int = 50,
        out_indices: Seq[int] = (0, 1, 2, 3),
        style: str = "pytorch",
        strides: Seq[int] = (1, 2, 2, 2),
        dilations: Seq[int] = (1, 1, 1, 1),
        frozen_stages: int = 1,
        norm_eval: bool = True,
    ) -> None:
        super().__init__()
        options = ResNetConfig(
            depth=depth,
            out_indices=tuple(out_indices),
            style=style,
            strides=tuple(strides),
            dilations=tuple(dilations),
            frozen_stages=frozen_stages,
            norm_eval=norm_eval,
        )
        self._options = options
        block, counts = _BLOCKS[depth]
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels, total, made = 64, 4, []
        for stage in range(max(options.out_indices) + 1):
            made.append((64 * 2**stage * block.expansion, total := total * strides[stage]))
            first = _block(block, channels, 64 * 2**stage, strides[stage], dilations[stage], style)
            channels = made[-1][0]
            rest = [_block(block, channels, 64 * 2**stage, 1, dilations[stage], style) for _ in range(1, counts[stage])]
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, *rest))
        self.channels = tuple(made[stage][0] for stage in options.out_indices)
        self.strides = tuple(made[stage][1] for stage in options.out_indices)
        self._initialise()
        self._freeze()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of the chosen stages, finest first.

        Args:
            images: float ``(N, 3, H, W)``, normalised as the weights were trained.

        Returns:
            One ``(N, C, h, w)`` per stage in `out_indices`; ``h`` is about ``H / stride``.
        """
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        maps = []
        for stage in range(max(self._options.out_indices) + 1):
            x = getattr(self, f"layer{stage + 1}")(x)
            if stage in self._options.out_indices:
                maps.append(x)
        return tuple(maps)

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a checkpoint's tensors under our names: torchvision's, without the classifier.

        Of a detector of MMDetection or torchvision, its backbone is taken.

        Args:
            state: Tensors by name.
        """
        for prefix in ("backbone.body.", "backbone."):
            inside = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
            if "conv1.weight" in inside:
                state = inside
                break
        return {name: value for name, value in state.items() if not name.startswith("fc.")}

    def train(self, mode: bool = True) -> ResNet:
        """Set training or evaluation; frozen stages, and with `norm_eval` all statistics, stay as they are."""
        super().train(mode)
        self._freeze()
        if mode and self._options.norm_eval:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def _freeze(self) -> None:
        frozen = self._options.frozen_stages
        stem = [self.conv1, self.bn1] if frozen >= 0 else []
        for part in (*stem, *(getattr(self, f"layer{stage}", None) for stage in range(1, frozen + 1))):
            if part is not None:
                part.eval()
                part.requires_grad_(False)

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _block(
    block: type[BasicBlock] | type[Bottleneck], inside: int, planes: int, stride: int, dilation: int, style: str
) -> Any:
    """Make a block; strides and dilations that torchvision's has no arguments for are put in afterwards."""
    out, downsample = planes * block.expansion, None
    if stride != 1 or inside != out:
        downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))
    made: Any
    if block is Bottleneck:
        made = Bottleneck(inside, planes, stride, downsample, dilation=dilation)
        if style == "caffe":
            made.conv1.stride, made.conv2.stride = (stride, stride), (1, 1)
        return made
    made = BasicBlock(inside, planes, stride, downsample)
    made.conv1.dilation = made.conv1.padding = (dilation, dilation)
    return made
