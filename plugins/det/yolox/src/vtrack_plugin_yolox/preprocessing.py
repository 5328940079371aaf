"""Pictures as the network wants them: in frames of its size on the processor, in its numbers on the device."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.frames import Image
from vtcore.instances import Float64Array
from vtrack_common_det.keep_ratio import KeepRatio
from vtrack_common_det.letterbox import Letterbox
from vtrack_plugin_yolox.presets import Preset

__all__ = ["Normaliser", "Preprocessing"]

_DIVISOR = 32


class Preprocessing:
    """Scales pictures into a batch of bytes; `Normaliser` makes numbers of these, where the network computes."""

    def __init__(self, preset: Preset, input_size: tuple[int, int]) -> None:
        """Choose the size.

        Args:
            preset: Where the weights come from.
            input_size: Height and width of the batch with a letterbox, else bounds of long and short edge.
        """
        self._red_first = preset.red_first
        self._letterbox = Letterbox(input_size, pad=preset.pad) if preset.letterbox else None
        self._keep_ratio = KeepRatio(input_size, divisor=_DIVISOR, pad=(preset.pad, preset.pad, preset.pad))

    def __call__(self, images: Seq[Image]) -> tuple[Tensor, Float64Array]:
        """Return a batch, and what took coordinates in the pictures to it.

        Args:
            images: uint8 ``(h, w, 3)`` each, blue first.

        Returns:
            uint8 ``(N, 3, height, width)``, channels in the preset's order, side by side in memory, valid until the
            next call; float64 ``(N, 4)``, factors for ``x1, y1, x2, y2``.
        """
        if self._letterbox is not None:
            batch, ratios = self._letterbox(images)
            factors: Float64Array = np.repeat(ratios[:, None], 4, axis=1)
        else:
            batch, factors, _ = self._keep_ratio(images)
        if self._red_first:
            import cv2

            for canvas in batch:
                cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB, dst=canvas)
        return torch.from_numpy(batch).permute(0, 3, 1, 2), factors


class Normaliser(nn.Module):
    """Turns bytes into the numbers that the weights were trained with."""

    factor: Tensor
    shift: Tensor

    def __init__(self, preset: Preset, *, channels_last: bool = False) -> None:
        """Choose the numbers.

        Args:
            preset: Where the weights come from.
            channels_last: Leave the channels of a pixel side by side, as they come.
        """
        super().__init__()
        self._plain = preset.deviation == (1.0, 1.0, 1.0) and preset.mean == (0.0, 0.0, 0.0)
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        factor = 1 / torch.tensor(preset.deviation, dtype=torch.float64)
        self.register_buffer("factor", factor.float(), persistent=False)
        self.register_buffer("shift", (-torch.tensor(preset.mean) * factor).float(), persistent=False)

    def forward(self, batch: Tensor) -> Tensor:
        """Map uint8 ``(N, 3, h, w)`` to float32 of the same shape."""
        values = batch.permute(0, 2, 3, 1).to(torch.float32, memory_format=torch.contiguous_format)
        if not self._plain:
            # Row by row of the picture: ten times as fast as three channels at a time.
            width = values.shape[2]
            rows = values.view(-1, 3 * width)
            values = torch.addcmul(self.shift.repeat(width), rows, self.factor.repeat(width)).view_as(values)
        return values.permute(0, 3, 1, 2).contiguous(memory_format=self._format)
