"""Models of MMTracking and MMDetection that have no counterpart here, or one of a part of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vtcore.migration import Migration

Migrated = Callable[..., Migration]


def test_a_model_that_is_not_here_gives_no_experiment(migrated: Migrated) -> None:
    migration = migrated("masktrack")
    assert (migration.outcome, migration.tables) == ("none", {})
    (problem,) = migration.unmapped
    assert "MaskTrackRCNN (video instance segmentation" in problem.message
    assert problem.line == 2


@pytest.mark.parametrize("kind", ["DFF", "FGFA", "SELSA"])
def test_video_object_detection_is_told_of(changed: Migrated, kind: str) -> None:
    migration = changed("masktrack", f"model = dict(type='{kind}')\n")
    assert migration.outcome == "none"
    assert "video object detection" in migration.unmapped[0].message


def test_a_network_for_looks_alone_is_a_part(migrated: Migrated) -> None:
    migration = migrated("reid", checkpoint="r.pth")
    assert migration.outcome == "part"
    assert migration.tables["reid"] == {"type": "resnet50-reid", "weights": "r.pth"}
    assert {problem.key for problem in migration.unmapped} == {"data.test.type", "evaluation.metric"}


def test_a_detector_alone(migrated: Migrated) -> None:
    migration = migrated("base/yolox", checkpoint="y.pth")
    assert migration.tables["detector"] == {
        "type": "yolox",
        "weights": "y.pth",
        "size": "x",
        "min_score": 0.01,
        "nms_threshold": 0.65,
        "preset": "megvii",
        "input_size": [640, 640],
    }
    assert [problem.key for problem in migration.unmapped] == ["test_evaluator[0].type"]


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("sort", "model = dict(tracker=dict(sparkle=3))", "model.tracker.sparkle"),
        ("sort", "model = dict(tracker=dict(type='MyTracker'))", "model.tracker.type"),
        ("sort", "model = dict(detector=dict(type='RetinaNet'))", "model.detector.type"),
        ("sort", "model = dict(detector=dict(backbone=dict(type='ResNeXt')))", "model.detector.type"),
        ("sort", "model = dict(detector=dict(backbone=dict(deep_stem=True)))", "model.detector.backbone.deep_stem"),
        ("sort", "model = dict(detector=dict(backbone=dict(whirl=1)))", "model.detector.backbone.whirl"),
        ("sort", "model = dict(detector=dict(neck=dict(type='PAFPN')))", "model.detector.type"),
        (
            "sort",
            "model = dict(detector=dict(test_cfg=dict(rcnn=dict(nms=dict(type='soft_nms')))))",
            "model.detector.test_cfg.rcnn.nms.type",
        ),
        (
            "sort",
            "model = dict(detector=dict(rpn_head=dict(bbox_coder=dict(clip_border=True))))",
            "model.detector.rpn_head.bbox_coder.clip_border",
        ),
        ("sort", "model = dict(motion=dict(type='MyMotion'))", "model.motion[0].type"),
        ("sort", "model = dict(wings=2)", "model.wings"),
        ("deepsort", "model = dict(reid=dict(backbone=dict(depth=18)))", "model.reid.type"),
        ("deepsort", "model = dict(reid=dict(neck=dict(kernel_size=(7, 7))))", "model.reid.neck.kernel_size"),
        ("tracktor", "model = dict(motion=dict(warp_mode='cv2.MOTION_HOMOGRAPHY'))", "model.motion[0].warp_mode"),
        (
            "bytetrack",
            "model = dict(detector=dict(backbone=dict(widen_factor=2.0)))",
            "model.detector.backbone.deepen_factor",
        ),
        ("siamrpn", "model = dict(backbone=dict(type='AlexNet'))", "model.backbone.type"),
        ("siamrpn", "model = dict(test_cfg=dict(rpn=dict(lr='fast' + quick)))", "model.test_cfg.rpn.lr"),
        ("sort", "model = dict(tracker=dict(match_iou_thr=0.5 if fast else 0.4))", "model.tracker.match_iou_thr"),
        ("sort", "from x import LEAST\nmodel = dict(tracker=dict(match_iou_thr=LEAST))", "model.tracker.match_iou_thr"),
        ("sort", "custom_imports = dict(imports=['mine'])", "custom_imports"),
        ("sort", "model = dict(tracker=dict(match_iou_thr={}))", "model.tracker.match_iou_thr"),
    ],
)
def test_what_has_no_counterpart_is_told_with_its_place(changed: Migrated, name: str, text: str, key: str) -> None:
    migration = changed(name, f"\n\n{text}\n")
    found = {problem.key: problem for problem in migration.unmapped}
    assert key in found, [str(problem) for problem in migration.unmapped]
    assert migration.outcome == "part"
    line = found[key].line
    assert line in (4, 5) or not str(found[key].file).endswith("changed.py")
