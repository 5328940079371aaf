"""Objects that come and go, the same ones over and over: what the use of memory is measured on."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Instances
from vtcore.testing.scenes import embeddings_of

__all__ = ["PassersBy"]

_WIDTH, _HEIGHT = 24, 32
_LIVES = (9, 11, 13, 16)
"""Frames that an object is there, lane by lane: one comes, and one goes, in every third frame."""
_PAUSE = 2
"""Frames until the next object of a lane comes, elsewhere."""
_EMPTY = 60
"""Every so many frames, nothing is found."""


class PassersBy:
    """Detections of objects that are there for a few frames each and never seen again, until all begins anew.

    They are computed once, and handed out as new instances: what is measured is a component, not this. After a whole
    round everything is as it was a round before, so what has grown since then is kept for nothing.

    Attributes:
        round: Frames until all begins anew.
    """

    def __init__(self, frames: int) -> None:
        """Compute a round.

        Args:
            frames: Its length.
        """
        self.round = frames
        self._found = [_found(index) for index in range(frames)]

    def found(self, index: int) -> Instances:
        """Return the detections of a frame, as an object of their own."""
        return self._found[index % self.round][:]


def _found(index: int) -> Instances:
    boxes, numbers = [], []
    for lane, life in enumerate(_LIVES):
        passed, age = divmod(index + 5 * lane, life + _PAUSE)
        if age >= life or index % _EMPTY == 0:
            continue
        # From one to the next by more than a width, so that nobody takes the next for the last.
        left = (passed * 61) % 140 + 1.5 * age
        boxes.append([left, 4 + 38 * lane, left + _WIDTH, 4 + 38 * lane + _HEIGHT])
        numbers.append(4 * passed + lane)
    rows = np.array(numbers, np.int64)
    scores = np.where(rows % 5 == 4, 0.35, 0.9)
    return Instances(np.reshape(boxes, (-1, 4)), scores, rows % 2, embeddings=embeddings_of(rows))
