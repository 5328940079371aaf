"""Trackers of many objects: SORT, DeepSORT, StrongSORT, ByteTrack, OC-SORT, Tracktor and QDTrack."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from vtcore.migration.options import Move, move_all
from vtcore.migration.sections import MISSING, Section

__all__ = ["TRACKERS", "TrackerParts", "map_tracker"]

TRACKER = ("tracker",)


@attrs.frozen
class TrackerParts:
    """What of a model a tracker's settings are spread over.

    Attributes:
        tracker: ``model.tracker``.
        motion: ``model.motion`` of MMTracking, ``model.tracker.motion`` (in MMTracking 1.x ``model.kalman``) and
            ``model.cmc`` of MMDetection: Kalman filter, camera motion, linear motion.
        looks: Whether the model has a re-identification network.
    """

    tracker: Section
    motion: list[Section]
    looks: bool


def map_tracker(parts: TrackerParts) -> str:
    """Map a tracker and its motion model.

    Returns:
        Its name here; empty where it has no counterpart, which is told.
    """
    name = parts.tracker.type
    mapping = TRACKERS.get(name)
    if mapping is None:
        parts.tracker.cannot("type", f"{name or 'a tracker without a type'} has no counterpart here")
        parts.tracker.forget()
        return ""
    mapped = mapping(parts)
    for motion in parts.motion:
        _motion(motion, mapped, parts)
    parts.tracker.ignore("init_cfg", "motion")
    parts.tracker.finish(f"tracker {mapped}")
    return mapped


def _rest(value: float) -> float:
    """Share of the old out of the share of the new."""
    return round(1 - value, 12)


def _start(parts: TrackerParts, name: str, **fixed: object) -> None:
    draft = parts.tracker.draft
    draft.put((*TRACKER, "type"), name, parts.tracker.where("type"))
    for key, value in fixed.items():
        draft.put((*TRACKER, key), value)


def _sort(parts: TrackerParts) -> str:
    """DeepSORT, or SORT where there are no looks."""
    tracker = parts.tracker
    if parts.looks and "reid" not in tracker and "reid" in tracker.names:
        tracker.remark("reid", "None: the re-identification network is not used, as there")
    if not parts.looks or ("reid" in tracker.names and "reid" not in tracker):
        _start(parts, "sort", convention="mmtracking", per_class=False)
        move_all(tracker, TRACKER, [Move("match_iou_thr", "iou_threshold", 0.7)])
        # Its own threshold goes to the detector: the tracker sort takes whatever it is given.
        # What is reported is matched or ends at once, so that these decide nothing without looks.
        tracker.ignore("reid", "num_tentatives", "num_frames_retain", "momentums", "obj_score_thr")
        return "sort"
    _start(parts, "deepsort", convention="mmtracking", metric="euclidean", per_class=False)
    move_all(tracker, TRACKER, [Move("obj_score_thr", "min_score", 0.3), *_APPEARANCE])
    _gallery(tracker)
    tracker.draft.put((*TRACKER, "gate"), "box")
    return "deepsort"


_APPEARANCE = [
    Move("reid.match_score_thr", "appearance_threshold", 2.0),
    Move("match_iou_thr", "iou_threshold", 0.7),
    Move("num_tentatives", "min_hits", 3),
    Move("num_frames_retain", "max_age", 10),
]


def _gallery(tracker: Section) -> None:
    """The mean of the last embeddings, or a running mean where there are momentums."""
    reid = tracker.child("reid")
    reid.ignore("img_scale", "img_norm_cfg")
    if "momentums" in tracker:
        tracker.draft.put((*TRACKER, "gallery"), "running-mean", tracker.where("momentums"))
        move_all(tracker, TRACKER, [Move("momentums.embeds", "appearance_momentum", MISSING, _rest)])
        reid.ignore("num_samples")
        return
    tracker.ignore("momentums")
    tracker.draft.put((*TRACKER, "gallery"), "mean")
    move_all(tracker, TRACKER, [Move("reid.num_samples", "gallery_size", 10)])


def _strongsort(parts: TrackerParts) -> str:
    tracker = parts.tracker
    _start(parts, "strongsort", convention="mmtracking", metric="cosine", per_class=True, nsa=False, gate="box")
    moves = [
        Move("obj_score_thr", "min_score", 0.6),
        Move("reid.match_score_thr", "appearance_threshold", 0.3),
        Move("reid.motion_weight", "motion_weight", 0.02),
        Move("match_iou_thr", "iou_threshold", 0.7),
        Move("num_tentatives", "min_hits", 2),
        Move("num_frames_retain", "max_age", 10),
    ]
    move_all(tracker, TRACKER, moves)
    _gallery(tracker)
    tracker.draft.put((*TRACKER, "camera_motion", "type"), "none")
    return "strongsort"


def _bytetrack(parts: TrackerParts) -> str:
    # Overlaps there are costs here.
    moves = [
        Move("obj_score_thrs.high", "high_threshold", 0.6),
        Move("obj_score_thrs.low", "low_threshold", 0.1),
        Move("init_track_thr", "new_track_threshold", 0.7),
        Move("weight_iou_with_det_scores", "fuse_score", True),
        Move("match_iou_thrs.high", "match_threshold", 0.1, _rest),
        Move("match_iou_thrs.low", "second_match_threshold", 0.5, _rest),
        Move("match_iou_thrs.tentative", "unconfirmed_match_threshold", 0.3, _rest),
        Move("num_tentatives", "min_hits", 3),
        Move("num_frames_retain", "track_buffer", 10),
    ]
    _start(parts, "bytetrack", convention="mmtracking")
    move_all(parts.tracker, TRACKER, moves)
    parts.tracker.expect("momentums", None)
    return "bytetrack"


def _ocsort(parts: TrackerParts) -> str:
    moves = [
        Move("obj_score_thr", "high_threshold", 0.3),
        Move("init_track_thr", "new_track_threshold", 0.7),
        Move("weight_iou_with_det_scores", "fuse_score", True),
        Move("match_iou_thr", "iou_threshold", 0.3),
        Move("num_tentatives", "min_hits", 3),
        Move("vel_consist_weight", "inertia", 0.2),
        Move("vel_delta_t", "delta_t", 3),
        Move("num_frames_retain", "max_age", 10),
    ]
    _start(parts, "ocsort", convention="mmtracking", per_class=False)
    move_all(parts.tracker, TRACKER, moves)
    parts.tracker.expect("momentums", None)
    return "ocsort"


def _tracktor(parts: TrackerParts) -> str:
    tracker = parts.tracker
    moves = [
        Move("obj_score_thr", "new_track_threshold", 0.5),
        Move("regression.obj_score_thr", "keep_threshold", 0.5),
        Move("regression.nms.iou_threshold", "nms_threshold", 0.6),
        Move("regression.match_iou_thr", "duplicate_iou_threshold", 0.3),
        Move("reid.match_score_thr", "appearance_threshold", 2.0),
        Move("reid.match_iou_thr", "iou_threshold", 0.2),
        Move("reid.num_samples", "gallery_size", 10),
        Move("num_frames_retain", "max_age", 10),
    ]
    _start(parts, "tracktor", compat="mmtracking")
    move_all(tracker, TRACKER, moves)
    tracker.child("regression").child("nms").expect("type", "nms")
    tracker.child("reid").ignore("img_scale", "img_norm_cfg")
    tracker.expect("momentums", None)
    tracker.draft.put((*TRACKER, "camera_motion", "type"), "none")
    return "tracktor"


def _qdtrack(parts: TrackerParts) -> str:
    moves = [
        Move("init_score_thr", "new_track_threshold", 0.8),
        Move("obj_score_thr", "high_threshold", 0.5),
        Move("match_score_thr", "match_threshold", 0.5),
        Move("memo_tracklet_frames", "max_age", 10),
        Move("memo_backdrop_frames", "backdrop_frames", 1),
        Move("memo_momentum", "appearance_momentum", 0.8, _rest),
        Move("nms_conf_thr", "suppress_threshold", 0.5),
        Move("nms_backdrop_iou_thr", "backdrop_iou_threshold", 0.3),
        Move("nms_class_iou_thr", "duplicate_iou_threshold", 0.7),
        Move("with_cats", "per_class", True),
        Move("match_metric", "metric", "bisoftmax"),
    ]
    _start(parts, "qdtrack", compat="mmtracking")
    move_all(parts.tracker, TRACKER, moves)
    parts.tracker.ignore("momentums", "num_frames_retain")
    return "qdtrack"


def _qdtrack_tao(parts: TrackerParts) -> str:
    moves = [
        Move("init_score_thr", "new_track_threshold", 0.0001),
        Move("obj_score_thr", "min_score", 0.0001),
        Move("match_score_thr", "match_threshold", 0.5),
        Move("memo_frames", "max_age", 10),
        Move("memo_momentum", "appearance_momentum", 0.8, _rest),
        Move("momentum_obj_score", "score_momentum", 0.5, _rest),
        Move("obj_score_diff_thr", "score_difference", 1.0),
        Move("distractor_nms_thr", "distractor_iou_threshold", 0.3),
        Move("distractor_score_thr", "distractor_threshold", 0.5),
        Move("match_metric", "metric", "bisoftmax"),
        Move("match_with_cosine", "add_cosine", True),
    ]
    _start(parts, "qdtrack-tao", compat="mmtracking")
    move_all(parts.tracker, TRACKER, moves)
    parts.tracker.ignore("momentums", "num_frames_retain")
    return "qdtrack-tao"


TRACKERS: dict[str, Callable[[TrackerParts], str]] = {
    "SortTracker": _sort,
    "SORTTracker": _sort,
    "StrongSORTTracker": _strongsort,
    "ByteTracker": _bytetrack,
    "OCSORTTracker": _ocsort,
    "TracktorTracker": _tracktor,
    "QuasiDenseTracker": _qdtrack,
    "QuasiDenseEmbedTracker": _qdtrack,
    "QuasiDenseTAOTracker": _qdtrack_tao,
}
"""What maps the settings of each of their trackers; it returns the name of ours."""

_WARPS = {
    "cv2.MOTION_EUCLIDEAN": "euclidean",
    "cv2.MOTION_TRANSLATION": "translation",
    "cv2.MOTION_AFFINE": "affine",
}


def _motion(motion: Section, tracker: str, parts: TrackerParts) -> None:
    kind = motion.type
    if kind == "KalmanFilter" and tracker in ("sort", "deepsort", "strongsort", "bytetrack", "ocsort"):
        _kalman(motion, tracker)
    elif kind == "CameraMotionCompensation" and tracker in ("tracktor", "strongsort"):
        _camera(motion, tracker)
    elif kind == "LinearMotion" and tracker == "tracktor":
        moves = [Move("num_samples", "motion_samples", 2), Move("center_motion", "motion_centre_only", False)]
        move_all(motion, TRACKER, moves)
    else:
        motion.cannot("type", f"{kind} has no counterpart in tracker {tracker}")
        return
    motion.finish(f"tracker {tracker}")


def _kalman(motion: Section, tracker: str) -> None:
    if tracker in ("deepsort", "strongsort"):
        moves = [Move("center_only", "gate", False, lambda only: "position" if only else "box")]
        move_all(motion, TRACKER, moves)
    else:
        # Only matching by looks has a gate.
        motion.ignore("center_only")
    if tracker == "strongsort":
        move_all(motion, TRACKER, [Move("use_nsa", "nsa", False)])
    else:
        motion.expect("use_nsa", False)


def _camera(motion: Section, tracker: str) -> None:
    path = (*TRACKER, "camera_motion")
    draft = motion.draft
    warp = motion.text("warp_mode", "cv2.MOTION_EUCLIDEAN")
    if warp not in _WARPS:
        motion.cannot("warp_mode", f"{warp!r} has no counterpart here, where it is one of {', '.join(_WARPS)}")
        return
    # Tracktor's comes with pictures normalised as for the network, as there; both work in full size.
    draft.put((*path, "type"), "ecc-normalised" if tracker == "tracktor" else "ecc", motion.where("type"))
    draft.put((*path, "motion"), _WARPS[warp], motion.where("warp_mode"))
    move_all(motion, path, [Move("num_iters", "iterations", 50), Move("stop_eps", "epsilon", 0.001)])
    if tracker != "tracktor":
        draft.put((*path, "downscale"), 1)
    motion.remark("", "warps are found in the original picture here, in the network's scaled one there")
