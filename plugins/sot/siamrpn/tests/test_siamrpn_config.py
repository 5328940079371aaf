from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vtcore.host import plugin_host
from vtrack_plugin_siamrpn.config import SiamRpnConfig

HERE = Path(__file__).resolve().parents[1]
EXPERIMENTS = sorted(path.stem for path in (HERE / "src/vtrack_plugin_siamrpn/experiments").glob("*.toml"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"ratios": ()}, "ratios: must hold at least one number"),
        ({"scales": (8.0, 0.0)}, "scales: must be > 0"),
        ({"search_size": 100}, r"search_size: must be >= template_size \(127\), got 100"),
        ({"template_size": 256}, r"search_size: must be >= template_size \(256\), got 255"),
        ({"lost_search_size": 64}, r"lost_search_size: must be >= template_size \(127\), got 64"),
        ({"confidence_high": 0.5}, r"confidence_high: must be >= confidence_low \(0.85\), got 0.5"),
        ({"window_influence": 1.5}, "window_influence: must be <= 1, got 1.5"),
        ({"convention": "opencv"}, "convention: must be one of 'pysot', 'mmtracking', got 'opencv'"),
    ],
)
def test_options_out_of_bounds(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SiamRpnConfig(**options)


def test_it_needs_pictures_and_targets_and_weights(tmp_path: Path) -> None:
    config = SiamRpnConfig(weights=str(tmp_path / "gone.pth"))
    assert config.needs == {"image", "targets"}
    assert any("weights" in problem for problem in config.check())
    assert any("none are given" in problem for problem in SiamRpnConfig().check())


def test_experiments_are_there() -> None:
    wanted = {"otb100", "vot2018", "uav123", "lasot", "trackingnet", "search-otb100", "vot2018-lt"}
    assert wanted <= set(EXPERIMENTS)
    assert sorted(plugin_host().experiments("siamrpn")) == EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_are_right(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("vtrack_plugin_sot_metrics", reason="vtrack-plugin-sot-metrics is not installed")
    pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")
    from vtcore.experiments import load_experiment

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = load_experiment(f"siamrpn:{name}", sweep=name.startswith("search-"))
    assert experiment.tracker.component.name == "siamrpn"
    options = experiment.tracker.config
    assert options.weights.startswith(str(tmp_path))
    assert options.long_term is name.endswith("-lt")
    assert options.search_size == (287 if "alexnet" in name else 255)
    assert (options.convention == "mmtracking") is ("siamese_rpn" in options.weights)
