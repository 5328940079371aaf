"""A small sweep on rendered sequences."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from vtcore.experiments import Experiment, load_experiment
from vtcore.sweeps import Sweep

TABLES: dict[str, Any] = {
    "dataset": {"type": "synthetic", "sequences": 2, "frames": 25, "width": 160, "height": 120, "objects": 4},
    "detector": {"type": "given"},
    "tracker": {"type": "bytetrack"},
    "metrics": [{"type": "hota"}, {"type": "clear"}, {"type": "identity"}],
    "sweep": {"parameters": {"tracker": {"high_threshold": [0.5, 0.6, 0.7], "track_buffer": [10, 30]}}},
}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Tables of the experiment, to change; the working directory and the cache are new folders."""
    for package in ("vtrack_datasets", "vtrack_plugin_bytetrack", "vtrack_plugin_mot_metrics"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    return copy.deepcopy(TABLES)


@pytest.fixture
def load(tables: dict[str, Any]) -> Callable[..., Experiment]:
    """Load the experiment with some tables replaced, and with overrides."""

    def loaded(changes: Mapping[str, Any] | None = None, **overrides: Any) -> Experiment:
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        return load_experiment({**tables, **(changes or {})}, dotted, sweep=True)

    return loaded


@pytest.fixture
def swept(load: Callable[..., Experiment]) -> Callable[..., Sweep]:
    """Sweep the experiment with some changes, and return the sweep."""

    def made(
        changes: Mapping[str, Any] | None = None, *, jobs: int = 1, resume: bool = False, **overrides: Any
    ) -> Sweep:
        sweep = Sweep(load(changes, **overrides), jobs=jobs, output="sweep")
        sweep.execute(resume=resume)
        return sweep

    return made
