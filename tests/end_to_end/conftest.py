"""Runs of the command line in a process of its own, as users start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Vtcore = Callable[..., "subprocess.CompletedProcess[str]"]

EXPERIMENT = """
[dataset]
type = "synthetic"
sequences = 3
frames = 60
width = 160
height = 120
objects = 4

[detector]
type = "given"

[tracker]
type = "bytetrack"

[[metrics]]
type = "hota"

[[metrics]]
type = "clear"

[[writers]]
type = "mot-text"

[[writers]]
type = "json-lines"

[[writers]]
type = "coco-video"
"""


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small experiment in the working directory, which is a new folder."""
    for package in ("vtrack_datasets", "vtrack_plugin_bytetrack", "vtrack_plugin_mot_metrics"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture
def vtcore(tmp_path: Path) -> Vtcore:
    """Runs ``vtcore`` with the given words and returns what it printed."""

    def run(*words: object, limit_file_size: int | None = None) -> subprocess.CompletedProcess[str]:
        def prepare() -> None:
            import resource

            if limit_file_size is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file_size, limit_file_size))

        return subprocess.run(
            [sys.executable, "-m", "vtcore", *map(str, words)],
            cwd=tmp_path,
            env=os.environ | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            preexec_fn=prepare,
        )

    return run
