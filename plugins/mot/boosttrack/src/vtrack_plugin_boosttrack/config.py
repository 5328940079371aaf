"""Options of BoostTrack."""

from __future__ import annotations

import math

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option, weight_option

__all__ = ["BoostTrackConfig"]


@attrs.frozen(kw_only=True)
class BoostTrackConfig:
    """Options of BoostTrack; in brackets the names of the original code, where it has one."""

    score_threshold: float = option(
        0.6, "Least score, once boosted, of a detection that is matched or starts a track [det_thresh].", ge=0, lt=1
    )
    max_age: int = option(
        30, "How long a track lives on without a detection; raising it bridges longer gaps.", unit="frames", ge=0
    )
    max_age_seconds: float = option(
        2.0,
        "The same in time, where the frame rate is known and it is longer than max_age; 0 is never longer.",
        unit="s",
        ge=0,
        lt=math.inf,
    )
    min_hits: int = option(
        3,
        "Detections in a row, after the first, before a track is reported; not asked for in the first so many frames.",
        unit="frames",
        ge=0,
    )
    iou_threshold: float = option(
        0.3, "Least overlap of a detection with the predicted box it continues; raising it is stricter.", gt=0, le=1
    )
    overlap_weight: float = weight_option(
        0.5, "Weight of overlap times the confidence in detection and track, besides overlap [lambda_iou]."
    )
    distance_weight: float = weight_option(
        0.25, "Weight of closeness in Mahalanobis distance beside overlap [lambda_mhd]."
    )
    shape_weight: float = weight_option(
        0.25, "Weight of likeness in width and height, times the same confidence, beside overlap [lambda_shape]."
    )
    boost_likely: bool = option(True, "Raise the scores of detections that are like a track [use_dlo_boost].")
    boost_unlikely: bool = option(
        True, "Let detections far from any track start tracks whatever they score [use_duo_boost]."
    )
    rich_similarity: bool = option(
        True,
        "Detections are like a track by buffered overlap, distance and shape; false takes overlap alone "
        "[not btpp_arg_iou_boost].",
    )
    soft_boost: bool = option(True, "Raise scores towards likeness, a third of the way [not btpp_arg_no_sb].")
    varying_threshold: bool = option(
        True,
        "Accept detections that are very like a track, less so the longer it is missing [not btpp_arg_no_vt].",
    )
    likely_factor: float = option(
        0.65,
        "Without soft_boost and varying_threshold, scores are raised to likeness times this [dlo_boost_coef].",
        ge=0,
        le=1,
    )
    shape_by_width: bool = option(
        False,
        "Measure a difference of heights by the greater width instead of the greater height, as the original does by "
        "mistake and was tuned for [not s_sim_corr].",
    )
    appearance: bool = option(
        True, "Compare embeddings too, where the detections come with them; false leaves them out [not no_reid]."
    )
    appearance_weight: float = weight_option(
        1.5, "Weight of the cosine of embeddings, times that of all the rest together, which is 1 and the weights."
    )
    appearance_threshold: float = option(
        0.75, "Least cosine of embeddings of a pair that needs to overlap only half as much as others.", ge=-1, le=1
    )
    appearance_momentum: float = option(
        0.95,
        "Share of the old in a track's mean embedding for the surest detection; more for a less sure one, raising it "
        "makes appearances change slower.",
        ge=0,
        le=1,
    )
    camera_motion: CameraMotion | None = option(
        ComponentTable("ecc", {"epsilon": 1e-4, "width": 350}),
        "How the camera's motion between frames is found; type 'none' does without images [not no_cmc].",
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
