"""Options, and what is told of them before anything is loaded; the shipped experiments."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtcore import load_experiment
from vtrack_plugin_reid import OSNetReId
from vtrack_plugin_reid.config import OSNetConfig, ResNet50ReIdConfig


def test_weights_are_looked_for(small):
    config = OSNetConfig(weights=str(small))
    assert list(config.check()) == []
    assert list(config.files()) == [str(small)]
    assert config.needs == {"image"}
    assert list(OSNetConfig(weights="nowhere.pth").check()) == ["weights: there is no file nowhere.pth"]
    assert list(ResNet50ReIdConfig().check()) == ['weights: none are given; write weights = "file or address"']


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size: must be >= 1, got 0"),
        ({"variant": "x"}, "variant: must be one of '', 'plain', 'ibn', 'ain', got 'x'"),
        ({"width": 0.0}, "width: must be > 0, got 0.0"),
        ({"std": (1.0, 0.0, 1.0)}, "std: must be > 0, got 0.0"),
        ({"size": (0, 128)}, "size: must be >= 16, got 0"),
        ({"crop": "gpu"}, "crop: must be one of 'auto', 'host', 'device', got 'gpu'"),
        ({"weights_sha256": "xyz"}, "weights_sha256: must be 8 to 64 hexadecimal digits, got 'xyz'"),
    ],
)
def test_options_out_of_bounds(small, options, message):
    with pytest.raises(ValueError, match="must") as caught:
        OSNetReId(str(small), **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("tracker", ["deepsort", "strongsort", "botsort", "deepocsort"])
def test_shipped_experiments_load(tracker: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("vtrack_datasets", "vtrack_plugin_mot_metrics", f"vtrack_plugin_{tracker}"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = load_experiment(f"reid:mot17-{tracker}")
    assert experiment.tracker.component.name == tracker
    assert experiment.reid.component.name == "osnet"
    assert experiment.reid.config.weights == f"{tmp_path}/weights/osnet_x0_25_msmt17.pth"
