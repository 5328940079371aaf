"""The front door that every tracker of boxes has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from vtcore.instances import Instances
from vtcore.state import Stateful

if TYPE_CHECKING:
    import supervision

    from vtcore.frames import Frame, Sequence

__all__ = ["BoxTracker"]


_USUAL_RATE = 30.0
_ROUNDING = 1e-6
_LONGEST_GAP = 1e5
"""Nominal frames, an hour: a longer gap is as good as any, and where a clock jumps nothing overflows."""


class BoxTracker(Stateful, ABC):
    """A tracker of boxes: counts frames, time and identities, and takes detections in any of their forms.

    A subclass implements `_start` (forget everything) and `_advance` (one frame), and lists what it remembers in
    `_STATE`. Nothing is shared between instances.

    In `_advance`, time is told by `_tick`, the place in time in nominal frames, `_last_tick`, that of the update
    before, and `_elapsed`, the time between them as the filters take it. By the clock ``frames`` every update is one
    frame after the one before. By the clock ``seconds`` the frames' times tell, or where they have none their indices:
    a dropped frame counts as time that went by, and `_elapsed` may be any share of a frame. `_frame` counts the
    updates.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_frame", "_tick", "_place", "_now", "_nominal_rate", "_last_id")

    def __init__(self, *, clock: str = "frames", persist: bool = False) -> None:
        """Start without tracks.

        Args:
            clock: ``frames`` or ``seconds``: what tells how much time went by.
            persist: Keep tracks and identities when the next sequence begins.
        """
        self._by_time = clock == "seconds"
        self._persist = persist
        self._elapsed = 1.0
        self._frame = self._last_tick = 0
        self.reset()

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget everything; ids start at 1 again.

        With `persist`, and a sequence given, everything is kept instead: its frames go on from those before.

        Args:
            sequence: The sequence whose frames come next, where there is one.
        """
        # Times of another sequence count from another moment.
        self._now: float | None = None
        if self._persist and sequence is not None and self._frame:
            self._proceed(sequence)
            return
        self._frame = 0
        self._tick = 0
        self._place = 0.0
        self._last_id = 0
        self._nominal_rate = (None if sequence is None else sequence.frame_rate) or 0.0
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
        self._last_tick = self._tick
        if self._by_time:
            self._read_clock(frame)
        else:
            self._tick += 1
        return self._advance(frame, detections)

    def _read_clock(self, frame: Frame | None) -> None:
        """Find out how much time went by since the last frame, in nominal frames.

        A time that does not advance, is not known or no number, counts as one frame.
        """
        now: float | None = None
        if frame is not None:
            if not self._nominal_rate:
                self._nominal_rate = (frame.sequence.frame_rate if frame.sequence else None) or _USUAL_RATE
            now = frame.index if frame.time is None else frame.time * self._nominal_rate
        elapsed = 1.0 if now is None or self._now is None else min(now - self._now, _LONGEST_GAP)
        if not elapsed > 0:
            elapsed = 1.0
        whole = round(elapsed)
        # What times as numbers lack of whole frames is rounding, not time.
        self._elapsed = float(whole) if abs(elapsed - whole) < _ROUNDING and whole else elapsed
        self._now = now
        self._place += self._elapsed
        self._tick = max(self._last_tick + 1, round(self._place))

    @abstractmethod
    def _start(self, sequence: Sequence | None) -> None:
        """Drop all tracks."""

    def _proceed(self, sequence: Sequence) -> None:
        """Take note that another sequence's frames come next, with `persist`; nothing is forgotten."""

    @abstractmethod
    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        """Do one frame, the `_frame`-th, counted from 1, at the time `_tick`."""

    def _advance_by(self, other: BoxTracker, frame: Frame | None, detections: Instances) -> Instances:
        """Do one frame by the rules of another tracker, at the time of this one; the other counts none itself."""
        other._frame, other._tick, other._last_tick = self._frame, self._tick, self._last_tick
        other._elapsed = self._elapsed
        return other._advance(frame, detections)

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
