"""A run with refiners: raw results stay, refined ones are scored and reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vtcore.mot_text import read_mot_text

REFINERS = ["-o", 'refiners=[{type="merge"},{type="gaussian-smoothing"}]']


@pytest.fixture(autouse=True)
def plugin() -> None:
    pytest.importorskip("vtrack_plugin_mot_refine", reason="vtrack-plugin-mot-refine is not installed")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_refined_results_are_scored(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name, "-o", "run.output=raw").returncode == 0
    done = vtcore("run", experiment.name, *REFINERS, "-o", "run.output=mended")
    assert done.returncode == 0, done.stderr
    raw, mended = experiment.parent / "raw", experiment.parent / "mended"
    assert files(mended / "results") == files(raw / "results")
    assert sorted(files(mended / "refined")) == ["SYN-01.txt", "SYN-02.txt", "SYN-03.txt"]
    assert not (raw / "refined").exists()
    scores = json.loads((mended / "metrics.json").read_text())
    assert (
        scores["clear"]["COMBINED"]["CLR_FN"]
        < json.loads((raw / "metrics.json").read_text())["clear"]["COMBINED"]["CLR_FN"]
    )
    assert scores == json.loads(vtcore("eval", "mended", "--json").stdout)
    rows = len(read_mot_text(mended / "refined/SYN-01.txt"))
    assert rows > len(read_mot_text(mended / "results/SYN-01.txt"))
    done = vtcore("refine", "raw", "--refiner", "merge", "--refiner", "gaussian-smoothing", "--output", "again")
    assert done.returncode == 0, done.stderr
    assert files(experiment.parent / "again") == files(mended / "refined")


def test_resume_refines_to_the_same_bytes(experiment: Path, vtcore) -> None:
    folder = experiment.parent / "runs/experiment"
    assert vtcore("run", experiment.name, *REFINERS).returncode == 0
    refined, metrics = files(folder / "refined"), (folder / "metrics.json").read_bytes()
    # As if killed in the middle of refining.
    (folder / "refined/SYN-02.txt").rename(folder / "refined/SYN-02.txt.partial")
    (folder / "refined/SYN-03.txt").unlink()
    (folder / "metrics.json").unlink()
    done = vtcore("run", experiment.name, *REFINERS, "--resume")
    assert done.returncode == 0, done.stderr
    assert files(folder / "refined") == refined
    assert (folder / "metrics.json").read_bytes() == metrics
    done = vtcore("run", experiment.name, "--resume")
    assert done.returncode == 2
    assert "the run there had another refiners" in done.stderr
    assert vtcore("run", experiment.name, "--overwrite").returncode == 0
    assert not (folder / "refined").exists()


def test_refiners_need_results_that_can_be_read(experiment: Path, vtcore) -> None:
    done = vtcore("run", experiment.name, *REFINERS, "-o", "metrics=[]", "-o", 'writers=[{type="video"}]')
    assert done.returncode == 2
    assert 'results are refined and scored from files (.txt, .jsonl, .coco.json); add one with type = "mot-text"' in (
        done.stderr
    )
