"""The blocks of OSNet: light convolutions of several depths side by side, weighed by one gate.

Paper: Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019,
https://arxiv.org/abs/1905.00953. Modules are named as in torchreid (https://github.com/KaiyangZhou/deep-person-reid,
MIT), so that its weights fit.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["ChannelGate", "ConvLayer", "LightConv", "stem"]

GATE_REDUCTION = 16
"""Channels of the gate's hidden layer: the block's, divided by this."""


class ConvLayer(nn.Module):
    """A convolution, what normalises it, perhaps a ReLU."""

    def __init__(
        self,
        inside: int,
        outside: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        norm: str = "batch",
        activate: bool = True,
    ) -> None:
        """Make the layer.

        Args:
            inside: Channels that come in.
            outside: Channels that go out.
            kernel: Odd side of the kernel.
            stride: Of the convolution.
            norm: ``"batch"``, ``"instance"`` or ``""``.
            activate: Whether a ReLU follows.
        """
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)
        self.bn = normalisation(norm, outside) if norm else None
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)`` of ``(N, inside, H, W)``."""
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return x.relu_() if self.activate else x

    def fold(self) -> None:
        """Put batch normalisation into the convolution's weights, for inference alone."""
        if isinstance(self.bn, nn.BatchNorm2d):
            self.conv, self.bn = fuse_conv_bn_eval(self.conv, self.bn), None


class LightConv(nn.Module):
    """A 1x1 convolution, then a 3x3 one of each channel alone, batch normalisation, ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False, groups=channels)
        self.bn: nn.BatchNorm2d | None = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, h, w)`` of the same shape."""
        x = self.conv2(self.conv1(x))
        if self.bn is not None:
            x = self.bn(x)
        return x.relu_()

    def fold(self) -> None:
        """Put batch normalisation into the convolution's weights, for inference alone."""
        if isinstance(self.bn, nn.BatchNorm2d):
            self.conv2, self.bn = fuse_conv_bn_eval(self.conv2, self.bn), None


class ChannelGate(nn.Module):
    """Weighs the channels of a map by what they hold on the whole; one for all streams of a block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // GATE_REDUCTION, 1)
        self.fc2 = nn.Conv2d(channels // GATE_REDUCTION, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, h, w)`` of the same shape."""
        gate: Tensor = self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu_())
        return x * gate.sigmoid_()


def normalisation(kind: str, channels: int) -> nn.Module:
    """Return batch or instance normalisation, with weight and bias."""
    return nn.InstanceNorm2d(channels, affine=True) if kind == "instance" else nn.BatchNorm2d(channels)


def stem(channels: int, *, norm: str) -> ConvLayer:
    """Return the first layer of the network, ``(N, 3, H, W)`` to ``(N, C, H / 2, W / 2)``."""
    return ConvLayer(3, channels, 7, stride=2, norm=norm)
