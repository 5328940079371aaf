"""The last embeddings of every track, and their plain mean."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.embedding import unit_rows

__all__ = ["Gallery"]


class Gallery(Stateful):
    """The last embeddings of all tracks of one tracker, a slot for each track; slots are those of `AppearanceBank`.

    Embeddings of zeros, which stand for what is not known, are not kept.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_embeddings", "_counts")

    def __init__(self, length: int) -> None:
        """Start without slots.

        Args:
            length: How many embeddings are kept of each track; raising it remembers longer and takes more memory.
        """
        self._length = length
        self.clear()

    def clear(self) -> None:
        """Forget everything, also how long an embedding is."""
        self._embeddings: Float32Array = np.zeros((0, self._length, 0), np.float32)
        self._counts: Int64Array = np.zeros(0, np.int64)

    def add(self, count: int, embeddings: Float32Array | None) -> None:
        """Take new slots after the others.

        Args:
            count: How many.
            embeddings: float32 ``(count, D)``, at length 1; None where they are not known.
        """
        first = len(self._counts)
        self._counts = np.concatenate((self._counts, np.zeros(count, np.int64)))
        new = np.zeros((count, *self._embeddings.shape[1:]), np.float32)
        self._embeddings = np.concatenate((self._embeddings, new))
        if embeddings is not None:
            self.learn(np.arange(first, first + count), embeddings)

    def learn(self, slots: Int64Array, embeddings: Float32Array) -> None:
        """Keep one more embedding in each of the slots, in place of the oldest where there are enough.

        Args:
            slots: int64 ``(n,)``, each once.
            embeddings: float32 ``(n, D)``, at length 1.
        """
        if self._embeddings.shape[2] != embeddings.shape[1]:
            self._embeddings = np.zeros((len(self._counts), self._length, embeddings.shape[1]), np.float32)
        known = embeddings.any(1)
        slots = slots[known]
        self._embeddings[slots, self._counts.take(slots) % self._length] = embeddings[known]
        self._counts[slots] += 1

    def similarity(self, slots: Int64Array, embeddings: Float32Array) -> Float64Array:
        """Return the cosine of every slot's mean with every embedding, float64 ``(n, m)``; -1 for what is not known.

        Args:
            slots: int64 ``(n,)``.
            embeddings: float32 ``(m, D)``, at length 1.
        """
        if self._embeddings.shape[2] != embeddings.shape[1]:
            return np.full((len(slots), len(embeddings)), -1.0)
        # The mean at length 1 is the sum at length 1; what is not filled yet is zeros.
        means = unit_rows(self._embeddings.take(slots, 0).sum(1))
        cosines: Float64Array = (means @ embeddings.T).astype(np.float64)
        for known, side in ((means.any(1), cosines), (embeddings.any(1), cosines.T)):
            side[~known] = -1
        return cosines

    def keep(self, slots: Int64Array) -> None:
        """Keep some slots only, which become ``0 .. n - 1`` in their order."""
        self._embeddings, self._counts = self._embeddings.take(slots, 0), self._counts.take(slots)
