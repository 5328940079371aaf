"""A plugin with components for every type of field, and experiments written into a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore.errors import ExperimentError
from vtcore.experiments import Experiment, load_experiment
from vtcore.host import PluginHost

FAKE_CONFIG = Path(__file__).with_name("fake_config.py").read_text()

FAKE_PLUGIN = """
from vtcore.components import Component, Kind

def component(kind, name, config):
    return Component(kind, name, f"fake_pairs.config:{config}", "fake_pairs.targets:Anything", "For tests.")

@hookimpl
def vtcore_kinds():
    return [Kind("motion", "fake_pairs.config:Motion", "Moves things.")]

@hookimpl
def vtcore_datasets():
    return [component("dataset", "folder", "FolderConfig")]

@hookimpl
def vtcore_trackers():
    return [component("tracker", "pairs", "PairsConfig"), component("tracker", "heavy", "HeavyConfig"),
            component("tracker", "unloadable", "NoSuchConfig")]

@hookimpl
def vtcore_detectors():
    return [component("detector", "blobs", "EmptyConfig")]

@hookimpl
def vtcore_metrics():
    return [component("metric", "hota", "EmptyConfig"), component("metric", "clear", "EmptyConfig")]

@hookimpl
def vtcore_components():
    return [component("motion", "walk", "WalkConfig"), component("motion", "jump", "JumpConfig")]
"""

SHIPPED = {
    "experiments/base.toml": '[tracker]\ntype = "pairs"\nmax_age = 7\n',
    "experiments/full.toml": 'extends = ["base.toml"]\n\n[dataset]\ntype = "folder"\n',
}


@pytest.fixture
def host(fake_site: Any) -> PluginHost:
    """A host with the core's components and those of a plugin named ``pairs``."""
    fake_site.add("pairs", FAKE_PLUGIN, files={"config.py": FAKE_CONFIG, **SHIPPED})
    found: PluginHost = fake_site.discover()
    return found


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write files into the working directory, which is a folder of the test's own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write_files(**files: str) -> None:
        for name, text in files.items():
            Path(f"{name}.toml").write_text(text)

    return write_files


@pytest.fixture
def load(host: PluginHost, write: Callable[..., None]) -> Callable[..., Experiment]:
    """Load an experiment from text, as ``x.toml`` in the working directory."""

    def load_text(text: str, *overrides: str) -> Experiment:
        write(x=text)
        return load_experiment("x.toml", overrides, host=host)

    return load_text


@pytest.fixture
def problems(load: Callable[..., Experiment]) -> Callable[..., list[str]]:
    """Load an experiment that is wrong, and return its problems as lines."""

    def problems_of(text: str, *overrides: str) -> list[str]:
        with pytest.raises(ExperimentError) as caught:
            load(text, *overrides)
        return str(caught.value).splitlines()

    return problems_of
