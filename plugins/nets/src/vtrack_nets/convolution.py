"""A convolution, what normalises it and what follows: one module with the names that MMCV gives them.

MMCV's ConvModule (https://github.com/open-mmlab/mmcv, Apache-2.0) calls its parts ``conv``, ``bn`` and ``gn``;
checkpoints of detectors hold these names.
"""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["ConvModule"]


class ConvModule(nn.Module):
    """Convolution, then perhaps normalisation, then perhaps a ReLU.

    Args:
        in_channels: Channels that come in.
        out_channels: Channels that go out.
        kernel: Odd side of the kernel; the map is padded so that stride 1 keeps its size.
        stride: Of the convolution.
        norm: ``""``, ``"batch"`` (named ``bn``) or ``"group"`` (``gn``, of 32 groups).
        activate: Whether a ReLU follows.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        norm: str = "",
        activate: bool = False,
    ) -> None:
        super().__init__()
        # What is normalised right after needs no bias.
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=not norm)
        self._norm = {"": "", "batch": "bn", "group": "gn"}[norm]
        if norm == "batch":
            self.bn = nn.BatchNorm2d(out_channels)
        elif norm == "group":
            self.gn = nn.GroupNorm(32, out_channels)
        self.activate = nn.ReLU(inplace=True) if activate else None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, out_channels, h, w)`` of ``(N, in_channels, H, W)``."""
        x = self.conv(x)
        if self._norm:
            x = getattr(self, self._norm)(x)
        return x if self.activate is None else self.activate(x)
