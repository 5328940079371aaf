"""How each published code hands pictures to the network."""

from __future__ import annotations

import attrs

__all__ = ["PRESETS", "Preset"]


@attrs.frozen
class Preset:
    """What weights of one origin expect.

    Attributes:
        input_size: Height and width of the network's pictures. The frame's, with `letterbox`; else bounds of long and
            short edge, and the picture is padded to multiples of 32.
        small_input_size: The same for small networks.
        small: Which these are.
        letterbox: Whether pictures are put into a frame of one size.
        red_first: Whether red is the first channel; pictures come blue first.
        mean: Of each channel, taken off pixels of 0 to 255, in the order that the network sees.
        deviation: What each channel is then divided by.
        pad: Grey value around the picture.
        shifted_nms: Whether NMS keeps classes apart by shifting them, however many boxes (MMCV), and not only up to
            1000 boxes (torchvision): results differ only in boxes beyond the picture's edge and on the very threshold.
    """

    input_size: tuple[int, int]
    small_input_size: tuple[int, int]
    small: tuple[str, ...]
    letterbox: bool
    red_first: bool = False
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pad: int = 114
    shifted_nms: bool = False

    def size_for(self, network: str) -> tuple[int, int]:
        """Return the input size of a network: nano, tiny, s, m, l or x."""
        return self.small_input_size if network in self.small else self.input_size


PRESETS = {
    "megvii": Preset((640, 640), (416, 416), ("nano", "tiny"), letterbox=True),
    "bytetrack": Preset(
        (800, 1440),
        (608, 1088),
        ("nano", "tiny", "s"),
        letterbox=True,
        red_first=True,
        mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
        deviation=(0.229 * 255, 0.224 * 255, 0.225 * 255),
    ),
    "mmdet": Preset((800, 1440), (800, 1440), (), letterbox=False, shifted_nms=True),
}
