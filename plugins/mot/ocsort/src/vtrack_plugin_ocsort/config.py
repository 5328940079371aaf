"""Options of OC-SORT."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option, weight_option

__all__ = ["OcSortConfig"]


@attrs.frozen(kw_only=True)
class OcSortConfig:
    """Options of OC-SORT; in brackets the names of the original code, where they differ."""

    high_threshold: float = option(
        0.6, "Detections scoring more are matched first and may start tracks [det_thresh].", ge=0, le=1
    )
    low_threshold: float = option(
        0.1, "With use_byte, detections scoring more, up to high_threshold, may continue tracks.", ge=0, le=1
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
        "How boxes are compared after the first matching [asso_func].",
        choices=("iou", "giou", "diou", "ciou", "centre-distance"),
    )
    inertia: float = weight_option(0.2, "Weight of steady direction against overlap in the first matching.")
    use_byte: bool = option(False, "Continue tracks with unsure detections too, as ByteTrack does.")
    fuse_score: bool = option(False, "Multiply overlap by the detection's score.")
    per_class: bool = per_class_option()
    convention: str = option(
        "original",
        "Whose rules where implementations differ: see the documentation.",
        choices=("original", "mmtracking"),
    )
    clock: str = clock_option()
    persist: bool = persist_option()

    @property
    def needs(self) -> frozenset[str]:
        """Detections, and no pixels."""
        return frozenset({"detections"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings that come with detections."""
        return frozenset({"embeddings"})
