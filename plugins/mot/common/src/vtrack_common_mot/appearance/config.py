"""Options of trackers that match by appearance first; light, for config modules.

A subclass of `AppearanceSortConfig` declares anew what it wants other defaults for, with the functions here.
"""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.options import option
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option

__all__ = [
    "CAMERA_MOTION",
    "AppearanceSortConfig",
    "appearance_threshold_option",
    "cascade_depth_option",
    "gallery_option",
    "min_score_option",
    "motion_weight_option",
    "nsa_option",
]


def min_score_option(default: float) -> Any:
    """Declare ``min_score``."""
    return option(default, "Detections that score less are left out; raising it starts and continues fewer tracks.")


def appearance_threshold_option(default: float) -> Any:
    """Declare ``appearance_threshold``."""
    return option(
        default,
        "Greatest cost of a pair matched by appearance, in the metric's unit; raising it allows less alike ones.",
        ge=0,
    )


def gallery_option(default: str) -> Any:
    """Declare ``gallery``."""
    return option(
        default,
        "What an appearance is compared with: the nearest of a track's last embeddings, their mean, or a running mean.",
        choices=("nearest", "mean", "running-mean"),
    )


def motion_weight_option(default: float) -> Any:
    """Declare ``motion_weight``."""
    return option(
        default,
        "Share of the squared Mahalanobis distance in the cost of a pair, the rest is appearance's; raising it trusts "
        "motion more.",
        ge=0,
        le=1,
    )


def cascade_depth_option(default: int | None) -> Any:
    """Declare ``cascade_depth``."""
    return option(
        default,
        "How many ages are matched one after the other, the latest seen first, and the older tracks together after "
        "them; 0 matches all at once, and without one every age has its turn.",
        unit="frames",
        ge=0,
    )


def nsa_option(default: bool) -> Any:
    """Declare ``nsa``."""
    return option(default, "Take the box of a surer detection to be less noisy (NSA Kalman filter).")


CAMERA_MOTION = "How the camera's motion between frames is found; type 'none' does without images."
"""Tells what ``camera_motion`` is."""


@attrs.frozen(kw_only=True)
class AppearanceSortConfig:
    """What trackers that match by appearance first are told, with DeepSORT's defaults."""

    min_score: float = min_score_option(0.3)
    min_hits: int = option(
        3, "Frames in a row in which a track is seen before it is kept and reported.", unit="frames", ge=0
    )
    max_age: int = option(
        30,
        "How long after its last detection a track can be found again; raising it bridges longer gaps.",
        unit="frames",
        ge=1,
    )
    metric: str = option("cosine", "Distance of embeddings.", choices=("cosine", "euclidean"))
    appearance_threshold: float = appearance_threshold_option(0.2)
    gallery: str = gallery_option("nearest")
    gallery_size: int = option(100, "Embeddings that are kept of a track, the latest, but for a running mean.", ge=1)
    appearance_momentum: float = option(
        0.9, "Share of the old in a running mean; raising it makes an appearance change slower.", ge=0, le=1
    )
    gate: str = option(
        "box",
        "Pairs too far apart for the Kalman filter are not matched by appearance: by place, shape and size; by place "
        "alone; or none are ruled out.",
        choices=("box", "position", "none"),
    )
    motion_weight: float = motion_weight_option(0.0)
    cascade_depth: int | None = cascade_depth_option(None)
    iou_threshold: float = option(
        0.3, "Least overlap of a pair that is matched by overlap; raising it is stricter.", ge=0, le=1
    )
    nsa: bool = nsa_option(False)
    camera_motion: CameraMotion | None = option(None, CAMERA_MOTION)
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
        """Detections, with embeddings; whether pixels are looked at is the camera motion's matter."""
        return frozenset({"detections", "embeddings"})
