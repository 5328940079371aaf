"""The network of AFLink: how likely one track goes on as another.

Paper: Du et al., "StrongSORT: Make DeepSORT Great Again", IEEE TMM 2023, https://arxiv.org/abs/2202.13514. Followed:
MMDetection 3.3.0 (Apache-2.0), ``mmdet/models/task_modules/tracking/aflink.py``, whose outputs it gives. Modules bear
the names of the published weights, so these load as they are.

Either track is a picture of one channel, a row a frame and a column each for frame number, left and top. Convolutions
along the rows look at each column alone, with shared weights but a normalisation of its own; then the three columns are
fused, rows are averaged, and both tracks together are classified.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["COLUMNS", "LinkNetwork"]

COLUMNS = 3
"""Frame number, left, top."""

_CHANNELS = (1, 32, 64, 128, 256)


class LinkNetwork(nn.Module):
    """Two branches of temporal convolutions, a fusion each, and a classifier."""

    def __init__(self) -> None:
        """Make the network with weights drawn at random."""
        super().__init__()
        self.TemporalModule_1 = _temporal_module()
        self.TemporalModule_2 = _temporal_module()
        self.FusionBlock_1 = _FusionBlock(_CHANNELS[-1])
        self.FusionBlock_2 = _FusionBlock(_CHANNELS[-1])
        self.classifier = _Classifier(_CHANNELS[-1])

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the confidence that tracks go on as others.

        Args:
            first: float32 ``(B, 1, L, 3)``, the ends of earlier tracks, made comparable with `second` (see
                `vtrack_plugin_aflink.features.standardised`); L is 25 or more.
            second: float32 ``(B, 1, L, 3)``, the beginnings of later tracks.

        Returns:
            float32 ``(B,)``, 0 to 1.
        """
        earlier = self.FusionBlock_1(self.TemporalModule_1(first)).mean((2, 3))
        later = self.FusionBlock_2(self.TemporalModule_2(second)).mean((2, 3))
        logits: Tensor = self.classifier(torch.cat((earlier, later), 1))
        return logits.softmax(1)[:, 1]


class _TemporalBlock(nn.Module):
    """A convolution over seven rows of each column, ``(B, C, L, 3)`` to ``(B, C', L - 6, 3)``."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (7, 1), bias=False)
        self.bnf = nn.BatchNorm1d(outputs)
        self.bnx = nn.BatchNorm1d(outputs)
        self.bny = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        columns = self.conv(x).unbind(3)
        norms = (self.bnf, self.bnx, self.bny)
        return torch.stack([norm(column) for norm, column in zip(norms, columns, strict=True)], 3).relu_()


class _FusionBlock(nn.Module):
    """The three columns become one, ``(B, C, L, 3)`` to ``(B, C, L, 1)``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, (1, COLUMNS), bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        fused: Tensor = self.bn(self.conv(x))
        return fused.relu_()


class _Classifier(nn.Module):
    """Both tracks' features, ``(B, 2 C)``, to logits ``(B, 2)``: another, the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2 * channels, channels // 2)
        self.fc2 = nn.Linear(channels // 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc2(self.fc1(x).relu_())
        return logits


def _temporal_module() -> nn.Sequential:
    return nn.Sequential(*map(_TemporalBlock, _CHANNELS[:-1], _CHANNELS[1:]))
