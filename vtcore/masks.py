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
            rles: COCO run-length encodings; ``counts`` as bytes, as the text JSON holds, or as a list of run lengths
                (uncompressed), which is compressed.

        Raises:
            ValueError: An entry lacks ``size`` or ``counts``, one of these is wrong, or the masks differ in size.
        """
        self.rles: tuple[dict[str, Any], ...] = tuple(_checked(rle) for rle in rles)
        if len({tuple(rle["size"]) for rle in self.rles}) > 1:
            raise ValueError("all masks of a frame must have the same size")

    @classmethod
    def encode(cls, pixels: BoolArray) -> Masks:
        """Encode bool ``(N, height, width)`` pixels.

        Raises:
            ValueError: The array has another shape.
        """
        from pycocotools import mask as coco

        pixels = np.asarray(pixels, bool)
        if pixels.ndim != 3:
            raise ValueError(f"masks must have shape (N, height, width), got {pixels.shape}")
        if len(pixels) == 0:
            return cls(())
        import cv2

        # pycocotools wants (height, width, N) in Fortran order, which is (N, width, height) seen from behind. OpenCV
        # turns the masks over several times faster than a copy by numpy, which walks down the columns.
        turned = np.empty((len(pixels), pixels.shape[2], pixels.shape[1]), np.uint8)
        for mask, target in zip(np.ascontiguousarray(pixels).view(np.uint8), turned, strict=True):
            cv2.transpose(mask, target)
        return cls._trusted(coco.encode(turned.transpose(2, 1, 0)))

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
            return self._trusted(self.rles[index])
        return self._trusted(self.rles[row] for row in np.arange(len(self.rles))[index].tolist())

    @classmethod
    def _trusted(cls, rles: Iterable[dict[str, Any]]) -> Masks:
        """Keep encodings that are already right."""
        made = cls.__new__(cls)
        made.rles = tuple(rles)
        return made


def _checked(rle: dict[str, Any]) -> dict[str, Any]:
    if "size" not in rle or "counts" not in rle:
        raise ValueError(f"a run-length encoding needs 'size' and 'counts', got {sorted(rle)}")
    size, counts = [int(side) for side in rle["size"]], rle["counts"]
    if len(size) != 2 or min(size) < 0:
        raise ValueError(f"the size of a mask must be [height, width], got {rle['size']}")
    if isinstance(counts, list):
        from pycocotools import mask as coco

        if sum(counts) != size[0] * size[1]:
            raise ValueError(f"the run lengths of a mask add up to {sum(counts)}, not to {size[0]} x {size[1]} pixels")
        counts = coco.frPyObjects({"size": size, "counts": counts}, *size)["counts"]
    elif isinstance(counts, str):
        counts = counts.encode()
    elif not isinstance(counts, bytes):
        raise ValueError(f"the counts of a mask must be bytes, text or a list, got {type(counts).__name__}")
    return {"size": size, "counts": counts}
