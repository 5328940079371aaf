"""Experiments made of configs of MMTracking and MMDetection are right for the installed plugins, and run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vtcore.cli import main
from vtcore.experiments import load_experiment
from vtcore.migration import Weights, migrate
from vtcore.preflight import preflight

SAMPLES = Path(__file__).parents[1] / "core" / "migration" / "samples"
NAMES = (
    *("sort", "deepsort", "deepsort_public", "tracktor", "qdtrack", "bytetrack", "ocsort", "strongsort"),
    *("siamrpn", "siamrpn_vot", "stark", "mixformer", "base/yolox"),
)
SMALL = """
_base_ = ['{base}']
model = dict(
    detector=dict(
        backbone=dict(depth=18),
        neck=dict(in_channels=[64, 128, 256, 512], out_channels=32),
        rpn_head=dict(in_channels=32, feat_channels=32),
        roi_head=dict(bbox_head=dict(in_channels=32, fc_out_channels=64)),
        init_cfg=dict(checkpoint='untrained.pth'),
    ),
    tracker=dict(obj_score_thr=0.0, match_iou_thr=0.6),
)
data = dict(test=dict(
    ann_file='data/annotations/half-val_cocoformat.json',
    img_prefix='data/train',
    interpolate_tracks_cfg=dict(min_num_frames=1, max_num_frames=4),
))
"""


@pytest.mark.parametrize("name", NAMES)
def test_only_data_and_weights_are_missing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    migration = migrate(SAMPLES / f"{name}.py", Weights(checkpoint="none.pth"))
    Path("experiment.toml").write_text(migration.to_toml())
    for distribution in migration.tables["requires"][1:]:
        package = distribution.replace("-", "_")
        pytest.importorskip(package, reason=f"{distribution} is not installed")
    found = preflight(load_experiment("experiment.toml", [], sweep=True)).findings
    keys = {finding.problem.key for finding in found if finding.severity == "error"}
    assert {key.rpartition(".")[2] for key in keys} <= {"weights", "root", "annotations"}
    assert any(key.startswith("dataset.") for key in keys)


@pytest.mark.slow
def test_a_migrated_experiment_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write_data(tmp_path / "data" / "train" / "street-1")
    _write_weights(tmp_path / "untrained.pth")
    Path("small.py").write_text(SMALL.format(base=SAMPLES / "sort.py"))
    assert main(["migrate", "small.py", "-o", "small.toml"]) == 0
    assert main(["run", "small.toml", "-o", "run.max_frames=4"]) == 0
    scores = json.loads(Path("runs/small/metrics.json").read_text())
    assert set(scores) == {"hota", "clear", "identity"}
    experiment = load_experiment("small.toml", [])
    assert experiment.resolved()["tracker"]["iou_threshold"] == 0.6
    rows = Path("runs/small/results/street-1.txt").read_text().splitlines()
    assert rows, "an untrained network must find something above a score of 0"


def _write_data(folder: Path) -> None:
    datasets = pytest.importorskip("vtrack_datasets.synthetic", reason="vtrack-datasets is not installed")
    import cv2

    (sequence,) = datasets.SyntheticDataset(sequences=1, frames=10, width=96, height=64, objects=2).sequences()
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname={folder.name}\nimDir=img1\nframeRate=30\nseqLength=10\nimWidth=96\nimHeight=64\nimExt=.jpg\n"
    )
    for frame in sequence.frames():
        cv2.imwrite(str(folder / "img1" / f"{frame.index + 1:06d}.jpg"), np.ascontiguousarray(frame.image))
    truth = sequence.annotations()
    rows = zip(truth.frames, truth.ids, truth.ltwh, strict=True)
    lines = [f"{frame + 1},{number}," + ",".join(map(str, box)) + ",1,1,1\n" for frame, number, box in rows]
    (folder / "gt" / "gt.txt").write_text("".join(lines))


def _write_weights(path: Path) -> None:
    for package in ("vtrack_plugin_faster_rcnn", "vtrack_plugin_sort", "vtrack_plugin_mot_metrics"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from vtrack_nets.faster_rcnn import FasterRcnn
    from vtrack_nets.fpn import FPN
    from vtrack_nets.resnet import ResNet
    from vtrack_nets.roi_head import RoIHead

    torch.manual_seed(0)
    heads = {"neck": FPN(out_channels=32), "roi_head": RoIHead(hidden_features=64)}
    torch.save({"state_dict": FasterRcnn(1, backbone=ResNet(depth=18), **heads).state_dict()}, path)
