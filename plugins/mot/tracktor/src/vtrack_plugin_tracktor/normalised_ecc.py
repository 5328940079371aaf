"""Camera motion by aligning pictures as a network sees them, by the enhanced correlation coefficient (ECC).

Paper: Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization", IEEE
TPAMI 2008. As ``CameraMotionCompensation`` of https://github.com/open-mmlab/mmtracking (Apache-2.0), which is given the
network's picture: each colour is divided by its spread before they make grey.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vtrack_common_mot.camera_motion.estimator import Look, PictureEstimator, original_size
from vtrack_plugin_tracktor.config import NormalisedEccConfig

if TYPE_CHECKING:
    import numpy.typing as npt

    from vtcore.frames import Image

__all__ = ["NormalisedEcc"]

_MOTIONS = {
    "translation": cv2.MOTION_TRANSLATION,
    "euclidean": cv2.MOTION_EUCLIDEAN,
    "affine": cv2.MOTION_AFFINE,
}


class NormalisedEcc(PictureEstimator):
    """Aligns each picture with the one before, all of their pixels, colours normalised.

    Args:
        motion: ``translation``, ``euclidean`` (shift and turn) or ``affine``.
        iterations: Most steps of an alignment.
        epsilon: Growth of the correlation in a step that ends the alignment.
        mean: What is taken from red, green and blue, of 0 to 255.
        std: What they are divided by then.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        motion: str = "euclidean",
        iterations: int = 100,
        epsilon: float = 1e-5,
        mean: Seq[float] = (123.675, 116.28, 103.53),
        std: Seq[float] = (58.395, 57.12, 57.375),
    ) -> None:
        config = NormalisedEccConfig(
            motion=motion, iterations=iterations, epsilon=epsilon, mean=_three(mean), std=_three(std)
        )
        self._motion = _MOTIONS[motion]
        self._criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, epsilon)
        super().__init__("ecc-normalised", config)

    def _look(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        mean, std = np.array(self.config.mean, np.float32), np.array(self.config.std, np.float32)
        colours = (image[:, :, ::-1].astype(np.float32) - mean) / std
        return Look(image, cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))

    def _compare(self, before: Look, now: Look) -> npt.NDArray[Any] | None:
        start, everywhere = np.eye(2, 3, dtype=np.float32), np.ones(now.small.shape, np.uint8)
        _, warp = cv2.findTransformECC(before.small, now.small, start, self._motion, self._criteria, everywhere, 1)
        return original_size(np.asarray(warp), now)


def _three(values: Seq[float]) -> tuple[float, float, float]:
    first, second, third = values
    return first, second, third
