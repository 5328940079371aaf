"""Pictures scaled to given limits of their long and short edge, and padded at the right and the bottom.

As MMDetection's ``Resize(keep_ratio=True)`` and ``Pad(size_divisor)`` do it (Apache-2.0), whose pixels these equal: the
scaled size is rounded half up, each axis has its own factor afterwards, OpenCV interpolates linearly in uint8.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import Float64Array

__all__ = ["KeepRatio", "scaled_size"]

Batch = npt.NDArray[np.uint8]


def scaled_size(height: int, width: int, limits: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of a picture after scaling.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        limits: The two that the picture must stay within, in any order: the greater bounds its long edge, the smaller
            its short one.
    """
    ratio = min(max(limits) / max(height, width), min(limits) / min(height, width))
    return max(1, int(height * ratio + 0.5)), max(1, int(width * ratio + 0.5))


class KeepRatio:
    """Scales pictures and puts them into one array, which is kept and used again for batches of the same size."""

    def __init__(self, limits: tuple[int, int], *, divisor: int = 32, pad: tuple[int, int, int] = (0, 0, 0)) -> None:
        """Choose the limits.

        Args:
            limits: Bounds of long and short edge in pixels, in any order.
            divisor: Height and width of the batch are multiples of it.
            pad: Value of each channel, in the picture's order, where no picture is: 0 to 255.
        """
        self._limits = limits
        self._divisor = divisor
        self._pad = np.array(pad, np.uint8)
        self._batch: Batch = np.zeros((0, 0, 0, 3), np.uint8)

    def __call__(self, images: Seq[Image]) -> tuple[Batch, Float64Array, tuple[tuple[int, int], ...]]:
        """Scale pictures into a batch as large as the largest asks for.

        Args:
            images: uint8 ``(h, w, 3)`` each.

        Returns:
            uint8 ``(N, height, width, 3)``, valid until the next call; float64 ``(N, 4)``, what boxes ``x1, y1, x2,
            y2`` in the pictures were multiplied with to be those in the batch; height and width of each scaled picture
            without its padding.
        """
        sizes = tuple(scaled_size(image.shape[0], image.shape[1], self._limits) for image in images)
        height, width = (self._rounded_up(max(edges)) for edges in zip(*sizes, strict=True))
        if self._batch.shape[1:3] != (height, width) or len(self._batch) < len(images):
            self._batch = np.empty((len(images), height, width, 3), np.uint8)
        batch = self._batch[: len(images)]
        for image, canvas, size in zip(images, batch, sizes, strict=True):
            self._put(image, canvas, size)
        factors = [
            np.tile([new_width / image.shape[1], new_height / image.shape[0]], 2)
            for image, (new_height, new_width) in zip(images, sizes, strict=True)
        ]
        return batch, np.array(factors, np.float64), sizes

    def _rounded_up(self, edge: int) -> int:
        return -(-edge // self._divisor) * self._divisor

    def _put(self, image: Image, canvas: Image, size: tuple[int, int]) -> None:
        import cv2

        height, width = size
        corner = canvas[:height, :width]
        if image.shape[:2] == size:
            corner[:] = image
        else:
            cv2.resize(image, (width, height), dst=corner, interpolation=cv2.INTER_LINEAR)
        canvas[height:] = self._pad
        canvas[:height, width:] = self._pad
