"""Options of QDTrack; in brackets the names of mmtracking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from vtcore.components import ComponentTable
from vtcore.interfaces import Detector
from vtcore.options import option
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option
from vtrack_nets.weights_option import sha256_option, weight_files, weights_option, weights_problems

__all__ = ["QDTrackConfig", "QDTrackDetectorConfig", "QDTrackTaoConfig", "QuasiDenseConfig"]


_GIVEN = frozenset({"detections", "embeddings"})


@attrs.frozen(kw_only=True)
class QuasiDenseConfig:
    """Options that QDTrack and its variant for TAO share."""

    match_threshold: float = option(
        0.5, "Pairs must be more alike than this; raising it starts more tracks anew [match_score_thr].", ge=0, le=1
    )
    appearance_momentum: float = option(
        0.2,
        "Share of the old in a track's mean embedding, raising it makes it change slower [1 less memo_momentum].",
        ge=0,
        le=1,
    )
    iou_threshold: float = option(
        0.3,
        "Least overlap of a pair matched by overlap, where an embedding is not known; raising it is stricter.",
        ge=0,
        le=1,
    )
    per_class: bool = per_class_option()
    detector: Detector | None = option(
        None,
        "A detector that gives embeddings, to do without a [detector] of the experiment; left out, detections come "
        "from that one.",
    )
    compat: str = option(
        "",
        "mmtracking: frames without any detection drop no track, so that the next detections still find it.",
        choices=("", "mmtracking"),
    )
    clock: str = clock_option()
    persist: bool = persist_option()

    @property
    def needs(self) -> frozenset[str]:
        """Detections with embeddings, unless its own detector finds them; what that needs is its own matter."""
        return _GIVEN if self.detector is None else frozenset()


@attrs.frozen(kw_only=True)
class QDTrackConfig(QuasiDenseConfig):
    """Options of QDTrack, with the defaults of mmtracking's configuration for pedestrians."""

    new_track_threshold: float = option(
        0.9, "Detections must score more than this to start a track; raising it starts fewer [init_score_thr]."
    )
    high_threshold: float = option(
        0.5,
        "Detections must score more than this to continue a track; others tell of what is no track [obj_score_thr].",
    )
    suppress_threshold: float = option(
        0.5,
        "Detections too unsure to continue a track, and more like one than this, are forgotten [nms_conf_thr].",
        ge=0,
        le=1,
    )
    backdrop_iou_threshold: float = option(
        0.3,
        "Unsure detections that overlap a surer one by more are left out, and what is no track is not remembered "
        "either [nms_backdrop_iou_thr].",
        ge=0,
        le=1,
    )
    duplicate_iou_threshold: float = option(
        0.7,
        "Sure detections that overlap a surer one, of any class, by more are left out [nms_class_iou_thr].",
        ge=0,
        le=1,
    )
    metric: str = option(
        "bisoftmax",
        "How alike two embeddings are: a softmax of products over tracks, averaged with one over detections "
        "(bisoftmax); the former alone; or the cosine [match_metric].",
        choices=("bisoftmax", "softmax", "cosine"),
    )
    max_age: int = option(
        30,
        "How long after its last detection a track can be found again; raising it bridges longer gaps "
        "[memo_tracklet_frames].",
        unit="frames",
        ge=1,
    )
    backdrop_frames: int = option(
        1,
        "How many frames long detections that were no track are remembered, to be matched in place of tracks "
        "[memo_backdrop_frames].",
        unit="frames",
        ge=0,
    )


@attrs.frozen(kw_only=True)
class QDTrackTaoConfig(QuasiDenseConfig):
    """Options of QDTrack for TAO, with the defaults of mmtracking's configuration."""

    new_track_threshold: float = option(
        0.0001, "Detections must score more than this to start a track; raising it starts fewer [init_score_thr]."
    )
    min_score: float = option(
        0.0001, "Detections that score less continue no track; raising it continues fewer [obj_score_thr]."
    )
    distractor_threshold: float = option(
        0.5,
        "Detections that score less, and overlap an earlier one of their class, are left out [distractor_score_thr].",
    )
    distractor_iou_threshold: float = option(
        0.3, "By how much they must overlap it; raising it leaves fewer out [distractor_nms_thr].", ge=0, le=1
    )
    score_difference: float = option(
        1.0, "Scores of a track and what continues it differ by less than this [obj_score_diff_thr].", ge=0
    )
    score_momentum: float = option(
        0.5,
        "Share of a track's score in that of what continues it, which is reported [1 less momentum_obj_score].",
        ge=0,
        le=1,
    )
    metric: str = option(
        "bisoftmax",
        "How alike two embeddings are: a softmax of products over tracks, averaged with one over detections, or the "
        "cosine [match_metric].",
        choices=("bisoftmax", "cosine"),
    )
    add_cosine: bool = option(True, "Average the former with the cosine [match_with_cosine].")
    max_age: int = option(
        10,
        "How long after its last detection a track can be found again; raising it bridges longer gaps [memo_frames].",
        unit="frames",
        ge=1,
    )


@attrs.frozen(kw_only=True)
class QDTrackDetectorConfig:
    """Options of the detector; those of the network that finds boxes are in its own table."""

    weights: str = weights_option(
        help="File or address (https://...) of the weights that describe boxes, as a rule the detector's own file."
    )
    weights_sha256: str = sha256_option()
    detector: Detector = option(
        ComponentTable(
            "faster-rcnn",
            {
                "backbone": {"style": "caffe"},
                "clip_border": False,
                "scale": [1088, 1088],
                "channel_order": "bgr",
                "mean": [103.53, 116.28, 123.675],
                "std": [1.0, 1.0, 1.0],
            },
        ),
        "What finds boxes, and whose feature maps are looked at.",
    )
    classes: tuple[str, ...] = option((), "Classes to keep, by name; empty for all.")

    gives: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    def check(self) -> Iterator[str]:
        """Yield that the weights are missing."""
        yield from weights_problems(self)

    def files(self) -> Iterator[str]:
        """Yield the file with the weights."""
        yield from weight_files(self)
