"""Distances of appearance, and the appearance of tracks as a running mean.

Sources: the mean with momentum and its renormalisation are those of Wang et al., "Towards Real-Time Multi-Object
Tracking" (JDE), ECCV 2020, as Aharon et al., "BoT-SORT", 2022, use them.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array
from vtcore.state import Stateful

__all__ = ["AppearanceBank", "cosine_distances", "euclidean_distances", "unit_rows"]

_TINY = np.float32(1e-12)
_SPARE_SLOTS = 16
"""Slots of ended tracks are given up when there are more of them than of living ones, and this many."""


def unit_rows(embeddings: Float32Array) -> Float32Array:
    """Return the embeddings ``(n, D)`` at length 1; rows of length 0 stay 0."""
    lengths = np.sqrt(np.einsum("ij,ij->i", embeddings, embeddings))
    units: Float32Array = embeddings / np.maximum(lengths, _TINY)[:, None]
    return units


def cosine_distances(first: Float32Array, second: Float32Array) -> Float64Array:
    """Return 1 less the cosine of the angle of every embedding with every other, float64 ``(n, m)``, 0 to 2.

    Args:
        first: float32 ``(n, D)``, of any length but 0.
        second: float32 ``(m, D)``.
    """
    cosines = unit_rows(first) @ unit_rows(second).T
    distances: Float64Array = np.clip(1 - cosines.astype(np.float64), 0, 2)
    return distances


def euclidean_distances(first: Float32Array, second: Float32Array) -> Float64Array:
    """Return the Euclidean distance of every embedding to every other, float64 ``(n, m)``.

    Args:
        first: float32 ``(n, D)``.
        second: float32 ``(m, D)``.
    """
    left, right = first.astype(np.float64), second.astype(np.float64)
    squares = np.einsum("ij,ij->i", left, left)[:, None] + np.einsum("ij,ij->i", right, right) - 2 * left @ right.T
    distances: Float64Array = np.sqrt(np.maximum(squares, 0))
    return distances


class AppearanceBank(Stateful):
    """The appearance of all tracks of one tracker, each in a slot that stays its own however tracks are reordered.

    An embedding of zeros stands for an appearance that is not known; it is like nothing.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_rows",)

    def __init__(self, momentum: float = 0.9) -> None:
        """Start without slots.

        Args:
            momentum: Share of what was known in a mean of old and new; raising it makes appearances change slower.
        """
        self._momentum = np.float32(momentum)
        self._rows: Float32Array = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self._rows)

    def clear(self) -> None:
        """Forget everything, also how long an embedding is."""
        self._rows = np.zeros((0, 0), np.float32)

    def read(self, embeddings: Float32Array | None, count: int) -> Float32Array | None:
        """Return a frame's embeddings at length 1, None where there are none.

        Args:
            embeddings: float32 ``(count, D)``, or None.
            count: Number of the frame's detections.

        Raises:
            ValueError: They are longer or shorter than earlier ones.
        """
        if embeddings is None or count == 0:
            return None
        known = self._rows.shape[1]
        if known == 0:
            self._rows = np.zeros((len(self._rows), embeddings.shape[1]), np.float32)
        elif known != embeddings.shape[1]:
            raise ValueError(f"embeddings must have {known} numbers as those before, got {embeddings.shape[1]}")
        return unit_rows(embeddings)

    def similarity(self, slots: Int64Array, embeddings: Float32Array, unknown: float = -1.0) -> Float64Array:
        """Return the cosine of every slot with every embedding, float64 ``(n, m)``.

        Args:
            slots: int64 ``(n,)``.
            embeddings: float32 ``(m, D)``, as `read` returns them.
            unknown: What is returned for what is not known.
        """
        rows = self._rows.take(slots, 0)
        cosines: Float64Array = (rows @ embeddings.T).astype(np.float64)
        if unknown == 0:
            return cosines
        for known, side in ((rows.any(1), cosines), (embeddings.any(1), cosines.T)):
            if not known.all():
                side[~known] = unknown
        return cosines

    def learn(self, slots: Int64Array, embeddings: Float32Array, momentum: Float32Array | None = None) -> None:
        """Move the appearance in each of the slots towards a new embedding, both at length 1.

        Args:
            slots: int64 ``(n,)``, each once.
            embeddings: float32 ``(n, D)``, as `read` returns them.
            momentum: float32 ``(n,)``, for each its own share of what was known; None: that of the bank for all.
        """
        old = self._rows.take(slots, 0)
        share = self._momentum if momentum is None else momentum[:, None]
        mixed = share * old + (1 - share) * embeddings
        empty: BoolArray = np.logical_not(mixed.any(1))
        if np.count_nonzero(empty):
            # Opposites, or the one that has all the weight is not known: the old one stays, or the new one is all.
            kept = old[empty].any(1, keepdims=True)
            mixed[empty] = np.where(kept, old[empty], embeddings[empty])
        # Where either is not known the mean, at length 1, is the other.
        self._rows[slots] = unit_rows(mixed)

    def add(self, count: int, embeddings: Float32Array | None) -> Int64Array:
        """Take new slots and return them, int64 ``(count,)``.

        Args:
            count: How many.
            embeddings: float32 ``(count, D)``, as `read` returns them; None where they are not known.
        """
        first = len(self._rows)
        new = np.zeros((count, self._rows.shape[1]), np.float32) if embeddings is None else embeddings
        self._rows = np.concatenate((self._rows, new))
        return np.arange(first, first + count)

    def give_up(self, slots: Int64Array) -> bool:
        """Give up the slots of ended tracks where they are the most, and return whether that was so.

        Args:
            slots: int64 ``(n,)``, those of all living tracks; renumbered in place, ``0 .. n - 1`` in their order.
        """
        if len(self._rows) <= _SPARE_SLOTS + 2 * len(slots):
            return False
        self.keep(slots)
        slots[:] = np.arange(len(slots))
        return True

    def keep(self, slots: Int64Array) -> None:
        """Keep some slots only, which become ``0 .. n - 1`` in their order."""
        self._rows = self._rows.take(slots, 0)
