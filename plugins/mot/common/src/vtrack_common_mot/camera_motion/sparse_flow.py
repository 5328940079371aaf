"""Camera motion by following corners: sparse optical flow.

Papers: Shi and Tomasi, "Good Features to Track", CVPR 1994; Lucas and Kanade, "An Iterative Image Registration
Technique with an Application to Stereo Vision", IJCAI 1981; Fischler and Bolles, "Random Sample Consensus", 1981; all
in OpenCV. Their combination is that of Aharon et al., "BoT-SORT", 2022 (https://github.com/NirAharon/BoT-SORT, MIT
licence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vtrack_common_mot.camera_motion.config import SparseFlowConfig
from vtrack_common_mot.camera_motion.estimator import (
    Look,
    PictureEstimator,
    foreground_mask,
    grey_picture,
    original_size,
    partial_affine,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from vtcore.frames import Image

__all__ = ["SparseFlow"]


class SparseFlow(PictureEstimator):
    """Follows the corners of each picture into the next and takes the warp that most of them agree on.

    Args:
        max_corners: Corners that are followed.
        quality: Least strength of a corner as a share of the strongest.
        min_distance: Least distance between corners.
        block_size: Side of the patch that tells a corner's strength.
        downscale: Factor by which pictures are made smaller.
        mask_detections: Take no corners on detected objects.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        max_corners: int = 1000,
        quality: float = 0.01,
        min_distance: float = 1.0,
        block_size: int = 3,
        downscale: int = 2,
        mask_detections: bool = False,
    ) -> None:
        config = SparseFlowConfig(
            max_corners=max_corners,
            quality=quality,
            min_distance=min_distance,
            block_size=block_size,
            downscale=downscale,
            mask_detections=mask_detections,
        )
        super().__init__("sparse-flow", config)

    def _look(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        grey = grey_picture(image, self.config.downscale)
        mask = foreground_mask((grey.shape[0], grey.shape[1]), boxes, (image.shape[0], image.shape[1]))
        corners = cv2.goodFeaturesToTrack(
            grey,
            self.config.max_corners,
            self.config.quality,
            self.config.min_distance,
            mask=mask,
            blockSize=self.config.block_size,
        )
        return Look(image, grey, corners)

    def _compare(self, before: Look, now: Look) -> npt.NDArray[Any] | None:
        corners = before.points
        if corners is None:
            return None
        moved, status, _ = cv2.calcOpticalFlowPyrLK(before.small, now.small, corners, np.empty_like(corners))
        found = status.ravel() == 1
        warp = partial_affine(corners.reshape(-1, 2)[found], moved.reshape(-1, 2)[found])
        return None if warp is None else original_size(warp, now)
