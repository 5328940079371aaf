"""Feature pyramid: maps of all scales that know what the coarsest one saw.

Paper: Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017, https://arxiv.org/abs/1612.03144. Names
of weights and the ways of making further maps are those of MMDetection's FPN
(https://github.com/open-mmlab/mmdetection, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import attrs
import torch.nn.functional as F  # noqa: N812 - everyone calls it so
from torch import Tensor, nn

from vtcore.errors import OptionError
from vtrack_nets.backbone_config import FpnConfig
from vtrack_nets.convolution import ConvModule

__all__ = ["FPN"]


class FPN(nn.Module):
    """Builds a pyramid of maps of equal depth on a backbone's maps.

    Weights are named as in MMDetection: ``lateral_convs.0.conv``, ``fpn_convs.0.conv``, ...

    Args:
        in_channels: Channels of the backbone's maps; empty until `connect` is called.
        out_channels: Channels of every map of the pyramid.
        levels: Maps of the pyramid.
        start_level: First map of the backbone that is used.
        extra: How maps beyond the backbone's are made: ``"max-pool"``, ``"on-input"``, ``"on-lateral"``,
            ``"on-output"``.
        relu_before_extra: Pass maps through a ReLU before each further convolution but the first.

    Attributes:
        channels: Of each map of the pyramid.
        start_level: First map of the backbone that is used.

    Raises:
        ValueError: The numbers contradict each other.
    """

    def __init__(
        self,
        *,
        in_channels: Seq[int] = (),
        out_channels: int = 256,
        levels: int = 5,
        start_level: int = 0,
        extra: str = "max-pool",
        relu_before_extra: bool = False,
    ) -> None:
        super().__init__()
        self._options = FpnConfig(
            in_channels=tuple(in_channels),
            out_channels=out_channels,
            levels=levels,
            start_level=start_level,
            extra=extra,
            relu_before_extra=relu_before_extra,
        )
        self.channels = (out_channels,) * levels
        self.start_level = start_level
        self.lateral_convs = nn.ModuleList()
        self.fpn_convs = nn.ModuleList()
        if in_channels:
            self.connect(in_channels)

    def connect(self, channels: Seq[int]) -> None:
        """Make the convolutions for a backbone's maps, unless they are made.

        Args:
            channels: Of each map, finest first.

        Raises:
            OptionError: The pyramid was made for other maps, or has fewer than it is built on.
        """
        known = self._options.in_channels
        if known and known != tuple(channels):
            raise OptionError(
                f"neck: in_channels: the backbone's maps have {list(channels)} channels, not {list(known)}"
            )
        if len(self.lateral_convs):
            return
        try:
            options = attrs.evolve(self._options, in_channels=tuple(channels))
        except ValueError as error:
            raise OptionError(f"neck: {error}") from error
        used, out = channels[options.start_level :], options.out_channels
        self.lateral_convs.extend(ConvModule(each, out, 1) for each in used)
        self.fpn_convs.extend(ConvModule(out, out, 3) for _ in used)
        if options.extra != "max-pool":
            further = [out] * (options.levels - len(used))
            if further and options.extra == "on-input":
                further[0] = channels[-1]
            self.fpn_convs.extend(ConvModule(each, out, 3, stride=2) for each in further)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, maps: Seq[Tensor]) -> tuple[Tensor, ...]:
        """Return the pyramid, finest first.

        Args:
            maps: ``(N, C, h, w)`` of the backbone, finest first, as many as there are channels.

        Returns:
            `levels` maps ``(N, out_channels, h, w)``.
        """
        used = maps[self._options.start_level :]
        laterals = [convolution(each) for convolution, each in zip(self.lateral_convs, used, strict=True)]
        for level in range(len(laterals) - 1, 0, -1):
            # By size, not by factor 2: odd maps have neighbours of half their size, rounded up.
            above = F.interpolate(laterals[level], size=laterals[level - 1].shape[-2:], mode="nearest")
            laterals[level - 1] = laterals[level - 1] + above
        pyramid = [convolution(each) for convolution, each in zip(self.fpn_convs, laterals, strict=False)]
        return (*pyramid, *self._further(maps[-1], laterals[-1], pyramid[-1]))

    def _further(self, given: Tensor, lateral: Tensor, last: Tensor) -> list[Tensor]:
        """Return the maps beyond those of the backbone."""
        options, used = self._options, len(self.lateral_convs)
        found: list[Tensor] = []
        for level in range(used, options.levels):
            if options.extra == "max-pool":
                found.append(F.max_pool2d((found or [last])[-1], 1, stride=2))
                continue
            source = {"on-input": given, "on-lateral": lateral, "on-output": last}[options.extra]
            if found:
                source = F.relu(found[-1]) if options.relu_before_extra else found[-1]
            found.append(self.fpn_convs[level](source))
        return found
