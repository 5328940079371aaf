"""Where boxes will be if they go on as before: the mean of their latest steps.

Source: ``LinearMotion`` of https://github.com/open-mmlab/mmtracking (Apache-2.0). There, steps of whole boxes fail for
boxes of shape ``(1, 4)``, which its trackers hold; here both kinds of steps work.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import BoolArray, Float64Array, Int64Array

__all__ = ["LinearMotion"]


class LinearMotion:
    """Constant velocity of many boxes at once; holds no track."""

    def __init__(self, samples: int = 2, *, centre_only: bool = False) -> None:
        """Keep the options.

        Args:
            samples: How many of the latest boxes, those in frames without gap, give the velocity; 2 or more. Raising
                it smooths.
            centre_only: Move boxes by their centres' steps and keep their size, instead of each edge by its own.

        Raises:
            ValueError: `samples` is less than 2.
        """
        if samples < 2:
            raise ValueError(f"samples: must be >= 2, got {samples}: one box has no velocity")
        self._samples = samples
        self._centre_only = centre_only

    def predict(
        self,
        boxes: Float64Array,
        frames: Int64Array,
        frame: int,
        *,
        times: Float64Array | None = None,
        elapsed: float = 1.0,
    ) -> tuple[Float64Array, Float64Array, BoolArray]:
        """Return where every track will be in a frame if it was seen in the one before, else where it was last.

        Args:
            boxes: As `velocities` takes them.
            frames: The same.
            frame: The frame to predict.
            times: As `velocities` takes them.
            elapsed: How much time after the frame before it is, in the unit of `times`.

        Returns:
            Boxes ``(n, 4)``, velocities and whether there is one, as from `velocities`; a track that was not seen in
            the frame before has none, so that its caller can go on with an earlier one.
        """
        velocity, known = self.velocities(boxes, frames, times)
        known &= frames[:, -1] == frame - 1
        velocity[~known] = 0
        return self.move(boxes[:, -1], velocity, elapsed), velocity, known

    def velocities(
        self, boxes: Float64Array, frames: Int64Array, times: Float64Array | None = None
    ) -> tuple[Float64Array, BoolArray]:
        """Return the velocity of every track, and whether it has one.

        Args:
            boxes: ``(n, t, 4)``, ``x1, y1, x2, y2`` of the latest boxes of n tracks, the latest last; what there is no
                box for is of any finite value.
            frames: int64 ``(n, t)``, their frames, counted as they came; -1 where there is no box.
            times: float64 ``(n, t)``, when those frames were, in any unit; None: each one frame after the one before.

        Returns:
            float64 ``(n, 4)`` per frame, or per unit of `times`, or ``(n, 2)`` of the centre, zeros where none is;
            and bool ``(n,)``.
        """
        places = self._places(np.asarray(boxes, np.float64)[:, -self._samples :])
        frames = frames[:, -self._samples :]
        steps = np.diff(places, axis=1)
        joined = (np.diff(frames, axis=1) == 1) & (frames[:, :-1] >= 0)
        # Only steps after the last gap count.
        joined = np.logical_and.accumulate(joined[:, ::-1], axis=1)[:, ::-1]
        gone_by = joined.sum(1) if times is None else (np.diff(times[:, -self._samples :], axis=1) * joined).sum(1)
        known = gone_by > 0
        velocity: Float64Array = (steps * joined[..., None]).sum(1) / np.where(known, gone_by, np.inf)[:, None]
        return velocity, known

    def move(self, boxes: Float64Array, velocity: Float64Array, frames: float = 1.0) -> Float64Array:
        """Return the boxes ``(n, 4)`` after some frames of their velocity.

        Args:
            boxes: ``(n, 4)``, ``x1, y1, x2, y2``.
            velocity: As `velocities` returns it.
            frames: How many frames, or parts of one.
        """
        step = velocity * frames
        return np.asarray(boxes, np.float64) + (np.tile(step, 2) if self._centre_only else step)

    def _places(self, boxes: Float64Array) -> Float64Array:
        if not self._centre_only:
            return boxes
        centres: Float64Array = (boxes[..., :2] + boxes[..., 2:]) / 2
        return centres
