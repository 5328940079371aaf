"""OSNet-AIN: instance normalisation within blocks, where a search found it to be of use on other data sets.

Paper: Zhou et al., "Learning Generalisable Omni-Scale Representations for Person Re-Identification", TPAMI 2021,
https://arxiv.org/abs/1910.06827. Followed: ``torchreid/models/osnet_ain.py`` of
https://github.com/KaiyangZhou/deep-person-reid (MIT), whose names the weights have; the classifier is left out.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

from torch import Tensor, nn

from vtrack_plugin_reid.osnet import CHANNELS, EMBEDDING_LENGTH, OmniScaleNetwork
from vtrack_plugin_reid.osnet_blocks import ChannelGate, ConvLayer, LightConv, normalisation, stem

__all__ = ["OSNetAin"]

NORMALISED = ((True, True), (False, True), (True, False))
"""Whether each block of each stage has instance normalisation."""

STREAMS = 4


class _Stream(nn.Module):
    """Light convolutions one after the other."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(LightConv(channels) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class _Block(nn.Module):
    """As OSNet's, but that instance normalisation comes before what came in is added."""

    def __init__(self, inside: int, outside: int, *, instance_norm: bool) -> None:
        super().__init__()
        middle = outside // 4
        self.conv1 = ConvLayer(inside, middle)
        self.conv2 = nn.ModuleList(_Stream(middle, depth) for depth in range(1, STREAMS + 1))
        self.gate = ChannelGate(middle)
        self.conv3 = ConvLayer(middle, outside, norm="" if instance_norm else "batch", activate=False)
        self.downsample = ConvLayer(inside, outside, activate=False) if inside != outside else None
        self.IN = normalisation("instance", outside) if instance_norm else None

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.conv1(x)
        first, *others = (self.gate(stream(narrow)) for stream in self.conv2)
        for other in others:
            first = first + other
        out: Tensor = self.conv3(first)
        if self.IN is not None:
            out = self.IN(out)
        return (out + (x if self.downsample is None else self.downsample(x))).relu_()


class OSNetAin(OmniScaleNetwork):
    """OSNet-AIN.

    Attributes:
        embedding_length: Numbers of an embedding.
    """

    def __init__(self, channels: Seq[int] = CHANNELS, *, embedding_length: int = EMBEDDING_LENGTH) -> None:
        """Make the network; weights are drawn at random.

        Args:
            channels: Of the stem and the three stages; the stages' are 64 or more.
            embedding_length: Numbers of an embedding.
        """
        super().__init__()
        first, second, third, fourth = channels
        self.conv1 = stem(first, norm="instance")
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = _stage(first, second, NORMALISED[0])
        self.pool2 = nn.Sequential(ConvLayer(second, second), nn.AvgPool2d(2, stride=2))
        self.conv3 = _stage(second, third, NORMALISED[1])
        self.pool3 = nn.Sequential(ConvLayer(third, third), nn.AvgPool2d(2, stride=2))
        self.conv4 = _stage(third, fourth, NORMALISED[2])
        self._end(fourth, embedding_length)

    def featuremaps(self, crops: Tensor) -> Tensor:
        """Return the last layer's map, ``(N, C, H / 16, W / 16)``, of crops ``(N, 3, H, W)``."""
        x = self.maxpool(self.conv1(crops))
        x = self.pool3(self.conv3(self.pool2(self.conv2(x))))
        maps: Tensor = self.conv5(self.conv4(x))
        return maps


def _stage(inside: int, outside: int, normalised: Seq[bool]) -> nn.Sequential:
    widths = (inside, *[outside] * (len(normalised) - 1))
    blocks = (_Block(width, outside, instance_norm=each) for width, each in zip(widths, normalised, strict=True))
    return nn.Sequential(*blocks)
