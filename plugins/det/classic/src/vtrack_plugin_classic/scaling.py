"""Pictures scaled down for detectors that need not see every pixel."""

from __future__ import annotations

import numpy as np

from vtcore.frames import Frame, Image
from vtcore.instances import Float64Array

__all__ = ["scaled_down"]


def scaled_down(frame: Frame, width: int) -> tuple[Image, Float64Array]:
    """Return a frame's picture, no wider than `width`, and what takes its coordinates back to the original's.

    Args:
        frame: With its image.
        width: Greatest width in pixels; 0 keeps any.

    Returns:
        The picture, the original itself where it is narrow enough; float64 ``(4,)``, factors for ``x, y, x, y``.

    Raises:
        ValueError: The frame has no image.
    """
    if frame.image is None:
        raise ValueError(f"{frame!r} has no image; the detector needs one")
    image = frame.image
    old_height, old_width = image.shape[:2]
    if width == 0 or old_width <= width:
        return image, np.ones(4)
    import cv2

    height = max(1, round(old_height * width / old_width))
    scaled: Image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return scaled, np.tile([old_width / width, old_height / height], 2)
