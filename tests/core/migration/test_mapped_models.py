"""What each model of MMTracking and MMDetection becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vtcore.migration import Migration

Migrated = Callable[..., Migration]


def kept(table: dict[str, Any], *without: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in without}


def test_faster_rcnn(migrated: Migrated) -> None:
    detector = migrated("sort").tables["detector"]
    assert detector == {
        "type": "faster-rcnn",
        "weights": "https://example.org/boxes.pth",
        "min_score": 0.5,  # the tracker's, since sort takes what it is given
        "nms_threshold": 0.5,
        "max_detections": 100,
        "clip_border": False,
        "scale": [1088, 1080],
        "pad_to": 32,
        "mean": [123.0, 116.0, 103.0],
        "std": [58.0, 57.0, 56.0],
        "channel_order": "rgb",
        "class_names": ["pedestrian"],
        "backbone": {"depth": 50, "out_indices": [0, 1, 2, 3], "style": "pytorch"},
        "neck": {"in_channels": [256, 512, 1024, 2048], "out_channels": 256, "levels": 5},
        "rpn": {
            "in_channels": 256,
            "hidden_channels": 256,
            "scales": [8.0],
            "ratios": [0.5, 1.0, 2.0],
            "strides": [4, 8, 16, 32, 64],
            "nms_pre": 900,
            "max_proposals": 800,
            "nms_threshold": 0.7,
            "min_size": 0.0,
        },
        "roi_head": {
            "roi_size": 7,
            "sampling_ratio": 0,
            "strides": [4, 8, 16, 32],
            "in_channels": 256,
            "hidden_features": 1024,
            "num_classes": 1,
            "class_agnostic": False,
            "stds": [0.1, 0.1, 0.2, 0.2],
        },
    }


def test_sort(migrated: Migrated) -> None:
    migration = migrated("sort")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "sort",
        "convention": "mmtracking",
        "per_class": False,
        "iou_threshold": 0.4,
    }
    assert "reid" not in migration.tables


def test_deepsort(migrated: Migrated) -> None:
    migration = migrated("deepsort")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "deepsort",
        "convention": "mmtracking",
        "metric": "euclidean",
        "per_class": False,
        "min_score": 0.45,
        "appearance_threshold": 1.5,
        "iou_threshold": 0.4,
        "min_hits": 2,
        "max_age": 100,
        "gallery": "mean",
        "gallery_size": 12,
        "gate": "box",
    }
    assert migration.tables["detector"]["min_score"] == 0.05
    assert migration.tables["reid"] == {
        "type": "resnet50-reid",
        "weights": "https://example.org/looks.pth",
        "compat": "mmtracking",
        "size": [256, 128],
        "mean": [123.0, 116.0, 103.0],
        "std": [58.0, 57.0, 56.0],
        "colours": "rgb",
        "detector_scale": [1088, 1080],
        "detector_mean": [123.0, 116.0, 103.0],
        "detector_std": [58.0, 57.0, 56.0],
        "detector_colours": "rgb",
    }


def test_deepsort_with_momentums_and_centres(changed: Migrated) -> None:
    text = "model = dict(motion=dict(center_only=True), tracker=dict(momentums=dict(embeds=0.25)))\n"
    tracker = changed("deepsort", text).tables["tracker"]
    assert (tracker["gallery"], tracker["appearance_momentum"], tracker["gate"]) == ("running-mean", 0.75, "position")
    assert "gallery_size" not in tracker


def test_public_detections_of_deepsort_are_told_of(migrated: Migrated) -> None:
    migration = migrated("deepsort_public")
    assert migration.outcome == "part"
    assert migration.tables["detector"] == {"type": "given"}
    (problem,) = migration.unmapped
    assert (problem.key, problem.line) == ("data.test.detection_file", 2)


def test_tracktor_with_a_search(migrated: Migrated) -> None:
    migration = migrated("tracktor")
    assert migration.outcome == "full"
    tracker = migration.tables["tracker"]
    assert kept(tracker, "detector", "reid") == {
        "type": "tracktor",
        "compat": "mmtracking",
        "new_track_threshold": 0.4,
        "keep_threshold": 0.55,
        "nms_threshold": 0.65,
        "duplicate_iou_threshold": 0.35,
        "appearance_threshold": 1.9,
        "iou_threshold": 0.25,
        "gallery_size": 9,
        "max_age": 11,
        "detections": "given",
        "camera_motion": {
            "type": "ecc-normalised",
            "motion": "affine",
            "iterations": 70,
            "epsilon": 1e-4,
            "mean": [123.0, 116.0, 103.0],
            "std": [58.0, 57.0, 56.0],
        },
    }
    assert tracker["detector"]["weights"] == "https://example.org/boxes.pth"
    assert tracker["reid"]["weights"] == "https://example.org/looks.pth"
    assert migration.tables["detector"] == {"type": "given"}
    assert migration.tables["sweep"] == {
        "parameters": {"tracker": {"new_track_threshold": [0.4, 0.6]}},
        "sampler": "grid",
        "metrics": ["clear.MOTA", "identity.IDF1"],
    }


def test_linear_motion(changed: Migrated) -> None:
    text = "model = dict(motion=dict(_delete_=True, type='LinearMotion', num_samples=3, center_motion=True))\n"
    tracker = changed("tracktor", text).tables["tracker"]
    assert (tracker["motion_samples"], tracker["motion_centre_only"]) == (3, True)
    assert tracker["camera_motion"] == {"type": "none"}


def test_qdtrack(migrated: Migrated) -> None:
    migration = migrated("qdtrack", checkpoint="q.pth")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "qdtrack",
        "compat": "mmtracking",
        "new_track_threshold": 0.85,
        "high_threshold": 0.45,
        "match_threshold": 0.55,
        "max_age": 31,
        "backdrop_frames": 2,
        "appearance_momentum": 0.3,
        "suppress_threshold": 0.6,
        "backdrop_iou_threshold": 0.25,
        "duplicate_iou_threshold": 0.75,
        "per_class": False,
        "metric": "cosine",
    }
    detector = migration.tables["detector"]
    assert (detector["type"], detector["weights"]) == ("qdtrack", "q.pth")
    assert (detector["detector"]["type"], detector["detector"]["weights"]) == ("faster-rcnn", "q.pth")
    assert detector["detector"]["backbone"]["style"] == "caffe"


def test_qdtrack_for_tao(changed: Migrated) -> None:
    text = """
model = dict(tracker=dict(
    _delete_=True, type='QuasiDenseTAOTracker', init_score_thr=0.0002, memo_frames=11, momentum_obj_score=0.4,
    obj_score_diff_thr=0.9, distractor_nms_thr=0.4, distractor_score_thr=0.6, match_with_cosine=False))
"""
    assert changed("qdtrack", text).tables["tracker"] == {
        "type": "qdtrack-tao",
        "compat": "mmtracking",
        "new_track_threshold": 0.0002,
        "min_score": 0.0001,
        "match_threshold": 0.5,
        "max_age": 11,
        "appearance_momentum": 0.2,
        "score_momentum": 0.6,
        "score_difference": 0.9,
        "distractor_iou_threshold": 0.4,
        "distractor_threshold": 0.6,
        "metric": "bisoftmax",
        "add_cosine": False,
    }


def test_bytetrack(migrated: Migrated) -> None:
    migration = migrated("bytetrack", checkpoint="b.pth")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "bytetrack",
        "convention": "mmtracking",
        "high_threshold": 0.65,
        "low_threshold": 0.15,
        "new_track_threshold": 0.75,
        "fuse_score": False,
        "match_threshold": 0.8,
        "second_match_threshold": 0.6,
        "unconfirmed_match_threshold": 0.65,
        "min_hits": 3,
        "track_buffer": 25,
    }
    assert migration.tables["detector"] == {
        "type": "yolox",
        "weights": "b.pth",
        "size": "x",
        "min_score": 0.02,
        "nms_threshold": 0.7,
        "preset": "mmdet",
        "input_size": [800, 1440],
        "class_names": ["pedestrian"],
    }
    assert migration.tables["refiners"] == [
        {"type": "linear-interpolation", "max_gap": 23, "min_length": 5, "compat": "mmtracking"}
    ]


def test_weights_where_training_began_are_not_those_of_the_tracker(migrated: Migrated) -> None:
    migration = migrated("bytetrack")
    assert migration.tables["detector"]["weights"] == ""
    assert any("--checkpoint or --detector" in problem.message for problem in migration.remarks)
    assert migrated("bytetrack", detector="d.pth").tables["detector"]["weights"] == "d.pth"


def test_ocsort(migrated: Migrated) -> None:
    assert migrated("ocsort").tables["tracker"] == {
        "type": "ocsort",
        "convention": "mmtracking",
        "per_class": False,
        "high_threshold": 0.35,
        "new_track_threshold": 0.72,
        "fuse_score": True,
        "iou_threshold": 0.31,
        "min_hits": 4,
        "inertia": 0.3,
        "delta_t": 2,
        "max_age": 29,
    }


def test_the_filter_of_mmtracking_1(changed: Migrated) -> None:
    """There it stands beside the tracker, as ``model.kalman``."""
    text = (
        "model = dict(tracker=dict(motion=None), kalman=dict(type='KalmanFilter', center_only=False, use_nsa=True))\n"
    )
    migration = changed("strongsort", text)
    assert (migration.tables["tracker"]["nsa"], migration.tables["tracker"]["gate"]) == (True, "box")
    assert "model.kalman" not in [problem.key for problem in migration.unmapped]


def test_strongsort(migrated: Migrated) -> None:
    migration = migrated("strongsort", detector="d.pth", reid="r.pth")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "strongsort",
        "convention": "mmtracking",
        "metric": "cosine",
        "per_class": True,
        "nsa": True,
        "gate": "position",
        "min_score": 0.65,
        "appearance_threshold": 0.3,
        "motion_weight": 0.03,
        "iou_threshold": 0.7,
        "min_hits": 2,
        "max_age": 90,
        "gallery": "running-mean",
        "appearance_momentum": 0.8,
        "camera_motion": {
            "type": "ecc",
            "motion": "euclidean",
            "iterations": 100,
            "epsilon": 1e-05,
            "downscale": 1,
        },
    }
    assert migration.tables["detector"]["weights"] == "d.pth"
    reid = migration.tables["reid"]
    assert (reid["weights"], reid["mean"], reid["colours"]) == ("r.pth", [123.0, 116.0, 103.0], "rgb")
    assert (reid["detector_mean"], reid["detector_std"], reid["detector_colours"]) == ([0.0] * 3, [1.0] * 3, "bgr")
    assert reid["detector_scale"] == [1600, 896]


def test_siamrpn(migrated: Migrated) -> None:
    migration = migrated("siamrpn", checkpoint="s.pth")
    assert migration.outcome == "full"
    assert migration.tables["tracker"] == {
        "type": "siamrpn",
        "convention": "mmtracking",
        "penalty_k": 0.05,
        "window_influence": 0.42,
        "lr": 0.38,
        "template_size": 127,
        "search_size": 255,
        "context_amount": 0.5,
        "center_size": 7,
        "stride": 8,
        "ratios": [0.33, 0.5, 1.0, 2.0, 3.0],
        "scales": [8.0],
        "weights": "s.pth",
    }
    assert migration.tables["run"] == {"seed": 1}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stark", {"type": "stark", "variant": "st2", "update_intervals": [25], "search_factor": 5.0}),
        ("mixformer", {"type": "mixformer", "update_interval": 10, "online_size": 2, "max_score_decay": 0.98}),
    ],
)
def test_weights_that_are_not_read_are_told_of(migrated: Migrated, name: str, options: dict[str, Any]) -> None:
    migration = migrated(name)
    tracker = migration.tables["tracker"]
    assert {key: tracker[key] for key in options} == options
    (problem,) = migration.unmapped
    assert problem.key == "model.type"
    assert "those of its authors are" in problem.message


def test_stark_without_a_score_is_of_the_first_stage(changed: Migrated) -> None:
    assert changed("stark", "model = dict(head=dict(cls_head=None))\n").tables["tracker"]["variant"] == "st1"
