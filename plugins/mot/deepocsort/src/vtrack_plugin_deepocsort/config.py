"""Options of Deep OC-SORT."""

from __future__ import annotations

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option, weight_option

__all__ = ["DeepOcSortConfig"]


@attrs.frozen(kw_only=True)
class DeepOcSortConfig:
    """Options of Deep OC-SORT; in brackets the names of the original code, where they differ."""

    high_threshold: float = option(
        0.6,
        "Detections scoring more are matched and may start tracks; the others are left out [det_thresh].",
        ge=0,
        le=1,
    )
    new_track_threshold: float | None = option(
        None, "Detections scoring more may start tracks; high_threshold when left out.", ge=0
    )
    max_age: int = option(
        30, "How long a track lives on without a detection; raising it bridges longer gaps.", unit="frames", ge=0
    )
    min_hits: int = option(
        3,
        "Detections in a row, after the first, before a track is reported; not asked for in the first so many frames.",
        unit="frames",
        ge=0,
    )
    iou_threshold: float = option(
        0.3, "Least overlap of a detection with the box it continues; raising it is stricter.", ge=0, le=1
    )
    delta_t: int = option(
        3, "Frames over which a direction is measured; raising it smooths, and turns later.", unit="frames", ge=1
    )
    similarity: str = option(
        "iou",
        "How boxes are compared where tracks were last seen [asso_func].",
        choices=("iou", "giou", "diou", "ciou", "centre-distance"),
    )
    inertia: float = weight_option(0.2, "Weight of steady direction against overlap in the first matching.")
    appearance: bool = option(
        True, "Compare embeddings too, where the detections come with them; false leaves them out [not embedding_off]."
    )
    appearance_weight: float = weight_option(
        0.75, "Weight of a pair's cosine against its overlap in the first matching [w_association_emb]."
    )
    adaptive_weighting: bool = option(
        True, "Raise that weight where the best cosine of a track or detection stands out [not aw_off]."
    )
    adaptive_limit: float = option(
        0.5, "The most by which a best cosine may stand out from the second best, and count [aw_param].", ge=0
    )
    appearance_momentum: float = option(
        0.95,
        "Least share of the old in a track's mean embedding; it rises to 1 as a detection's score falls to "
        "high_threshold [alpha_fixed_emb].",
        ge=0,
        le=1,
    )
    camera_motion: CameraMotion | None = option(
        ComponentTable("sparse-flow", {"mask_detections": True}),
        "How the camera's motion between frames is found; type 'none' does without images [not cmc_off].",
    )
    convention: str = option(
        "original",
        "How what was observed is carried through the camera's motion: as in the original code, which carries recent "
        "boxes twice and lost tracks once too seldom, or once for each frame, as in the paper.",
        choices=("original", "paper"),
    )
    per_class: bool = per_class_option()
    clock: str = clock_option()
    persist: bool = persist_option()

    @property
    def needs(self) -> frozenset[str]:
        """Detections; whether pixels are looked at is the camera motion's matter."""
        return frozenset({"detections"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings, where appearance is left out."""
        return frozenset() if self.appearance else frozenset({"embeddings"})
