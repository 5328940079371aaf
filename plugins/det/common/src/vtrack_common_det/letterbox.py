"""Pictures scaled into a frame of a fixed size, in the left upper corner, the rest filled.

As YOLOX (Megvii, Apache-2.0) and ByteTrack (MIT) do it, whose pixels these equal: the ratio is the greatest at which
the picture fits, the scaled size is rounded down, OpenCV interpolates linearly in uint8.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import Float64Array

__all__ = ["PAD", "Letterbox", "fitting_ratio"]

PAD = 114
"""Grey value around the picture."""

Batch = npt.NDArray[np.uint8]


def fitting_ratio(height: int, width: int, size: tuple[int, int]) -> float:
    """Return the greatest ratio at which a picture fits into ``(height, width)`` pixels."""
    return min(size[0] / height, size[1] / width)


class Letterbox:
    """Puts pictures into one array, which is kept and used again for the next batch.

    Attributes:
        size: Height and width of the frame in pixels.
    """

    def __init__(self, size: tuple[int, int], *, pad: int = PAD) -> None:
        """Choose the size.

        Args:
            size: Height and width in pixels.
            pad: Value of what no picture covers, 0 to 255.
        """
        self.size = size
        self._pad = pad
        self._batch: Batch = np.zeros((0, *size, 3), np.uint8)

    def __call__(self, images: Seq[Image]) -> tuple[Batch, Float64Array]:
        """Scale pictures into a batch.

        Args:
            images: uint8 ``(h, w, 3)`` each, of any sizes.

        Returns:
            uint8 ``(N, height, width, 3)``, valid until the next call; float64 ``(N,)``, what coordinates in the
            pictures were multiplied with to be those in the batch.
        """
        if len(self._batch) < len(images):
            self._batch = np.empty((len(images), *self.size, 3), np.uint8)
        batch = self._batch[: len(images)]
        ratios = [self._put(image, canvas) for image, canvas in zip(images, batch, strict=True)]
        return batch, np.array(ratios, np.float64)

    def _put(self, image: Image, canvas: Image) -> float:
        import cv2

        height, width = image.shape[:2]
        ratio = fitting_ratio(height, width, self.size)
        new_height, new_width = max(1, int(height * ratio)), max(1, int(width * ratio))
        corner = canvas[:new_height, :new_width]
        if (new_height, new_width) == (height, width):
            corner[:] = image
        else:
            # OpenCV writes into the batch itself: its rows may lie further apart than they are long.
            cv2.resize(image, (new_width, new_height), dst=corner, interpolation=cv2.INTER_LINEAR)
        canvas[new_height:] = self._pad
        canvas[:new_height, new_width:] = self._pad
        return ratio
