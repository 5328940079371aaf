"""Where tracks have been lately."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from vtcore.instances import Instances

__all__ = ["Trails"]


class Trails:
    """Foot points (middle of the box's lower edge) of the tracks of the last frames.

    Memory is bounded by the number of tracks seen within `length` frames, times `length`.

    Attributes:
        length: How many frames a trail reaches back; 0 keeps nothing.
    """

    def __init__(self, length: int) -> None:
        """Start without trails."""
        self.length = length
        self._points: dict[int, deque[tuple[int, float, float]]] = {}
        self._last = -1

    def reset(self) -> None:
        """Forget every trail."""
        self._points.clear()
        self._last = -1

    def update(self, index: int, tracks: Instances) -> None:
        """Add the tracks of a frame, and drop what is older than `length` frames.

        Args:
            index: 0-based index of the frame; one that is not after the last begins anew.
            tracks: The frame's tracks; nothing happens for instances without ids.
        """
        if index <= self._last:
            self.reset()
        self._last = index
        if self.length == 0 or tracks.ids is None:
            return
        boxes = tracks.boxes
        centres = ((boxes[:, 0] + boxes[:, 2]) / 2).tolist()
        for identity, x, y in zip(tracks.ids.tolist(), centres, boxes[:, 3].tolist(), strict=True):
            self._points.setdefault(identity, deque()).append((index, x, y))
        oldest = index - self.length
        for identity in list(self._points):
            points = self._points[identity]
            while points and points[0][0] <= oldest:
                points.popleft()
            if not points:
                del self._points[identity]

    def __len__(self) -> int:
        """Return the number of tracks with a trail."""
        return len(self._points)

    def __getitem__(self, identity: int) -> npt.NDArray[np.float32]:
        """Return a track's points, float32 ``(K, 2)`` ``x, y`` in pixels, oldest first; ``(0, 2)`` without a trail."""
        points = self._points.get(identity)
        if not points:
            return np.zeros((0, 2), np.float32)
        return np.array([point[1:] for point in points], np.float32)
