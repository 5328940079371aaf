"""From crops as bytes to what networks take; needs torch."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.frames import Image

__all__ = ["IMAGENET_DEVIATION", "IMAGENET_MEAN", "CropNormaliser", "crop_batch"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Red, green, blue, of 1."""

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class CropNormaliser(nn.Module):
    """Turns bytes, blue first, into red, green and blue of mean 0 and deviation 1.

    It gives the numbers of ``(pixel / 255 - mean) / deviation`` in single precision.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, mean: Seq[float] = IMAGENET_MEAN, deviation: Seq[float] = IMAGENET_DEVIATION, *, red_first: bool = True
    ) -> None:
        """Keep mean and deviation.

        Args:
            mean: Of the channels as the network counts them, of 1.
            deviation: The same.
            red_first: Whether the network wants red first.
        """
        super().__init__()
        self._red_first = red_first
        for name, values in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1), persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """Return float32 ``(N, 3, H, W)`` of uint8 ``(N, H, W, 3)``, blue first."""
        pixels = crops.permute(0, 3, 1, 2)
        if self._red_first:
            pixels = pixels.flip(1)
        return pixels.to(self.mean.dtype).contiguous().div_(255).sub_(self.mean).div_(self.deviation)


def crop_batch(crops: Seq[Image]) -> Tensor:
    """Return crops of one size as one tensor, uint8 ``(N, H, W, 3)``, on the processor."""
    return torch.from_numpy(np.stack(crops))
