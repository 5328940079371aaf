"""Options of StrongSORT."""

from __future__ import annotations

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option
from vtrack_common_mot.appearance.config import (
    CAMERA_MOTION,
    AppearanceSortConfig,
    appearance_threshold_option,
    cascade_depth_option,
    gallery_option,
    min_score_option,
    motion_weight_option,
    nsa_option,
)
from vtrack_common_mot.camera_motion.interfaces import CameraMotion

__all__ = ["StrongSortConfig"]


@attrs.frozen(kw_only=True)
class StrongSortConfig(AppearanceSortConfig):
    """Options of StrongSORT: those of DeepSORT, with other defaults."""

    min_score: float = min_score_option(0.6)
    appearance_threshold: float = appearance_threshold_option(0.45)
    gallery: str = gallery_option("running-mean")
    motion_weight: float = motion_weight_option(0.02)
    cascade_depth: int | None = cascade_depth_option(0)
    nsa: bool = nsa_option(True)
    camera_motion: CameraMotion | None = option(ComponentTable("ecc"), CAMERA_MOTION)
