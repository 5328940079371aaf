"""Where the tokens of a picture lie, as numbers that attention can use.

As in DETR and https://github.com/researchmm/Stark (MIT): cells are counted from the first that is no padding, and the
counts scaled so that the last is 2 pi.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.instances import BoolArray

__all__ = ["LearnedPosition", "PositionCache", "SinePosition"]

_TEMPERATURE = 10000
_EPSILON = 1e-6
_KEPT = 256


class SinePosition(nn.Module):
    """Sines of the row in the first half of the channels, of the column in the second.

    Args:
        channels: Of a token; a multiple of 4.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, padding: Tensor) -> Tensor:
        """Return positions, float32 ``(N, h * w, channels)``, row by row.

        Args:
            padding: bool ``(N, h, w)``, cells that hold nothing of the picture.
        """
        inside = ~padding
        rows = inside.cumsum(1, dtype=torch.float32)
        columns = inside.cumsum(2, dtype=torch.float32)
        rows = rows / (rows[:, -1:, :] + _EPSILON) * (2 * math.pi)
        columns = columns / (columns[:, :, -1:] + _EPSILON) * (2 * math.pi)
        half = self.channels // 2
        number = torch.arange(half, dtype=torch.float32, device=padding.device)
        period = _TEMPERATURE ** (2 * torch.div(number, 2, rounding_mode="floor") / half)
        waves = [self._waves(places[..., None] / period) for places in (rows, columns)]
        return torch.cat(waves, dim=3).flatten(1, 2)

    @staticmethod
    def _waves(angles: Tensor) -> Tensor:
        """Return sines and cosines in turn."""
        return torch.stack((angles[..., 0::2].sin(), angles[..., 1::2].cos()), dim=4).flatten(3)


class LearnedPosition(nn.Module):
    """A learned vector for each row and each column, whatever is padding.

    Args:
        channels: Of a token; even.
        cells: Most rows and columns.
    """

    def __init__(self, channels: int, cells: int = 50) -> None:
        super().__init__()
        self.row_embed = nn.Embedding(cells, channels // 2)
        self.col_embed = nn.Embedding(cells, channels // 2)
        nn.init.uniform_(self.row_embed.weight)
        nn.init.uniform_(self.col_embed.weight)

    def forward(self, padding: Tensor) -> Tensor:
        """Return positions, ``(N, h * w, channels)``, row by row, of bool ``(N, h, w)``."""
        count, height, width = padding.shape
        columns = self.col_embed.weight[:width].expand(height, -1, -1)
        rows = self.row_embed.weight[:height, None].expand(-1, width, -1)
        return torch.cat((columns, rows), dim=2).flatten(0, 1).expand(count, -1, -1)


class PositionCache:
    """Positions by padding, computed once each; a target that keeps its place at the border costs nothing.

    Args:
        module: What computes them.
        device: Where they are kept.
    """

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        self._module = module
        self._device = device
        self._known: OrderedDict[tuple[tuple[int, ...], bytes], Tensor] = OrderedDict()

    def __call__(self, padding: BoolArray) -> Tensor:
        """Return positions, ``(h * w, channels)``, on the device.

        Args:
            padding: bool ``(h, w)``, cells that hold nothing of the picture.
        """
        key = padding.shape, np.packbits(padding).tobytes()
        known = self._known.pop(key, None)
        if known is None:
            with torch.inference_mode():
                known = self._module(torch.from_numpy(padding)[None].to(self._device))[0].contiguous()
            if len(self._known) >= _KEPT:
                self._known.popitem(last=False)
        self._known[key] = known
        return known
