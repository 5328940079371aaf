"""The front door that every tracker of boxes has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vtcore.instances import Instances

if TYPE_CHECKING:
    import supervision

    from vtcore.frames import Frame, Sequence

__all__ = ["BoxTracker"]


class BoxTracker(ABC):
    """A tracker of boxes: counts frames and identities, and takes detections in any of their forms.

    A subclass implements `_start` (forget everything) and `_advance` (one frame). Nothing is shared between
    instances.
    """

    def __init__(self) -> None:
        self._frame = 0
        self._last_id = 0
        self.reset()

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget everything; ids start at 1 again.

        Args:
            sequence: The sequence whose frames come next, where there is one.
        """
        self._frame = 0
        self._last_id = 0
        self._start(sequence)

    def update(
        self,
        frame: Frame | None = None,
        detections: Instances | supervision.Detections | None = None,
        *,
        boxes: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        embeddings: npt.ArrayLike | None = None,
    ) -> Instances:
        """Take the next frame's detections and return its tracks.

        Call it for every frame, also for one without detections. Either `detections` or the arrays are given.

        Args:
            frame: The frame, where there is one; frames are counted by the calls.
            detections: Instances of the frame, or ``supervision.Detections``.
            boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in pixels.
            scores: ``(N,)``; 1 for all when left out.
            labels: ``(N,)`` integers; 0 for all when left out.
            embeddings: ``(N, D)``, appearance.

        Returns:
            The tracks seen in this frame, with ids and the index of the detection each was matched to.

        Raises:
            TypeError: Both or neither of `detections` and `boxes` are given, or `detections` is something else.
            ValueError: The arrays are no instances: see `Instances`.
        """
        arrays = boxes is not None or scores is not None or labels is not None or embeddings is not None
        if arrays or type(detections) is not Instances:
            if isinstance(frame, Instances):
                raise TypeError("update takes the frame first: update(frame, detections), or update(detections=...)")
            detections = _instances(detections, boxes, scores, labels, embeddings)
        self._frame += 1
        return self._advance(frame, detections)

    @abstractmethod
    def _start(self, sequence: Sequence | None) -> None:
        """Drop all tracks."""

    @abstractmethod
    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        """Do one frame, the `_frame`-th, counted from 1."""

    def _new_ids(self, count: int) -> range:
        """Hand out the next `count` identities."""
        first = self._last_id + 1
        self._last_id += count
        return range(first, first + count)


def _instances(
    detections: Any,
    boxes: npt.ArrayLike | None,
    scores: npt.ArrayLike | None,
    labels: npt.ArrayLike | None,
    embeddings: npt.ArrayLike | None,
) -> Instances:
    """Return the detections of one call, whichever way they came."""
    if boxes is not None:
        if detections is not None:
            raise TypeError("give either detections or boxes, not both")
        return Instances(np.asarray(boxes), scores, labels, embeddings=embeddings)
    if scores is not None or labels is not None or embeddings is not None:
        raise TypeError("scores, labels and embeddings go with boxes")
    if detections is None:
        raise TypeError("give detections=Instances(...) or boxes=...; a frame without any has boxes=[]")
    if isinstance(detections, Instances):
        return detections
    if hasattr(detections, "xyxy"):
        return Instances.from_supervision(detections)
    raise TypeError(f"detections must be Instances or supervision.Detections, got {type(detections).__name__}")
