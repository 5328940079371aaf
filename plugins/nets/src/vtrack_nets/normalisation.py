"""Pictures as networks take them: float channels with the mean and spread that the weights were trained with."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import torch
from torch import Tensor

__all__ = ["Normalizer"]


class Normalizer:
    """Turns batches of uint8 pictures into float tensors, zero where padding is."""

    def __init__(self, mean: Seq[float], std: Seq[float], *, channel_order: str = "rgb") -> None:
        """Choose what is taken off and divided by.

        Args:
            mean: Of each channel in the network's order, on the scale of 0 to 255.
            std: Of each channel in the network's order.
            channel_order: The network's: ``"rgb"`` or ``"bgr"``.
        """
        self._mean = torch.tensor(list(mean), dtype=torch.float32).reshape(1, 3, 1, 1)
        self._std = torch.tensor(list(std), dtype=torch.float32).reshape(1, 3, 1, 1)
        self._flip = channel_order == "rgb"

    def __call__(self, batch: Tensor, sizes: Seq[tuple[int, int]] | None = None) -> Tensor:
        """Return float32 ``(N, 3, H, W)``, on the batch's device.

        Args:
            batch: uint8 ``(N, H, W, 3)``, blue-green-red.
            sizes: Height and width of each picture; what lies beyond, at the right and the bottom, becomes zero.
        """
        images = batch.permute(0, 3, 1, 2)
        images = images.flip(1) if self._flip else images
        images = images.to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        images.sub_(self._mean.to(images.device)).div_(self._std.to(images.device))
        for image, (height, width) in zip(images, sizes or (), strict=False):
            image[:, height:] = 0
            image[:, :, width:] = 0
        return images
