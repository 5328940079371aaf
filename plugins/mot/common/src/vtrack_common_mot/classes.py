"""Keeping classes apart in an association of boxes of all classes at once."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.state import Stateful

__all__ = ["ClassGate"]


class ClassGate(Stateful):
    """Takes away the overlap of tracks and detections of different classes; costs next to nothing with one class.

    Attributes:
        several: Whether detections of more than one class were seen.
    """

    __slots__ = ("_first", "several")

    _STATE: ClassVar[tuple[str, ...]] = ("_first", "several")

    def __init__(self) -> None:
        self._first: Int64Array | None = None
        self.several = False

    def _restored(self) -> None:
        if self._first is not None:
            self._first = np.array(self._first)

    def apart(self, labels: Int64Array) -> bool:
        """Return whether these labels or any before them are of more than one class.

        Args:
            labels: int64 ``(m,)``, of a frame's detections.
        """
        if self.several or len(labels) == 0:
            return self.several
        if self._first is None:
            # Without dimensions: numpy takes it as it is.
            self._first = np.array(labels[0])
        # Listing where they differ is faster than counting or any().
        self.several = len((labels != self._first).nonzero()[0]) > 0
        return self.several

    def part(self, overlap: Float64Array, tracks: Int64Array, detections: Int64Array) -> None:
        """Set the overlap to 0, in place, where classes differ.

        Args:
            overlap: float64 ``(n, m)``.
            tracks: int64 ``(n,)``, labels.
            detections: int64 ``(m,)``, labels.
        """
        if not (self.several or self.apart(detections)):
            return
        np.multiply(overlap, tracks[:, None] == detections, overlap)
