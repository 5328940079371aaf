"""Masks of a frame, kept run-length encoded until someone asks for pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from vtcore.instances import BoolArray, Int64Array

__all__ = ["Masks"]


class Masks:
    """N masks of one frame in COCO's compressed run-length encoding.

    Attributes:
        rles: One ``{"size": [height, width], "counts": bytes}`` per mask.
    """

    __slots__ = ("rles",)

    def __init__(self, rles: Iterable[dict[str, Any]]) -> None:
        """Keep encoded masks.

        Args:
            rles: COCO run-length encodings; ``counts`` as bytes, or as the text JSON holds.

        Raises:
            ValueError: An entry lacks ``size`` or ``counts``, or the masks differ in size.
        """
        self.rles: tuple[dict[str, Any], ...] = tuple(_checked(rle) for rle in rles)
        if len({tuple(rle["size"]) for rle in self.rles}) > 1:
            raise ValueError("all masks of a frame must have the same size")

    @classmethod
    def encode(cls, pixels: BoolArray) -> Masks:
        """Encode bool ``(N, height, width)`` pixels."""
        from pycocotools import mask as coco

        if pixels.ndim != 3:
            raise ValueError(f"masks must have shape (N, height, width), got {pixels.shape}")
        if len(pixels) == 0:
            return cls(())
        # pycocotools wants (height, width, N) in Fortran order: a transposed view of (N, width, height).
        stacked = np.asfortranarray(pixels.transpose(1, 2, 0), dtype=np.uint8)
        return cls(coco.encode(stacked))

    def decode(self) -> BoolArray:
        """Return the pixels, bool ``(N, height, width)``; ``(0, 0, 0)`` when there are none."""
        from pycocotools import mask as coco

        if not self.rles:
            return np.zeros((0, 0, 0), bool)
        pixels: BoolArray = coco.decode(list(self.rles)).transpose(2, 0, 1).astype(bool)
        return pixels

    def __len__(self) -> int:
        """Return the number of masks."""
        return len(self.rles)

    def __getitem__(self, index: Int64Array | BoolArray | slice) -> Masks:
        """Return the masks at the given rows."""
        if isinstance(index, slice):
            return Masks(self.rles[index])
        return Masks(self.rles[row] for row in np.arange(len(self.rles))[index])


def _checked(rle: dict[str, Any]) -> dict[str, Any]:
    if "size" not in rle or "counts" not in rle:
        raise ValueError(f"a run-length encoding needs 'size' and 'counts', got {sorted(rle)}")
    counts = rle["counts"]
    return {
        "size": [int(side) for side in rle["size"]],
        "counts": counts.encode() if isinstance(counts, str) else counts,
    }
