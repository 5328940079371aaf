"""Options of Hybrid-SORT."""

from __future__ import annotations

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option, weight_option

__all__ = ["HybridSortConfig"]


@attrs.frozen(kw_only=True)
class HybridSortConfig:
    """Options of Hybrid-SORT, by default as published for MOT17; in brackets the names of the original code."""

    high_threshold: float = option(
        0.6, "Detections scoring more are matched first and may start tracks [track_thresh].", ge=0, le=1
    )
    low_threshold: float = option(
        0.1, "Detections scoring more, but less than high_threshold, may continue tracks [low_thresh].", ge=0, le=1
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
        0.25, "Least similarity of a detection with the box it continues; raising it is stricter [iou_thresh].", ge=0
    )
    delta_t: int = option(
        3, "Frames over which directions are measured and added up; raising it smooths [deltat].", unit="frames", ge=1
    )
    similarity: str = option(
        "height-iou",
        "How boxes are compared: overlap times overlap in height alone, or another measure [asso].",
        choices=("height-iou", "iou", "giou", "diou", "ciou", "centre-distance"),
    )
    inertia: float = weight_option(0.05, "Weight of steady direction of each corner in the first matching.")
    use_byte: bool = option(True, "Continue tracks with unsure detections too, as ByteTrack does.")
    confidence_weight: float = weight_option(
        1.0,
        "Weight of unlike confidence in the first matching; 0 leaves it out [TCM_first_step, TCM_first_step_weight].",
    )
    second_confidence_weight: float = weight_option(
        1.0, "The same in the matching of unsure detections; 0 leaves it out [TCM_byte_step, TCM_byte_step_weight]."
    )
    appearance: bool = option(
        True, "Compare embeddings too, where the detections come with them [hybrid_sort_with_reid]."
    )
    appearance_weight: float = weight_option(
        1.3, "Weight of cosine distance in the first matching [EG_weight_high_score]."
    )
    second_appearance_weight: float = weight_option(
        1.2, "The same in the matching of unsure detections [EG_weight_low_score]."
    )
    appearance_threshold: float = option(
        0.4,
        "Pairs of at most this cosine distance are kept in the first matching wherever they are; 0 keeps none so "
        "[longterm_reid_correction_thresh].",
        ge=0,
        le=2,
    )
    second_appearance_threshold: float = option(
        0.4,
        "Greatest cosine distance of a pair in the matching of unsure detections; 2 is any "
        "[longterm_reid_correction_thresh_low].",
        ge=0,
        le=2,
    )
    appearance_momentum: float = option(
        0.8, "Share of the old in a track's mean embedding, raising it makes it change slower [alpha].", ge=0, le=1
    )
    adaptive_momentum: bool = option(False, "Weigh old and new embedding by the confidence in each, too [adapfs].")
    gallery_weight: float = weight_option(
        0.0,
        "Weight of cosine distance from the plain mean of a track's last embeddings in the first matching "
        "[with_longterm_reid, longterm_reid_weight].",
    )
    gallery_length: int = option(
        30, "How many embeddings that mean is of; raising it remembers longer [longterm_bank_length].", ge=1
    )
    camera_motion: CameraMotion | None = option(
        ComponentTable("none"),
        "How the camera's motion between frames is found, which tracks are moved along with [ECC].",
    )
    per_class: bool = per_class_option()
    clock: str = clock_option()
    persist: bool = persist_option()

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.low_threshold > self.high_threshold:
            raise ValueError(
                f"low_threshold: must be <= high_threshold ({self.high_threshold!r}), got {self.low_threshold!r}"
            )

    @property
    def needs(self) -> frozenset[str]:
        """Detections; whether pixels are looked at is the camera motion's matter."""
        return frozenset({"detections"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings, where appearance is left out."""
        return frozenset() if self.appearance else frozenset({"embeddings"})
