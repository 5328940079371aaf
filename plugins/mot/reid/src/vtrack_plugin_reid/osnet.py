"""OSNet, without and with instance normalisation (IBN).

Paper: Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019,
https://arxiv.org/abs/1905.00953. Followed: ``torchreid/models/osnet.py`` of
https://github.com/KaiyangZhou/deep-person-reid (MIT), whose names the weights have. Its classifier of identities is
left out: it is of no use but in training on those.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence as Seq

from torch import Tensor, nn

from vtrack_nets.pointwise import hasten_pointwise
from vtrack_plugin_reid.osnet_blocks import ChannelGate, ConvLayer, LightConv, normalisation, stem

__all__ = ["EMBEDDING_LENGTH", "NARROWEST", "OSNet", "OmniScaleNetwork", "channels_of"]

CHANNELS = (64, 256, 384, 512)
"""Of the stem and the three stages, at width 1."""

EMBEDDING_LENGTH = 512
"""Numbers of a published network's embedding."""

BLOCKS = 2
"""Blocks of each stage."""

NARROWEST = 64
"""Channels that a stage must have: its gates have a sixteenth of a quarter of them inside."""


def channels_of(width: float) -> tuple[int, int, int, int]:
    """Return the channels of stem and stages at a width of 0.25, 0.5, 0.75, 1, ..."""
    first, second, third, fourth = (int(width * channels) for channels in CHANNELS)
    return first, second, third, fourth


class OmniScaleNetwork(nn.Module, ABC):
    """What all of them do with what their stages found; the stages are a subclass's."""

    conv5: nn.Module

    def _end(self, channels: int, embedding_length: int) -> None:
        """Make the last layers."""
        self.conv5 = ConvLayer(channels, channels)
        self.fc = nn.Sequential(nn.Linear(channels, embedding_length), nn.BatchNorm1d(embedding_length), nn.ReLU())
        self.embedding_length = embedding_length

    def fold(self) -> None:
        """Put batch normalisation into the weights before it: the same answers sooner, but no training any more."""
        self.eval()
        for module in self.modules():
            if isinstance(module, ConvLayer | LightConv):
                module.fold()

    def hasten(self) -> None:
        """Have a core that computes alone do most layers sooner, but not the gates, whose maps are of one pixel."""
        for module in self.modules():
            if isinstance(module, ConvLayer | LightConv):
                hasten_pointwise(module)

    @abstractmethod
    def featuremaps(self, crops: Tensor) -> Tensor:
        """Return the last layer's map, ``(N, C, H / 16, W / 16)``, of crops ``(N, 3, H, W)``."""

    def forward(self, crops: Tensor) -> Tensor:
        """Return embeddings ``(N, D)``, of any length, of crops ``(N, 3, H, W)``, float, normalised."""
        embeddings: Tensor = self.fc(self.featuremaps(crops).mean((2, 3)))
        return embeddings


class OmniScaleBlock(nn.Module):
    """Four streams, one to four light convolutions deep, on a quarter of the channels; added to what came in."""

    def __init__(self, inside: int, outside: int, *, instance_norm: bool) -> None:
        """Make the block.

        Args:
            inside: Channels that come in.
            outside: Channels that go out.
            instance_norm: Whether the sum is normalised once more.
        """
        super().__init__()
        middle = outside // 4
        self.conv1 = ConvLayer(inside, middle)
        self.conv2a = LightConv(middle)
        self.conv2b = nn.Sequential(*(LightConv(middle) for _ in range(2)))
        self.conv2c = nn.Sequential(*(LightConv(middle) for _ in range(3)))
        self.conv2d = nn.Sequential(*(LightConv(middle) for _ in range(4)))
        self.gate = ChannelGate(middle)
        self.conv3 = ConvLayer(middle, outside, activate=False)
        self.downsample = ConvLayer(inside, outside, activate=False) if inside != outside else None
        self.IN = normalisation("instance", outside) if instance_norm else None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)`` of ``(N, inside, h, w)``."""
        narrow = self.conv1(x)
        streams = [self.gate(stream(narrow)) for stream in (self.conv2a, self.conv2b, self.conv2c, self.conv2d)]
        out: Tensor = self.conv3(streams[0] + streams[1] + streams[2] + streams[3])
        out = out + (x if self.downsample is None else self.downsample(x))
        if self.IN is not None:
            out = self.IN(out)
        return out.relu_()


class OSNet(OmniScaleNetwork):
    """OSNet, or OSNet-IBN.

    Attributes:
        embedding_length: Numbers of an embedding.
    """

    def __init__(
        self,
        channels: Seq[int] = CHANNELS,
        *,
        embedding_length: int = EMBEDDING_LENGTH,
        instance_norm: bool = False,
    ) -> None:
        """Make the network; weights are drawn at random.

        Args:
            channels: Of the stem and the three stages; the stages' are 64 or more.
            embedding_length: Numbers of an embedding.
            instance_norm: IBN: normalise each crop by itself in the stem and the first stage.
        """
        super().__init__()
        first, second, third, fourth = channels
        self.conv1 = stem(first, norm="instance" if instance_norm else "batch")
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = _stage(first, second, instance_norm=instance_norm, pool=True)
        self.conv3 = _stage(second, third, instance_norm=False, pool=True)
        self.conv4 = _stage(third, fourth, instance_norm=False, pool=False)
        self._end(fourth, embedding_length)

    def featuremaps(self, crops: Tensor) -> Tensor:
        """Return the last layer's map, ``(N, C, H / 16, W / 16)``, of crops ``(N, 3, H, W)``."""
        x = self.maxpool(self.conv1(crops))
        maps: Tensor = self.conv5(self.conv4(self.conv3(self.conv2(x))))
        return maps


def _stage(inside: int, outside: int, *, instance_norm: bool, pool: bool) -> nn.Sequential:
    widths = [inside] + [outside] * (BLOCKS - 1)
    layers: list[nn.Module] = [OmniScaleBlock(width, outside, instance_norm=instance_norm) for width in widths]
    if pool:
        layers.append(nn.Sequential(ConvLayer(outside, outside), nn.AvgPool2d(2, stride=2)))
    return nn.Sequential(*layers)
