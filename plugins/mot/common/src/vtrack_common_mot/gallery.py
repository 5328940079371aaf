"""The appearance of all tracks of one tracker: the latest embeddings of each, and distances from them.

Embeddings lie in one array ``(slots, depth, D)``, a ring of up to `size` for each track, so that the distances of all
tracks from all detections are products of matrices. An embedding of zeros stands for an appearance that is not known.

Source: Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017, for the nearest
of the last embeddings; the mean of the last, and the running mean, as mmtracking and mmdetection have them
(https://github.com/open-mmlab, Apache-2.0).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.embedding import cosine_distances, euclidean_distances, unit_rows

__all__ = ["UNKNOWN", "Gallery"]

UNKNOWN = -1
"""Slot of a track of whose appearance nothing is known."""

_MOST_NUMBERS = 1 << 24
"""Products, and copies of embeddings, that are held in memory at once."""

_LEAST_SLOTS = 16

_SPARE = 4
"""Times the room that is needed, from which on it is given back."""


class Gallery(Stateful):
    """Keeps embeddings of tracks in slots; a slot is given out with a track's first embedding."""

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_counts", "_length")

    def __init__(
        self,
        kind: str = "nearest",
        *,
        size: int = 100,
        metric: str = "cosine",
        momentum: float = 0.9,
        normalise: bool = True,
    ) -> None:
        """Start without embeddings.

        Args:
            kind: What distances are measured from: the ``nearest`` of a track's last embeddings, their ``mean``, or a
                ``running-mean``.
            size: Embeddings that are kept of a track, the latest, but for a running mean. Memory is as many times their
                length as the track has that was seen most often, up to `size`, for each slot.
            metric: ``cosine`` or ``euclidean``.
            momentum: Share of the old in a running mean.
            normalise: Bring embeddings to length 1, and a running mean after every step.
        """
        self._running = kind == "running-mean"
        self._size = 1 if self._running else size
        self._momentum = np.float32(momentum)
        self._euclidean = metric == "euclidean"
        self._by_mean = kind != "nearest" or size == 1
        # The cosine of a single embedding does not depend on its length, and is then a mere product.
        self._normalise = normalise or not (self._euclidean or self._by_mean)
        # Squares of long embeddings have no digits left for short distances in float32.
        self._exact = self._euclidean and not self._normalise
        self.clear()

    def __len__(self) -> int:
        """Return the number of slots given out."""
        return int(np.count_nonzero(self._counts))

    def clear(self) -> None:
        """Forget everything, also how long an embedding is."""
        self._rows: Float32Array = np.zeros((0, 1, 0), np.float32)
        self._counts: Int64Array = np.zeros(0, np.int64)
        self._length = 0

    def read(self, embeddings: Float32Array | None, count: int) -> Float32Array | None:
        """Return a frame's embeddings as the other methods take them, None where there are none.

        Args:
            embeddings: float32 ``(count, D)``, or None.
            count: Number of the frame's detections.

        Raises:
            ValueError: They are longer or shorter than earlier ones.
        """
        if embeddings is None or count == 0:
            return None
        length = embeddings.shape[1]
        if self._length == 0:
            self._length = length
            self._rows = np.zeros((len(self._counts), 1, length), np.float32)
        elif length != self._length:
            raise ValueError(f"embeddings must have {self._length} numbers as those before, got {length}")
        return unit_rows(embeddings) if self._normalise else embeddings

    def learn(self, slots: Int64Array, embeddings: Float32Array) -> Int64Array:
        """Take note of an embedding of each of some tracks.

        Args:
            slots: int64 ``(n,)``, each once; `UNKNOWN` for a track without one.
            embeddings: float32 ``(n, D)``, as `read` returns them.

        Returns:
            The slots, where a track without one got one if its embedding is known.
        """
        known = embeddings.any(1)
        if not known.all():
            slots = slots.copy()
            slots[known] = self.learn(slots[known], embeddings[known])
            return slots
        new = slots < 0
        if new.any():
            slots = slots.copy()
            slots[new] = self._free(int(np.count_nonzero(new)))
        before = self._counts.take(slots)
        place = before % self._size
        self._deepen(int(place.max(initial=0)) + 1)
        if self._running:
            old = self._rows[slots, 0]
            mixed = self._momentum * old + (1 - self._momentum) * embeddings
            embeddings = np.where(before[:, None] > 0, unit_rows(mixed) if self._normalise else mixed, embeddings)
        self._rows[slots, place] = embeddings
        self._counts[slots] = before + 1
        return slots

    def release(self, slots: Int64Array) -> None:
        """Give slots back, those of tracks that ended; `UNKNOWN` among them is left alone.

        Once most of the memory is of no use, it is given back too.
        """
        self._counts[slots[slots >= 0]] = 0
        given = self._counts.nonzero()[0]
        end = _LEAST_SLOTS if len(given) == 0 else max(int(given[-1]) + 1, _LEAST_SLOTS)
        depth = max(1, min(int(self._counts.max(initial=0)), self._size))
        had = self._rows.shape
        if had[0] * had[1] >= _SPARE * end * depth:
            self._rows = self._rows[:end, :depth].copy()
            self._counts = self._counts[:end].copy()

    def distances(self, slots: Int64Array, embeddings: Float32Array, near: BoolArray | None = None) -> Float64Array:
        """Return the distance of every track from every embedding, float64 ``(n, m)``.

        Args:
            slots: int64 ``(n,)``, each once but `UNKNOWN`.
            embeddings: float32 ``(m, D)``, as `read` returns them.
            near: bool ``(n, m)``, which pairs are asked for; None for all. The fewer, the faster.

        Returns:
            Distances; infinite where one of the two is not known, and for pairs that are not asked for.
        """
        found = np.full((len(slots), len(embeddings)), np.inf)
        asked = (slots >= 0)[:, None] & embeddings.any(1)
        if near is not None:
            asked &= near
        rows, columns = asked.nonzero()
        if len(rows) == 0:
            return found
        if self._by_mean:
            some = (slots >= 0).nonzero()[0]
            measure = euclidean_distances if self._euclidean else cosine_distances
            found[some] = measure(self._means(slots.take(some)), embeddings)
            found[~asked] = np.inf
            return found
        found[rows, columns] = self._nearest(slots, embeddings, rows, columns)
        return found

    def _means(self, slots: Int64Array) -> Float32Array:
        """Return the mean of the embeddings in each slot, float32 ``(n, D)``."""
        counts = np.minimum(self._counts.take(slots), self._size)
        depth = int(counts.max())
        stored = self._rows[slots, :depth]
        if depth == 1:
            return stored[:, 0]
        shares = (np.arange(depth) < counts[:, None]) / counts[:, None]
        means: Float32Array = np.matmul(shares[:, None].astype(np.float32), stored)[:, 0]
        return means

    def _nearest(
        self, slots: Int64Array, embeddings: Float32Array, rows: Int64Array, columns: Int64Array
    ) -> Float64Array:
        """Return the distances of the pairs that are asked for.

        Args:
            slots: int64 ``(n,)``.
            embeddings: float32 ``(m, D)``.
            rows: int64 ``(k,)``, indices of slots, ascending.
            columns: int64 ``(k,)``, indices of embeddings.
        """
        slot = slots.take(rows)
        asked = np.bincount(rows, minlength=len(slots))
        width, end = int(asked.max()), int(slot.max()) + 1
        # Where most slots are asked for, all are: what is not copied is read sooner.
        compared = None if end <= 2 * np.count_nonzero(asked) else np.unique(slot)
        place = slot if compared is None else np.searchsorted(compared, slot)
        # A track is compared with its own few embeddings only, unless they are most of all.
        few = 2 * width <= len(embeddings)
        count = end if compared is None else len(compared)
        depth = int(np.minimum(self._counts.take(slot), self._size).max())
        numbers, which = len(embeddings) * depth, columns
        if few:
            which = np.arange(len(rows)) - (asked.cumsum() - asked)[rows]
            chosen = np.zeros((count, width), np.int64)
            chosen[place, which] = columns
            numbers = width * (depth + self._length)
        if compared is not None or self._exact:
            numbers += depth * self._length
        nearest = np.empty((count, width if few else len(embeddings)))
        step = max(1, _MOST_NUMBERS // numbers)
        for first in range(0, count, step):
            part = slice(first, min(first + step, count))
            where = part if compared is None else compared[part]
            nearest[part] = self._from_nearest(where, depth, embeddings[chosen[part]] if few else embeddings[None])
        return nearest[place, which]

    def _from_nearest(
        self, where: slice | Int64Array, depth: int, offered: Float32Array | Float64Array
    ) -> Float64Array:
        """Return the distance of each embedding from the nearest in a slot, float64 ``(n, k)``.

        Args:
            where: Slots.
            depth: Most embeddings that one which matters holds.
            offered: ``(n, k, D)`` or ``(1, k, D)``.
        """
        stored: Float32Array | Float64Array = self._rows[where, :depth]
        if self._exact:
            stored, offered = stored.astype(np.float64), offered.astype(np.float64)
        products = np.matmul(stored, offered.transpose(0, 2, 1))
        empty = np.arange(depth) >= self._counts[where][:, None]
        if self._euclidean:
            squares = np.einsum("ijk,ijk->ij", stored, stored)[:, :, None] - 2 * products
            squares[empty] = np.inf
            nearest = squares.min(1).astype(np.float64) + np.einsum("ijk,ijk->ij", offered, offered)
            distances: Float64Array = np.sqrt(np.maximum(nearest, 0))
            return distances
        products[empty] = -np.inf
        similar: Float64Array = products.max(1).astype(np.float64)
        return np.clip(1 - similar, 0, 2)

    def _free(self, count: int) -> Int64Array:
        """Return slots that nobody has."""
        free: Int64Array = (self._counts == 0).nonzero()[0]
        if len(free) < count:
            slots, depth, length = self._rows.shape
            more = max(count - len(free), slots, _LEAST_SLOTS)
            self._rows = np.concatenate((self._rows, np.zeros((more, depth, length), np.float32)))
            self._counts = np.concatenate((self._counts, np.zeros(more, np.int64)))
            free = (self._counts == 0).nonzero()[0]
        return free[:count]

    def _deepen(self, depth: int) -> None:
        """Make room for so many embeddings in each slot."""
        slots, had, length = self._rows.shape
        if depth <= had:
            return
        rows = np.zeros((slots, min(self._size, max(depth, 2 * had)), length), np.float32)
        rows[:, :had] = self._rows
        self._rows = rows
