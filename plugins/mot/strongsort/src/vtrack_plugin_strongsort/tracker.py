"""StrongSORT: DeepSORT with a running mean of appearances, motion in the cost and a moving camera.

Paper: Du et al., "StrongSORT: Make DeepSORT Great Again", IEEE Transactions on Multimedia 2023,
https://arxiv.org/abs/2202.13514. Written from the paper; the original code (https://github.com/dyhBUPT/StrongSORT) is
under the GPL and was not consulted. What the paper leaves open, and how it was settled, is listed in the documentation
of the algorithm.
"""

from __future__ import annotations

from vtrack_common_mot.appearance.original import AppearanceSort
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_plugin_strongsort.config import StrongSortConfig

__all__ = ["StrongSort"]


class StrongSort(AppearanceSort):
    """Tracks boxes by a running mean of each track's appearance and by motion, through the camera's motion.

    Args:
        min_score: Detections that score less are left out.
        min_hits: Frames in a row in which a track is seen before it is kept and reported.
        max_age: Frames after its last detection within which a track can be found again.
        metric: ``cosine`` or ``euclidean``, distance of embeddings.
        appearance_threshold: Greatest cost of a pair matched by appearance.
        gallery: ``nearest`` of a track's last embeddings, their ``mean``, or a ``running-mean``.
        gallery_size: Embeddings that are kept of a track, the latest, but for a running mean.
        appearance_momentum: Share of the old in a running mean.
        gate: ``box``, ``position`` or ``none``: what the Kalman filter rules pairs out by.
        motion_weight: Share of the squared Mahalanobis distance in the cost of a pair.
        cascade_depth: Ages that are matched one after the other; 0 matches all at once, None every age in turn.
        iou_threshold: Least overlap of a pair that is matched by overlap.
        nsa: Take the box of a surer detection to be less noisy.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still, or where no images are. An
            experiment that does not name one gets ``ecc``.
        per_class: Match within a class only.
        convention: ``original`` or ``mmtracking``.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
        TypeError: `camera_motion` estimates nothing.
    """

    config: StrongSortConfig

    def __init__(
        self,
        *,
        min_score: float = 0.6,
        min_hits: int = 3,
        max_age: int = 30,
        metric: str = "cosine",
        appearance_threshold: float = 0.45,
        gallery: str = "running-mean",
        gallery_size: int = 100,
        appearance_momentum: float = 0.9,
        gate: str = "box",
        motion_weight: float = 0.02,
        cascade_depth: int | None = 0,
        iou_threshold: float = 0.3,
        nsa: bool = True,
        camera_motion: CameraMotion | None = None,
        per_class: bool = True,
        convention: str = "original",
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = StrongSortConfig(
            min_score=min_score,
            min_hits=min_hits,
            max_age=max_age,
            metric=metric,
            appearance_threshold=appearance_threshold,
            gallery=gallery,
            gallery_size=gallery_size,
            appearance_momentum=appearance_momentum,
            gate=gate,
            motion_weight=motion_weight,
            cascade_depth=cascade_depth,
            iou_threshold=iou_threshold,
            nsa=nsa,
            camera_motion=camera_motion,
            per_class=per_class,
            convention=convention,
            clock=clock,
            persist=persist,
        )
        super().__init__(self.config)
