"""What data sets, pictures, scores and refinements become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vtcore.migration import Migration

Migrated = Callable[..., Migration]


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("", {"type": "mot-challenge", "root": "data/MOT17", "split": "train", "half": "second"}),
        (
            "data = dict(test=dict(ann_file='M20/annotations/test_cocoformat.json', img_prefix='M20/test'))",
            {"type": "mot-challenge", "root": "M20", "split": "test"},
        ),
        (
            "data = dict(test=dict(ann_file='d/annotations/half-train_cocoformat.json', img_prefix='d/train/'))",
            {"type": "mot-challenge", "root": "d", "split": "train", "half": "first"},
        ),
        (
            "data = dict(test=dict(type='DanceTrackDataset', ann_file='d/a/val_cocoformat.json', img_prefix='d/val'))",
            {"type": "mot-challenge", "root": "d", "split": "val"},
        ),
        (
            "data = dict(test=dict(ann_file='own.json', img_prefix='own'))",
            {"type": "coco-video", "annotations": "own.json", "root": "own"},
        ),
        (
            "data = dict(test=dict(type='TaoDataset', ann_file='t/a.json', img_prefix='t/val/'))",
            {"type": "coco-video", "annotations": "t/a.json", "root": "t/val"},
        ),
        (
            "data = dict(test=dict(type='CocoDataset', ann_file='c/annotations/instances_val2017.json'))",
            {"type": "coco", "root": "c", "split": "val2017", "targets": "all"},
        ),
        (
            "data = dict(test=dict(type='ImagenetVIDDataset', ann_file='I/annotations/imagenet_vid_val.json', "
            "img_prefix='I/Data/VID'))",
            {"type": "imagenet-vid", "root": "I", "split": "val", "targets": "all"},
        ),
    ],
)
def test_data_sets(changed: Migrated, text: str, dataset: dict[str, Any]) -> None:
    migration = changed("sort", f"{text}\n")
    assert migration.tables["dataset"] == dataset
    assert [problem.key for problem in migration.unmapped if problem.key != "evaluation.metric"] == []


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("", {"type": "lasot", "root": "data/lasot/LaSOTBenchmark", "split": "test"}),
        ("type='GOT10kDataset', img_prefix='g'", {"type": "got10k", "root": "g", "split": "test"}),
        ("type='TrackingNetDataset', img_prefix='t'", {"type": "trackingnet", "root": "t", "split": "test"}),
        ("type='OTB100Dataset', img_prefix='o'", {"type": "otb100", "root": "o", "subset": "tb100"}),
        ("type='UAV123Dataset', img_prefix='u'", {"type": "uav123", "root": "u"}),
        ("type='VOTDataset', dataset_type='vot2018', img_prefix='v'", {"type": "vot", "root": "v"}),
    ],
)
def test_data_sets_of_single_targets(changed: Migrated, text: str, dataset: dict[str, Any]) -> None:
    migration = changed("siamrpn", f"data = dict(test=dict({text}))\n")
    assert migration.tables["dataset"] == dataset
    assert migration.outcome == "full"


def test_scores_of_single_targets(migrated: Migrated, changed: Migrated) -> None:
    ope = {"type": "ope", "convention": "mmtracking"}
    assert migrated("siamrpn").tables["metrics"] == [{**ope, "exclude_invisible": True}]
    assert changed("siamrpn", "data = dict(test=dict(only_eval_visible=False))\n").tables["metrics"] == [ope]
    got = migrated("mixformer").tables
    assert got["metrics"] == [{"type": "got10k"}]
    assert got["writers"] == [{"type": "mot-text"}, {"type": "track-times"}]
    assert "metrics" not in migrated("stark").tables


def test_the_protocol_of_vot(migrated: Migrated, changed: Migrated) -> None:
    tables = migrated("siamrpn_vot").tables
    assert tables["protocol"] == {"type": "vot-reset", "polygon_box": "equal-area"}
    assert tables["metrics"] == [{"type": "vot", "year": 2019}]
    longer = changed("siamrpn_vot", "data = dict(test=dict(dataset_type='vot2018_lt'))\n")
    assert [problem.key for problem in longer.unmapped] == ["data.test.dataset_type"]
    assert "metrics" not in longer.tables


def test_scores_of_tracks(migrated: Migrated) -> None:
    tables = migrated("sort").tables
    assert tables["metrics"] == [{"type": "hota"}, {"type": "clear"}, {"type": "identity"}]
    assert tables["writers"] == [{"type": "mot-text"}]


def test_scores_of_tracks_go_with_the_data_set(changed: Migrated) -> None:
    """There ``track`` means what the data set makes of it."""
    own = "data = dict(test=dict(type='CocoVideoDataset', ann_file='own.json', img_prefix='own'))\n"
    assert changed("sort", own).tables["metrics"] == [{"type": "clear"}, {"type": "identity"}]
    tao = changed("sort", "data = dict(test=dict(type='TaoDataset', ann_file='t/a.json', img_prefix='t/val/'))\n")
    assert "metrics" not in tao.tables
    assert [problem.message for problem in tao.unmapped] == [
        "track: of TaoDataset that is an average precision of tracks; no metric here measures that"
    ]


def test_threshold_of_scores(changed: Migrated) -> None:
    tables = changed("sort", "evaluation = dict(track_iou_thr=0.7, interval=2, save_best='MOTA')\n").tables
    assert tables["metrics"] == [
        {"type": "hota"},
        {"type": "clear", "threshold": 0.7},
        {"type": "identity", "threshold": 0.7},
    ]


def test_scores_and_refiners_of_mmdetection(migrated: Migrated) -> None:
    tables = migrated("strongsort").tables
    assert tables["dataset"] == {"type": "mot-challenge", "root": "data/MOT20", "split": "train"}
    assert tables["metrics"] == [{"type": "hota"}, {"type": "identity", "threshold": 0.4}]
    assert tables["refiners"] == [
        {
            "type": "aflink",
            "weights": "https://example.org/link.pth",
            "temporal_threshold": [0, 30],
            "spatial_threshold": 50.0,
            "confidence_threshold": 0.9,
            "per_class": False,
            "compat": "mmdetection",
        },
        {"type": "gaussian-smoothing", "max_gap": 18, "min_length": 6, "tau": 12.0, "compat": "mmdetection"},
    ]
    assert tables["run"] == {"seed": 6}


def test_formatting_alone_scores_nothing(changed: Migrated) -> None:
    tables = changed("strongsort", "test_evaluator = dict(format_only=True, outfile_prefix='x')\n").tables
    assert "metrics" not in tables
    assert tables["writers"] == [{"type": "mot-text"}]


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("sort", "data = dict(test=dict(type='MyDataset'))", "data.test.type"),
        ("sort", "data = dict(test=dict(sparkle=1))", "data.test.sparkle"),
        ("sort", "data = dict(test=dict(classes='names.txt'))", "data.test.classes"),
        ("sort", "data = dict(test=dict(ref_img_sampler=dict(num_ref_imgs=30)))", "data.test.ref_img_sampler"),
        ("sort", "data = dict(test=dict(ann_file=['a.json', 'b.json']))", "data.test.ann_file"),
        ("sort", "data = dict(test=dict(pipeline=[dict(type='Blur')]))", "data.test.pipeline[0].type"),
        (
            "sort",
            "data = dict(test=dict(pipeline=[dict(type='Resize', img_scale=[(4, 5), (6, 7)])]))",
            "data.test.pipeline[0].img_scale",
        ),
        (
            "sort",
            "data = dict(test=dict(pipeline=[dict(type='MultiScaleFlipAug', flip=True, transforms=[])]))",
            "data.test.pipeline[0].flip",
        ),
        ("sort", "data = dict(test=dict(pipeline=[dict(type='Normalize', mean='x')]))", "data.test.pipeline[0].mean"),
        ("sort", "evaluation = dict(metric='mAP')", "evaluation.metric"),
        ("sort", "evaluation = dict(track_kwargs=dict(nproc=1))", "evaluation.track_kwargs"),
        (
            "sort",
            "data = dict(test=dict(interpolate_tracks_cfg=dict(curve=2)))",
            "data.test.interpolate_tracks_cfg.curve",
        ),
        ("strongsort", "test_evaluator = dict(metric=['HOTA', 'VACE'])", "test_evaluator[0].metric"),
        ("strongsort", "test_evaluator = dict(_delete_=True, type='TAOMetric')", "test_evaluator[0].type"),
    ],
)
def test_what_has_no_counterpart_is_told(changed: Migrated, name: str, text: str, key: str) -> None:
    migration = changed(name, f"{text}\n")
    assert key in [problem.key for problem in migration.unmapped]


def test_training_and_logging_are_left_out_by_name(migrated: Migrated) -> None:
    left = migrated("sort").left_out
    assert left == {"training": ("optimizer",), "logging and the process": ("log_level",)}


def test_no_data_set_is_told(changed: Migrated) -> None:
    migration = changed("sort", "data = None\n")
    assert [problem.message for problem in migration.unmapped] == ["the config has no data set to test on"]
