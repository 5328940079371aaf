"""Whole runs and searches by the experiments that come with the plugin, on a small sequence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from vtcore import api
from vtcore.experiments import load_experiment

pytest.importorskip("vtrack_plugin_sot_metrics", reason="vtrack-plugin-sot-metrics is not installed")
pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")

DRAWN = {
    "dataset.subset": "",
    "dataset.partial": True,
    "tracker.search_size": 207,
    "run.device": "cpu",
    "run.report": False,
}


@pytest.fixture
def data(make_network: Any, frames: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder of data sets and weights, with a sequence of OTB and one of VOT."""
    for folder, first, truth in (
        ("OTB100/Street", "img/0001.jpg", ("groundtruth_rect.txt", "60,50,40,30")),
        ("VOT2018/street", "00000001.jpg", ("groundtruth.txt", "60,50,100,50,100,80,60,80")),
    ):
        place = tmp_path / folder
        (place / first).parent.mkdir(parents=True)
        for frame in frames[:5]:
            image = (place / first).with_name(f"{frame.index + 1:0{len(Path(first).stem)}d}.jpg")
            cv2.imwrite(str(image), frame.image)
        (place / truth[0]).write_text(f"{truth[1]}\n" * 5)
    (tmp_path / "VOT2018/list.txt").write_text("street\n")
    for name in ("siamrpn_alex_dwxcorr_otb", "siamrpn_alex_dwxcorr"):
        (tmp_path / "weights" / name).mkdir(parents=True)
        torch.save(make_network().state_dict(), tmp_path / "weights" / name / "model.pth")
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_otb_in_one_pass(data: Path) -> None:
    api.run("siamrpn:otb100-alexnet", overrides=DRAWN | {"run.output": str(data / "run")})
    scores = json.loads((data / "run/metrics.json").read_text(encoding="utf-8"))
    assert 0 < scores["ope"]["COMBINED"]["AUC"] <= 1
    first = (data / "run/results/Street.txt").read_text().splitlines()[0]
    # Half a pixel to the right and down, as pysot's script starts it.
    assert first.split(",")[2:6] == ["60.50", "50.50", "40.00", "30.00"]


def test_whose_conventions_the_experiments_follow(data: Path) -> None:
    shifts = {
        name: 0.0 if experiment.protocol is None else getattr(experiment.protocol.config, "shift", 0.0)
        for name in ("otb100", "otb100-alexnet", "otb100-mmtracking", "vot2018-lt", "lasot", "uav123", "vot2018")
        for experiment in [load_experiment(f"siamrpn:{name}")]
    }
    assert shifts == {
        "otb100": 0.5,
        "otb100-alexnet": 0.5,
        "otb100-mmtracking": 0.0,
        "vot2018-lt": 0.5,
        "lasot": 0.0,
        "uav123": 0.0,
        "vot2018": 0.0,
    }
    visible = {
        name: load_experiment(f"siamrpn:{name}").metrics[0].config.exclude_invisible
        for name in ("lasot", "otb100-mmtracking", "uav123")
    }
    # MMTracking's configurations: only_eval_visible.
    assert visible == {"lasot": True, "otb100-mmtracking": False, "uav123": False}


def test_vot_with_starts_after_failures(data: Path) -> None:
    kept = {key: value for key, value in DRAWN.items() if key != "dataset.subset"}
    options = kept | {"run.output": str(data / "run"), "metrics.0.interval": [2, 4]}
    api.run("siamrpn:vot2018-alexnet", overrides=options)
    scores = json.loads((data / "run/metrics.json").read_text(encoding="utf-8"))
    assert 0 <= scores["vot"]["COMBINED"]["Accuracy"] <= 1


def test_search_tries_every_setting(data: Path) -> None:
    from vtcore.sweeps import Sweep

    options = DRAWN | {
        "tracker.weights": str(data / "weights/siamrpn_alex_dwxcorr_otb/model.pth"),
        "sweep.parameters.tracker.penalty_k": [0.0, 5.0],
        "sweep.parameters.tracker.lr": [0.1, 0.9],
        "sweep.parameters.tracker.window_influence": [0.0],
    }
    sweep = Sweep(load_experiment("siamrpn:search-otb100", options, sweep=True), output=str(data / "search"))
    sweep.execute()
    lines = [json.loads(line) for line in (data / "search/trials.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 4
    assert not any(line["error"] for line in lines)
    best = sweep.best()
    assert set(best.parameters) == {f"tracker.{name}" for name in ("penalty_k", "lr", "window_influence")}
    assert 0 < next(iter(best.values.values())) <= 1
    again = load_experiment(data / "search/best.toml", {"run.output": str(data / "best")})
    api.run(again)
    scores = json.loads((data / "best/metrics.json").read_text(encoding="utf-8"))
    np.testing.assert_allclose(scores["ope"]["COMBINED"]["AUC"], next(iter(best.values.values())), rtol=0, atol=1e-12)
