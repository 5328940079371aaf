"""A plugin with a small tracker of targets, installed for one test as pip would, so that other processes find it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vtcore.experiments import Experiment, load_experiment
from vtcore.host import plugin_host

_PLUGIN = """
def _component(kind, name, config, target):
    return Component(kind, name, f"fake_targets.config:{config}", f"fake_targets.components:{target}", "For tests.")


@hookimpl
def vtcore_trackers():
    return [
        _component("tracker", "template", "TemplateConfig", "Template"),
        _component("tracker", "self-made", "SelfMadeConfig", "SelfMade"),
    ]


@hookimpl
def vtcore_datasets():
    return [_component("dataset", "film", "FilmConfig", "FilmDataset")]


@hookimpl
def vtcore_metrics():
    return [_component("metric", "overlap", "OverlapConfig", "Overlap")]
"""

TABLES: dict[str, Any] = {
    "dataset": {"type": "film"},
    "tracker": {"type": "template"},
    "metrics": [{"type": "overlap"}],
    "run": {"report": False},
}


@pytest.fixture
def targets_plugin(fake_site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the plugin; the working directory is a new folder."""
    folder = Path(__file__).parent / "fake_targets"
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    assert fake_site.add("targets", _PLUGIN, files=files) == "fake_targets"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    plugin_host.cache_clear()
    yield tmp_path
    plugin_host.cache_clear()


@pytest.fixture
def load(targets_plugin: Path) -> Callable[..., Experiment]:
    """Load an experiment with the small tracker, some tables replaced, and with overrides."""

    def loaded(changes: dict[str, Any] | None = None, *, sweep: bool = False, **overrides: Any) -> Experiment:
        tables = copy.deepcopy(TABLES) | (changes or {})
        tables = {name: table for name, table in tables.items() if table is not None}
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        return load_experiment(tables, dotted, sweep=sweep)

    return loaded
