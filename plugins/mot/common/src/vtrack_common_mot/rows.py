"""The tracks of a tracker as arrays: one column per track, rows for what is known of it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.kalman import ROWS

__all__ = ["ID", "LABEL", "LAST", "START", "TrackRows"]

ID = 0
"""Row of `TrackRows.facts`: the identity."""
START = 1
"""Row of `TrackRows.facts`: the tick of the track's first detection."""
LAST = 2
"""Row of `TrackRows.facts`: the tick of its latest detection."""
LABEL = 3
"""Row of `TrackRows.facts`: its class."""


class TrackRows(Stateful):
    """All tracks of one tracker, in an order that the tracker keeps.

    Attributes:
        motion: float64 ``(ROWS, n)``, states of the Kalman filter.
        facts: int64 ``(4 or more, n)``, rows `ID`, `START`, `LAST`, `LABEL` and those a tracker adds.
    """

    __slots__ = ("facts", "motion")

    _STATE: ClassVar[tuple[str, ...]] = ("motion", "facts")

    def __init__(self, facts: int = 4) -> None:
        """Start without tracks.

        Args:
            facts: Number of rows of `facts`.
        """
        self.motion: Float64Array = np.empty((ROWS, 0))
        self.facts: Int64Array = np.empty((facts, 0), np.int64)

    def __len__(self) -> int:
        """Return the number of tracks."""
        return int(self.facts.shape[1])

    def keep(self, order: Int64Array) -> None:
        """Keep the tracks of the given columns, in that order."""
        self.motion = self.motion.take(order, 1)
        self.facts = self.facts.take(order, 1)

    def append(self, motion: Float64Array, facts: Int64Array) -> None:
        """Add tracks after the others."""
        self.motion = np.concatenate((self.motion, motion), 1)
        self.facts = np.concatenate((self.facts, facts), 1)
