"""Camera motion by matching features: ORB on FAST corners, or SIFT.

Papers: Rublee et al., "ORB: An Efficient Alternative to SIFT or SURF", ICCV 2011; Lowe, "Distinctive Image Features
from Scale-Invariant Keypoints", IJCV 2004; both in OpenCV. How matches are chosen is Aharon et al.'s, "BoT-SORT", 2022
(https://github.com/NirAharon/BoT-SORT, MIT licence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vtrack_common_mot.camera_motion.config import FeatureMatchingConfig
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

__all__ = ["FeatureMatching", "Orb", "Sift"]

_DEVIATIONS = 2.5
"""Matches whose shift is this many standard deviations from the mean are left out."""


class FeatureMatching(PictureEstimator):
    """Matches the features of each picture with those of the one before."""

    def __init__(self, name: str, finder: Any, describer: Any, matcher: Any, config: FeatureMatchingConfig) -> None:
        """Keep OpenCV's objects.

        Args:
            name: Of the component.
            finder: Has ``detect``.
            describer: Has ``compute``.
            matcher: Has ``knnMatch``.
            config: The options.
        """
        self._finder, self._describer, self._matcher = finder, describer, matcher
        super().__init__(name, config)

    def _look(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        grey = grey_picture(image, self.config.downscale)
        size = image.shape[0], image.shape[1]
        mask = foreground_mask((grey.shape[0], grey.shape[1]), boxes, size, self.config.border)
        points, descriptors = self._describer.compute(grey, self._finder.detect(grey, mask))
        places = np.array([point.pt for point in points], np.float64).reshape(-1, 2)
        return Look(image, grey, places, descriptors, keeps_small=False)

    def _compare(self, before: Look, now: Look) -> npt.NDArray[Any] | None:
        old, new = before.points, now.points
        if before.descriptors is None or now.descriptors is None or len(new) < 2:
            return None
        matches = [
            (best.queryIdx, best.trainIdx)
            for best, second in self._matcher.knnMatch(before.descriptors, now.descriptors, 2)
            if best.distance < self.config.ratio * second.distance
        ]
        pairs = np.array(matches, np.int64).reshape(-1, 2)
        here, there = old[pairs[:, 0]], new[pairs[:, 1]]
        shifts = here - there
        near = (np.abs(shifts) < self.config.max_shift * now.sizes[[3, 2]]).all(1)
        here, there, shifts = here[near], there[near], shifts[near]
        if len(shifts) == 0:
            return None
        # Where all shifts are equal, to the last digit, none is an outlier.
        usual = (shifts - shifts.mean(0) <= _DEVIATIONS * shifts.std(0)).all(1)
        warp = partial_affine(here[usual], there[usual])
        return None if warp is None else original_size(warp, now)


class Orb(FeatureMatching):
    """Matches ORB descriptors of FAST corners.

    Args:
        ratio: A match is kept when its distance is less than this share of the second best's.
        max_shift: Matches farther apart than this share of the picture are left out.
        border: Share of the picture along each side in which no features are taken.
        downscale: Factor by which pictures are made smaller.
        mask_detections: Take no features on detected objects.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        ratio: float = 0.9,
        max_shift: float = 0.25,
        border: float = 0.02,
        downscale: int = 2,
        mask_detections: bool = True,
    ) -> None:
        config = FeatureMatchingConfig(
            ratio=ratio, max_shift=max_shift, border=border, downscale=downscale, mask_detections=mask_detections
        )
        finder = cv2.FastFeatureDetector.create(20)
        super().__init__("orb", finder, cv2.ORB.create(), cv2.BFMatcher(cv2.NORM_HAMMING), config)


class Sift(FeatureMatching):
    """Matches SIFT features; slower and steadier than `Orb`.

    Args:
        ratio: A match is kept when its distance is less than this share of the second best's.
        max_shift: Matches farther apart than this share of the picture are left out.
        border: Share of the picture along each side in which no features are taken.
        downscale: Factor by which pictures are made smaller.
        mask_detections: Take no features on detected objects.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        ratio: float = 0.9,
        max_shift: float = 0.25,
        border: float = 0.02,
        downscale: int = 2,
        mask_detections: bool = True,
    ) -> None:
        config = FeatureMatchingConfig(
            ratio=ratio, max_shift=max_shift, border=border, downscale=downscale, mask_detections=mask_detections
        )
        sift = cv2.SIFT.create(nOctaveLayers=3, contrastThreshold=0.02, edgeThreshold=20)
        super().__init__("sift", sift, sift, cv2.BFMatcher(cv2.NORM_L2), config)
