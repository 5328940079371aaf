"""What Tracktor remembers of its tracks: where they were, and where they are expected."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.gallery import UNKNOWN
from vtrack_common_mot.rows import ID, LABEL, LAST, START

__all__ = ["SLOT", "Followed"]

SLOT = 4
"""Row of the facts: its slot in the gallery, `UNKNOWN` if nothing is known of its appearance."""
_FACTS = 5
_NEVER = -1


class Followed(Stateful):
    """All tracks, in the order in which they began.

    Attributes:
        facts: int64 ``(5, n)``, rows `ID`, `START`, `LAST`, `LABEL` and `SLOT`.
        places: float64 ``(n, 4)``, where each is, or is expected, ``x1, y1, x2, y2``.
        boxes: float64 ``(n, t, 4)``, where each was seen, the latest last, as the camera stands now.
        frames: int64 ``(n, t)``, in which update that was; -1 for none.
        times: float64 ``(n, t)``, at which tick.
        velocities: float64 ``(n, 4)`` per frame.
    """

    __slots__ = ("boxes", "facts", "frames", "places", "times", "velocities")

    _STATE: ClassVar[tuple[str, ...]] = ("facts", "places", "boxes", "frames", "times", "velocities")

    def __init__(self, samples: int = 1) -> None:
        """Start without tracks.

        Args:
            samples: Boxes of each that are kept.
        """
        self.facts: Int64Array = np.empty((_FACTS, 0), np.int64)
        self.places: Float64Array = np.empty((0, 4))
        self.boxes: Float64Array = np.empty((0, samples, 4))
        self.frames: Int64Array = np.empty((0, samples), np.int64)
        self.times: Float64Array = np.empty((0, samples))
        self.velocities: Float64Array = np.empty((0, 4))

    def __len__(self) -> int:
        """Return the number of tracks."""
        return int(self.facts.shape[1])

    def seen_at(self, tick: int) -> BoolArray:
        """Return which tracks were seen last at a tick, bool ``(n,)``."""
        seen: BoolArray = self.facts[LAST] == tick
        return seen

    def warp(self, warp: Float64Array) -> None:
        """Carry all boxes along with the camera: the upper left and lower right corners go through the warp.

        Args:
            warp: float64 ``(2, 3)``.
        """
        for boxes in (self.places, self.boxes):
            corners = boxes.reshape(-1, 2) @ warp[:, :2].T + warp[:, 2]
            boxes[:] = corners.reshape(boxes.shape)

    def note(self, tracks: Int64Array, boxes: Float32Array, labels: Int64Array, frame: int, tick: int) -> None:
        """Take note of where some tracks, each once, were seen.

        Args:
            tracks: int64 ``(n,)``.
            boxes: float32 ``(n, 4)``.
            labels: int64 ``(n,)``.
            frame: The number of the update.
            tick: The time.
        """
        for memory, new in ((self.boxes, boxes), (self.frames, frame), (self.times, tick)):
            memory[tracks, :-1] = memory[tracks, 1:]
            memory[tracks, -1] = new
        self.places[tracks] = boxes
        self.facts[LAST, tracks] = tick
        self.facts[LABEL, tracks] = labels

    def append(self, ids: range, boxes: Float32Array, labels: Int64Array, frame: int, tick: int) -> Int64Array:
        """Start tracks, and return their columns, int64 ``(n,)``."""
        count, before, samples = len(boxes), len(self), self.boxes.shape[1]
        facts = np.empty((_FACTS, count), np.int64)
        facts[ID] = ids
        facts[START] = tick
        facts[SLOT] = UNKNOWN
        self.facts = np.concatenate((self.facts, facts), 1)
        self.places = np.concatenate((self.places, np.zeros((count, 4))))
        self.boxes = np.concatenate((self.boxes, np.zeros((count, samples, 4))))
        self.frames = np.concatenate((self.frames, np.full((count, samples), _NEVER)))
        self.times = np.concatenate((self.times, np.zeros((count, samples))))
        self.velocities = np.concatenate((self.velocities, np.zeros((count, 4))))
        tracks = np.arange(before, before + count)
        self.note(tracks, boxes, labels, frame, tick)
        return tracks

    def keep(self, stay: BoolArray) -> None:
        """Keep some tracks, bool ``(n,)``."""
        self.facts = self.facts[:, stay]
        self.places, self.boxes, self.frames = self.places[stay], self.boxes[stay], self.frames[stay]
        self.times, self.velocities = self.times[stay], self.velocities[stay]
