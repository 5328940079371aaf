"""Between backbone and heads: every map to the heads' channels, and a template to its middle."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from torch import Tensor, nn

__all__ = ["AdjustLayer", "Neck"]

_SMALL = 20
"""Maps narrower than this are templates' and are cut to their middle; as in pysot, the size alone tells."""


class AdjustLayer(nn.Module):
    """A 1x1 convolution with its norm, then the middle of small maps.

    Args:
        inside: Channels of the backbone's map.
        outside: Channels of the head's.
        centre: Edge of what is left of a template, in cells.
    """

    def __init__(self, inside: int, outside: int, centre: int) -> None:
        super().__init__()
        self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside))
        self._centre = centre

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)`` of ``(N, inside, h, w)``; small ones ``(N, outside, centre, centre)``."""
        x = self.downsample(x)
        if x.shape[3] < _SMALL:
            start = (x.shape[3] - self._centre) // 2
            x = x[:, :, start : start + self._centre, start : start + self._centre]
        return x


class Neck(nn.Module):
    """One `AdjustLayer` for each map.

    Args:
        inside: Channels of the backbone's maps.
        outside: Channels of the heads'.
        centre: Edge of what is left of a template, in cells.
    """

    def __init__(self, inside: Seq[int], outside: Seq[int], centre: int) -> None:
        super().__init__()
        # Names of weights as in pysot, which counts levels from 2, and not at all where there is one.
        self._names = tuple(
            f"downsample{place + 2}" if len(inside) > 1 else "downsample" for place in range(len(inside))
        )
        for name, before, after in zip(self._names, inside, outside, strict=True):
            self.add_module(name, AdjustLayer(before, after, centre))

    def forward(self, maps: Seq[Tensor]) -> tuple[Tensor, ...]:
        """Return the adjusted maps."""
        return tuple(getattr(self, name)(each) for name, each in zip(self._names, maps, strict=True))
