"""Contrast-limited adaptive histogram equalisation.

Zuiderveld, Contrast Limited Adaptive Histogram Equalization, Graphics Gems IV, 1994; OpenCV's implementation
(Apache-2.0) on the lightness of CIELAB, which leaves the colours as they are.
"""

from __future__ import annotations

from typing import Any

from vtcore.frames import Frame, Image
from vtrack_plugin_classic.config import ClaheConfig

__all__ = ["Clahe"]


class Clahe:
    """Evens out the brightness of a frame; see `ClaheConfig` for the arguments."""

    def __init__(self, clip_limit: float = 2.0, tiles: int = 8) -> None:
        """Check the options.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = ClaheConfig(clip_limit=clip_limit, tiles=tiles)
        self._equaliser: Any = None

    def __call__(self, frame: Frame) -> Frame:
        """Return a new frame of the same size with evened brightness.

        Raises:
            ValueError: The frame has no image.
        """
        import cv2

        if frame.image is None:
            raise ValueError(f"{frame!r} has no image; the transform needs one")
        if self._equaliser is None:
            self._equaliser = cv2.createCLAHE(self.config.clip_limit, (self.config.tiles, self.config.tiles))
        lab = cv2.cvtColor(frame.image, cv2.COLOR_BGR2LAB)
        lab[..., 0] = self._equaliser.apply(lab[..., 0])
        image: Image = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)  # type: ignore[assignment]
        return Frame(frame.index, image, time=frame.time, sequence=frame.sequence)
