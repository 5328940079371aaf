"""Camera motion seen in pictures of another size than that of the boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float64Array, Instances
from vtcore.state import Stateful
from vtrack_common_mot.camera_motion.interfaces import CameraMotion

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["RescaledMotion"]


class RescaledMotion(Stateful):
    """Has an estimator look at pictures that were resized, as for a network, and tells the motion in original pixels.

    ``compat="mmdetection"`` reproduces a mistake of mmdetection 3 (https://github.com/open-mmlab/mmdetection,
    Apache-2.0): its shifts are divided by the other side's factor, and turns are taken as they are. It matters where
    the two factors differ.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_camera",)

    def __init__(self, camera: CameraMotion, *, scale: tuple[float, float], compat: str = "") -> None:
        """Take the estimator.

        Args:
            camera: Looks at the resized pictures.
            scale: Width and height of a resized picture as shares of the original's.
            compat: Empty, or ``mmdetection``.

        Raises:
            ValueError: A factor is not positive, or `compat` is unknown.
        """
        if not all(factor > 0 for factor in scale):
            raise ValueError(f"scale: must be > 0, got {scale!r}")
        if compat not in ("", "mmdetection"):
            raise ValueError(f"compat: must be '' or 'mmdetection', got {compat!r}")
        self._camera = camera
        width, height = scale
        self._factors: Float64Array = np.ones((2, 3))
        self._factors[:, 2] = 1 / width, 1 / height
        if compat:
            self._factors[:, 2] = 1 / height, 1 / width
        else:
            self._factors[0, 1], self._factors[1, 0] = height / width, width / height

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget the last picture."""
        self._camera.reset(sequence)

    def proceed(self, sequence: Sequence) -> None:
        """Go on with the pictures of another sequence."""
        self._camera.proceed(sequence)

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        """Return the warp in original pixels, float64 ``(2, 3)``.

        Args:
            frame: The next frame, with its resized image.
            detections: Boxes in pixels of that image.
        """
        return self._camera.estimate(frame, detections) * self._factors
