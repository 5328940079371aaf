"""Camera motion by aligning whole pictures: the enhanced correlation coefficient (ECC).

Paper: Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization", IEEE
TPAMI 2008; OpenCV's ``findTransformECC``. Used for tracking by Bergmann et al., "Tracking without Bells and Whistles",
ICCV 2019, and as one of the choices of BoT-SORT (https://github.com/NirAharon/BoT-SORT, MIT licence). There the shift
found in pictures of half the size is taken as it is, and every picture is compared with the first; here the shift is
scaled, and pictures are compared with the one before. With a `width` it is the estimator of Stanojevic and Todorovic,
"BoostTrack", 2024 (https://github.com/vukasin-stanojevic/BoostTrack, MIT licence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vtrack_common_mot.camera_motion.config import EccConfig
from vtrack_common_mot.camera_motion.estimator import Look, PictureEstimator, grey_picture, original_size

if TYPE_CHECKING:
    import numpy.typing as npt

    from vtcore.frames import Image

__all__ = ["Ecc"]

_MOTIONS = {
    "translation": cv2.MOTION_TRANSLATION,
    "euclidean": cv2.MOTION_EUCLIDEAN,
    "affine": cv2.MOTION_AFFINE,
}


class Ecc(PictureEstimator):
    """Aligns each picture with the one before, all of their pixels.

    Args:
        motion: ``translation``, ``euclidean`` (shift and turn) or ``affine``.
        iterations: Most steps of an alignment.
        epsilon: Growth of the correlation in a step that ends the alignment.
        downscale: Factor by which pictures are made smaller.
        width: To which pictures are brought instead, in pixels; 0: by `downscale`.
        smoothing: Size of the Gaussian filter, odd.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        motion: str = "euclidean",
        iterations: int = 100,
        epsilon: float = 1e-5,
        downscale: int = 2,
        width: int = 0,
        smoothing: int = 1,
    ) -> None:
        config = EccConfig(
            motion=motion,
            iterations=iterations,
            epsilon=epsilon,
            downscale=downscale,
            width=width,
            smoothing=smoothing,
        )
        self._motion = _MOTIONS[motion]
        self._criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, epsilon)
        super().__init__("ecc", config)

    def _look(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        if not self.config.width:
            return Look(image, grey_picture(image.astype(np.float32), self.config.downscale, blurred=True))
        factor = self.config.width / image.shape[1]
        # By the factor and not to a size: rounding the height must not stretch the picture.
        return Look(image, cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None, fx=factor, fy=factor))

    def _compare(self, before: Look, now: Look) -> npt.NDArray[Any] | None:
        picture = now.small
        start = np.eye(2, 3, dtype=np.float32)
        everywhere = np.ones_like(picture)
        _, warp = cv2.findTransformECC(
            before.small, picture, start, self._motion, self._criteria, everywhere, self.config.smoothing
        )
        if not self.config.width:
            return original_size(np.asarray(warp), now)
        full = np.array(warp, np.float64)
        full[:, 2] *= now.sizes[1] / self.config.width
        return full
