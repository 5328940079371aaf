"""What components of the kind ``camera-motion`` can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence
    from vtcore.instances import Float64Array, Instances

__all__ = ["CameraMotion", "require_estimator"]


@runtime_checkable
class CameraMotion(Protocol):
    """Finds where the pixels of one frame are in the next."""

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget the last frame. Called before a sequence's first frame."""

    def proceed(self, sequence: Sequence) -> None:
        """Go on with the frames of another sequence, the first of which follows the last frame seen."""

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        """Return the warp from the frame before, the last that was given, to this one.

        Call it for every frame in order; trackers do so once in each update. Frames may have been dropped in between.

        Args:
            frame: The next frame.
            detections: Boxes of what moves by itself, to be left out by estimators that can.

        Returns:
            float64 ``(2, 3)``: a pixel at ``x, y`` of the previous frame is at ``warp @ (x, y, 1)`` in this one.
            The identity for the first frame, and where there is nothing to be found. Not to be changed.
        """


def require_estimator(camera_motion: Any) -> None:
    """Refuse what a tracker is given for ``camera_motion``, unless it is an estimator or None.

    Raises:
        TypeError: It estimates nothing.
    """
    if camera_motion is not None and not isinstance(camera_motion, CameraMotion):
        raise TypeError(
            "camera_motion must be an estimator such as SparseFlow() or Ecc(), or None, "
            f"got {type(camera_motion).__name__} {camera_motion!r}"
        )
