"""Which network of the family: how wide, how deep, how many classes."""

from __future__ import annotations

import attrs

__all__ = ["SIZES", "YoloxLayout"]

SIZES: dict[str, tuple[int, int, bool]] = {
    "nano": (16, 1, True),
    "tiny": (24, 1, False),
    "s": (32, 1, False),
    "m": (48, 2, False),
    "l": (64, 3, False),
    "x": (80, 4, False),
}
"""Channels, repeats and whether depthwise, of the published sizes: width is channels / 64, depth repeats / 3."""


@attrs.frozen
class YoloxLayout:
    """What decides the shapes of all weights.

    Attributes:
        channels: Of the stem; all others are multiples.
        repeats: Bottlenecks of the first stage and of the neck; the middle stages have three times as many.
        depthwise: Whether 3x3 convolutions are separable.
        classes: Number of classes.
    """

    channels: int
    repeats: int
    depthwise: bool
    classes: int

    @classmethod
    def named(cls, size: str, classes: int) -> YoloxLayout:
        """Return the layout of a published size: nano, tiny, s, m, l or x.

        Raises:
            ValueError: There is no such size.
        """
        if size not in SIZES:
            raise ValueError(f"size: must be one of {', '.join(map(repr, SIZES))}, got {size!r}")
        return cls(*SIZES[size], classes)

    @property
    def size(self) -> str:
        """Name of the published size, or what it is in numbers."""
        own = (self.channels, self.repeats, self.depthwise)
        found = next((name for name, numbers in SIZES.items() if numbers == own), "")
        return found or f"width {self.channels / 64:g}, depth {self.repeats / 3:.2g}" + (
            ", depthwise" if self.depthwise else ""
        )
