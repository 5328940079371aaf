"""What QDTrack remembers: of each track where it was and what it looks like, and what lately was no track."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.rows import ID, LABEL, LAST, START

__all__ = ["STEPS", "Backdrops", "Tracklets", "known_rows"]

STEPS = 4
"""Row of the facts: steps that a track's velocity is the mean of."""
_FACTS = 5


def known_rows(embeddings: Float32Array) -> BoolArray:
    """Return which embeddings ``(n, D)`` are known, bool ``(n,)``: those that are not zeros."""
    known: BoolArray = np.any(embeddings, axis=1)
    return known


class Tracklets(Stateful):
    """All tracks, in the order in which they began. An embedding of zeros stands for one that is not known.

    Attributes:
        facts: int64 ``(5, n)``, rows `ID`, `START`, `LAST`, `LABEL` and `STEPS`.
        boxes: float64 ``(n, 4)``, where each was last, ``x1, y1, x2, y2``.
        velocities: float64 ``(n, 4)`` per frame, mean of all steps so far.
        scores: float32 ``(n,)``.
        embeddings: float32 ``(n, D)``; D is 0 until the first one comes.
    """

    __slots__ = ("boxes", "embeddings", "facts", "scores", "velocities")

    _STATE: ClassVar[tuple[str, ...]] = ("facts", "boxes", "velocities", "scores", "embeddings")

    def __init__(self) -> None:
        """Start without tracks."""
        self.facts: Int64Array = np.empty((_FACTS, 0), np.int64)
        self.boxes: Float64Array = np.empty((0, 4))
        self.velocities: Float64Array = np.empty((0, 4))
        self.scores: Float32Array = np.empty(0, np.float32)
        self.embeddings: Float32Array = np.empty((0, 0), np.float32)

    def __len__(self) -> int:
        """Return the number of tracks."""
        return int(self.facts.shape[1])

    @property
    def known(self) -> BoolArray:
        """Of which tracks an embedding is known, bool ``(n,)``."""
        return known_rows(self.embeddings)

    def read(self, embeddings: Float32Array | None, count: int) -> Float32Array:
        """Return a frame's embeddings ``(count, D)``, zeros where there are none.

        Raises:
            ValueError: They are longer or shorter than earlier ones.
        """
        length = self.embeddings.shape[1]
        if embeddings is None or not count:
            return np.zeros((count, length), np.float32)
        if not length:
            self.embeddings = np.zeros((len(self), embeddings.shape[1]), np.float32)
        elif length != embeddings.shape[1]:
            raise ValueError(f"embeddings must have {length} numbers as those before, got {embeddings.shape[1]}")
        return embeddings

    def expected(self, tick: int) -> Float64Array:
        """Return where the tracks are at a time if they go on as before, float64 ``(n, 4)``."""
        boxes: Float64Array = self.boxes + self.velocities * (tick - self.facts[LAST])[:, None]
        return boxes

    def note(self, tracks: Int64Array, seen: Instances, embeddings: Float32Array, tick: int, share: float) -> None:
        """Take note of what was seen of some tracks.

        Args:
            tracks: int64 ``(n,)``, each once.
            seen: Their detections.
            embeddings: float32 ``(n, D)``.
            tick: The time.
            share: Of the old embedding in the new mean.
        """
        if not len(tracks):
            return
        facts = self.facts
        steps = facts[STEPS, tracks][:, None]
        step = (seen.boxes - self.boxes[tracks]) / (tick - facts[LAST, tracks])[:, None]
        self.velocities[tracks] = (self.velocities[tracks] * steps + step) / (steps + 1)
        self.boxes[tracks] = seen.boxes
        self.scores[tracks] = seen.scores
        facts[LAST, tracks] = tick
        facts[LABEL, tracks] = seen.labels
        facts[STEPS, tracks] += 1
        old = self.embeddings[tracks]
        mixed = np.float32(share) * old + np.float32(1 - share) * embeddings
        both = (known_rows(old) & known_rows(embeddings))[:, None]
        # Where one of the two is not known, their sum is the other.
        self.embeddings[tracks] = np.where(both, mixed, old + embeddings)

    def append(self, ids: range, seen: Instances, embeddings: Float32Array, tick: int) -> None:
        """Start tracks at detections."""
        facts = np.zeros((_FACTS, len(seen)), np.int64)
        facts[ID] = ids
        facts[START] = facts[LAST] = tick
        facts[LABEL] = seen.labels
        self.facts = np.concatenate((self.facts, facts), 1)
        self.boxes = np.concatenate((self.boxes, seen.boxes))
        self.velocities = np.concatenate((self.velocities, np.zeros((len(seen), 4))))
        self.scores = np.concatenate((self.scores, seen.scores))
        self.embeddings = np.concatenate((self.embeddings, embeddings))

    def drop(self, tick: int, age: int) -> None:
        """Drop the tracks that were last seen so many ticks ago, or more."""
        stay = tick - self.facts[LAST] < age
        if not stay.all():
            self.facts = self.facts[:, stay]
            self.boxes, self.velocities = self.boxes[stay], self.velocities[stay]
            self.scores, self.embeddings = self.scores[stay], self.embeddings[stay]


class Backdrops(Stateful):
    """Detections of the last frames that belong to no track, the latest frame's first.

    Attributes:
        embeddings: float32 ``(n, D)``, all known.
        labels: int64 ``(n,)``.
    """

    __slots__ = ("_ages", "embeddings", "labels")

    _STATE: ClassVar[tuple[str, ...]] = ("embeddings", "labels", "_ages")

    def __init__(self) -> None:
        """Start with none."""
        self.embeddings: Float32Array = np.empty((0, 0), np.float32)
        self.labels: Int64Array = np.empty(0, np.int64)
        self._ages: Int64Array = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Return their number."""
        return len(self.labels)

    def add(self, embeddings: Float32Array, labels: Int64Array, frames: int) -> None:
        """Take note of a frame's, and forget those that are older than so many frames."""
        known = known_rows(embeddings)
        before = self.embeddings if len(self) else np.empty((0, embeddings.shape[1]), np.float32)
        ages = np.concatenate((np.zeros(int(known.sum()), np.int64), self._ages + 1))
        stay = ages < frames
        self.embeddings = np.concatenate((embeddings[known], before))[stay]
        self.labels = np.concatenate((labels[known], self.labels))[stay]
        self._ages = ages[stay]
