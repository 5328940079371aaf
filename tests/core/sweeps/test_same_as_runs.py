"""A trial's scores are those of a run with the same values, to the last digit."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vtcore
from vtcore.experiments import load_experiment
from vtcore.host import plugin_host
from vtcore.preflight import preflight
from vtcore.sweeps import Sweep
from vtcore.sweeps.runner import TrialRunner
from vtcore.sweeps.space import Space

DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "refined": {"refiners": [{"type": "linear-interpolation", "max_gap": [2, 10]}, {"type": "gaussian-smoothing"}]},
    "json lines": {"writers": [{"type": "json-lines"}]},
    "several classes": {
        "dataset": {"type": "synthetic", "frames": 25, "width": 160, "height": 120, "classes": ["car", "person"]}
    },
    "cut short": {"run": {"max_frames": 9, "report": False}},
    "camera motion": {
        "tracker": {"type": "botsort", "camera_motion": {"type": "sparse-flow"}},
        "sweep": {"parameters": {"tracker": {"high_threshold": [0.4, 0.6], "match_threshold": [0.7, 0.9]}}},
    },
    "detecting": {
        "dataset": {"type": "synthetic", "frames": 25, "width": 160, "height": 120, "classes": ["object"]},
        "detector": {"type": "background-subtraction", "min_area": [0.0005, 0.002]},
    },
    "trackers": {"sweep": {"parameters": {"tracker": {"type": ["bytetrack", "sort"]}}}},
    "tables": {"sweep": {"parameters": {"tracker": [{"type": "sort"}, {"high_threshold": 0.5}]}}},
    "trackers of which one looks at pictures": {
        "sweep": {
            "parameters": {"tracker": [{"type": "sort"}, {"type": "botsort", "camera_motion": {"type": "sparse-flow"}}]}
        }
    },
    "camera motion or none": {
        "tracker": {"type": "botsort", "camera_motion": {"type": "none"}},
        "sweep": {"parameters": {"tracker": {"camera_motion": {"type": ["none", "sparse-flow", "ecc"]}}}},
    },
    "given score": {"detector": {"type": "given", "min_score": [0.1, 0.6]}},
}


def _assert_like_runs(experiment: Any, settings: int | None = None) -> None:
    host = plugin_host()
    space = Space.of(experiment, host)
    runner = TrialRunner(experiment, space, preflight(experiment, host=host).sequences, host)
    tables = experiment.resolved()
    tables.pop("sweep")
    for number, places in enumerate(list(space.grid())[:settings]):
        values = space.values(places)
        outcome = runner.run(values)
        run = vtcore.run(space.applied(tables, values), overrides={"run.output": f"run-{number}"})
        assert not outcome.error
        written = json.loads((run.folder.path / "metrics.json").read_text())
        assert json.loads(json.dumps(outcome.scores)) == written, values


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_setting(variant: str, load: Callable[..., Any]) -> None:
    for package in ("vtrack_plugin_botsort", "vtrack_plugin_mot_refine", "vtrack_plugin_classic", "vtrack_plugin_sort"):
        pytest.importorskip(package)
    experiment = load({"run": {"report": False}, **VARIANTS[variant]})
    _assert_like_runs(experiment)


def test_the_best_experiment_gives_the_best_scores(swept: Callable[..., Sweep]) -> None:
    sweep = swept(sweep__metrics=["identity.IDF1", "-clear.CLR_FP"])
    best = sweep.best()
    assert best is not None
    run = vtcore.run("sweep/best.toml")
    assert run.scores is not None
    for metric, fields in best.scores.items():
        assert {name: run.scores[metric]["COMBINED"][name] for name in fields} == fields
    front = sweep.front()
    assert len(list(Path("sweep/pareto").iterdir())) == len(front)
    last = vtcore.run(f"sweep/pareto/{len(front):02}.toml")
    assert last.scores is not None
    assert last.scores["clear"]["COMBINED"]["CLR_FP"] == front[-1].values["clear.CLR_FP"]


@pytest.mark.data
def test_real_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (DATA / "mot17-frcnn").is_dir():
        pytest.skip(f"no reference data in {DATA} (VTCORE_REFERENCE_DATA)")
    monkeypatch.chdir(tmp_path)
    experiment = load_experiment(
        {
            "dataset": {"type": "mot-challenge", "root": str(DATA / "mot17-frcnn"), "split": "train"},
            "detector": {"type": "given"},
            "tracker": {"type": "bytetrack", "high_threshold": [0.45, 0.7], "match_threshold": [0.8, 0.9]},
            "metrics": [{"type": "hota"}, {"type": "clear"}, {"type": "identity"}, {"type": "count"}],
            "run": {"report": False},
        },
        sweep=True,
    )
    _assert_like_runs(experiment, settings=2)


class _Opened:
    """Counts how often files are opened, by the auditing of the interpreter."""

    def __init__(self) -> None:
        self.counts: dict[str, int] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: Any) -> None:
        if event == "open" and self.counts is not None and isinstance(arguments[0], str):
            self.counts[arguments[0]] = self.counts.get(arguments[0], 0) + 1


_OPENED = _Opened()


def _write_data(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / "train" / name / "det").mkdir(parents=True)
        (folder / "train" / name / "gt").mkdir()
        rows = [f"{frame},{{}},{10 * frame},10,20,40,0.9" for frame in range(1, 21)]
        (folder / "train" / name / "det" / "det.txt").write_text("\n".join(row.format(-1) for row in rows))
        truth = [f"{row.format(1).rpartition(',')[0]},1,1,1" for row in rows]
        (folder / "train" / name / "gt" / "gt.txt").write_text("\n".join(truth))
        (folder / "train" / name / "seqinfo.ini").write_text(
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate=30\nseqLength=20\nimWidth=640\nimHeight=480\nimExt=.jpg\n"
        )


@pytest.mark.parametrize("path", ["", "data/train/{sequence}/det/det.txt"])
def test_files_are_read_once_for_all_trials(path: str, swept: Callable[..., Sweep]) -> None:
    _write_data(Path("data"))
    changes = {
        "dataset": {"type": "mot-challenge", "root": "data", "split": "train"},
        "detector": {"type": "given", "path": path, "min_score": [0.1, 0.2, 0.3]},
    }
    _OPENED.counts = {}
    try:
        sweep = swept(changes)
        opened = {name: count for name, count in _OPENED.counts.items() if name.endswith((".txt", ".ini"))}
    finally:
        _OPENED.counts = None
    assert len(sweep.trials) == 18
    assert all(trial.is_done for trial in sweep.trials)
    assert len(opened) >= 6
    # The preflight looks at the annotations and detections; nobody after it reads them again.
    assert max(opened.values()) <= 2, opened
