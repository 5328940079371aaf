"""Small configs, written as those of MMTracking and MMDetection are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vtcore.migration import Migration, Weights, migrate

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def samples() -> Path:
    """The folder of the configs."""
    return SAMPLES


@pytest.fixture
def migrated() -> Callable[..., Migration]:
    """Migrate one of the samples, by name."""

    def run(name: str, **weights: str) -> Migration:
        return migrate(SAMPLES / f"{name}.py", Weights(**weights))

    return run


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Migration]:
    """Migrate a sample with statements added to it."""

    def run(name: str, text: str, **weights: str) -> Migration:
        path = tmp_path / "changed.py"
        path.write_text(f"_base_ = [{str(SAMPLES / name)!r} + '.py']\n".replace("' + '", "") + text)
        return migrate(path, Weights(**weights))

    return run
