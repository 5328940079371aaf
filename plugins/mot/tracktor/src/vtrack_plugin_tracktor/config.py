"""Options of Tracktor; in brackets the names of mmtracking."""

from __future__ import annotations

from typing import ClassVar

import attrs

from vtcore.components import ComponentTable
from vtcore.interfaces import Detector, ReId
from vtcore.options import option
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option

__all__ = ["NormalisedEccConfig", "TracktorConfig"]


@attrs.frozen(kw_only=True)
class TracktorConfig:
    """Options of Tracktor, with the defaults of mmtracking's configuration for pedestrians."""

    detector: Detector = option(
        ComponentTable("faster-rcnn", {"clip_border": False, "scale": [1088, 1088]}),
        "The two-stage detector, whose second stage carries boxes from frame to frame.",
    )
    reid: ReId | None = option(
        None, "Describes boxes, so that who was lost is found again by looks; left out, nobody is."
    )
    camera_motion: CameraMotion | None = option(
        ComponentTable("ecc"),
        "How the camera's motion between frames is found; type 'none' takes it to stand still.",
    )
    detections: str = option(
        "own",
        "Whose boxes start tracks: the detector's own, or those given by the experiment's [detector] (public), which "
        "its second stage then judges and corrects.",
        choices=("own", "given"),
    )
    classes: tuple[str, ...] = option((), "Classes to track, by name; empty for all.")
    new_track_threshold: float = option(
        0.5, "Detections must score more than this to start a track, or to be one again [obj_score_thr]."
    )
    keep_threshold: float = option(
        0.5,
        "A track goes on while the second stage is surer of it than this; raising it loses tracks sooner "
        "[regression.obj_score_thr].",
    )
    nms_threshold: float = option(
        0.6,
        "Of two tracks that overlap by more only the surer one goes on [regression.nms.iou_threshold].",
        ge=0,
        le=1,
    )
    duplicate_iou_threshold: float = option(
        0.3,
        "Detections that overlap a track by this or more are taken to be it [regression.match_iou_thr].",
        ge=0,
        le=1,
    )
    appearance_threshold: float = option(
        2.0,
        "Greatest Euclidean distance of embeddings at which a detection is a lost track; raising it allows less alike "
        "ones [reid.match_score_thr].",
        ge=0,
    )
    iou_threshold: float = option(
        0.2, "Least overlap of such a detection with where the track was last [reid.match_iou_thr].", ge=0, le=1
    )
    gallery_size: int = option(
        10, "Embeddings of a track that are kept, the latest; their mean is compared [reid.num_samples].", ge=1
    )
    max_age: int = option(
        10,
        "How long after it was seen last a track can be found again; raising it bridges longer gaps "
        "[num_frames_retain].",
        unit="frames",
        ge=1,
    )
    motion_samples: int = option(
        0,
        "Boxes whose steps give the velocity by which tracks move on before they are corrected, 2 or more; 0 leaves "
        "them where they were [LinearMotion.num_samples].",
        ge=0,
    )
    motion_centre_only: bool = option(
        False, "Move them by their centres' steps and keep their size [LinearMotion.center_motion]."
    )
    compat: str = option(
        "",
        "mmtracking: steps are measured from where a track was expected in place of where it was seen.",
        choices=("", "mmtracking"),
    )
    per_class: bool = per_class_option()
    clock: str = clock_option()
    persist: bool = persist_option()

    def __attrs_post_init__(self) -> None:
        """Refuse a velocity from a single box."""
        if self.motion_samples == 1:
            raise ValueError("motion_samples: must be 0 or >= 2, got 1: one box has no velocity")

    @property
    def needs(self) -> frozenset[str]:
        """Decoded pictures, and detections where they are to be given."""
        return frozenset({"image", "detections"} if self.detections == "given" else {"image"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings that come with detections."""
        return frozenset({"embeddings"})


@attrs.frozen(kw_only=True)
class NormalisedEccConfig:
    """Options of the estimator that aligns normalised pictures."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    motion: str = option(
        "euclidean",
        "What the camera may do: shift; shift and turn; or any affine warp.",
        choices=("translation", "euclidean", "affine"),
    )
    iterations: int = option(100, "Steps after which an alignment is given up or taken as it is.", ge=1)
    epsilon: float = option(1e-5, "Growth of the correlation in a step that ends the alignment.", gt=0)
    mean: tuple[float, float, float] = option(
        (123.675, 116.28, 103.53), "What is taken from red, green and blue, of 0 to 255.", unit="levels"
    )
    std: tuple[float, float, float] = option(
        (58.395, 57.12, 57.375), "What they are divided by then.", unit="levels", gt=0
    )
