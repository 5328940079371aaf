"""`vtcore run` from the experiment to the report."""

from __future__ import annotations

import json
from pathlib import Path

import tomli

import vtcore as library


def test_a_run_fills_its_folder(experiment: Path, vtcore) -> None:
    done = vtcore("run", experiment.name)
    assert done.returncode == 0, done.stderr
    folder = experiment.parent / "runs" / "experiment"
    names = {f"SYN-0{number}{suffix}" for number in (1, 2, 3) for suffix in (".txt", ".jsonl", ".coco.json")}
    assert {path.name for path in (folder / "results").iterdir()} == names
    scores = json.loads((folder / "metrics.json").read_text())
    assert scores["hota"].keys() == {"COMBINED", "SYN-01", "SYN-02", "SYN-03"}
    assert 0.3 < scores["hota"]["COMBINED"]["HOTA"] < 1
    assert scores["clear"]["COMBINED"]["CLR_TP"] > 0
    assert "HOTA" in done.stdout
    assert "report.html" in done.stdout
    assert "HOTA" in (folder / "report.html").read_text()
    events = [json.loads(line)["event"] for line in (folder / "log.jsonl").read_text().splitlines()]
    assert events == ["run_started", *["sequence_finished"] * 3, "run_finished"]
    assert json.loads((folder / "versions.json").read_text())["plugins"].keys() >= {"vtrack-plugin-bytetrack"}


def test_the_saved_experiment_gives_the_same_run(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    first = experiment.parent / "runs" / "experiment"
    done = vtcore("run", first / "experiment.toml", "-o", "run.output=runs/again")
    assert done.returncode == 0, done.stderr
    second = experiment.parent / "runs" / "again"
    assert _bytes(first) == _bytes(second)


def test_what_show_prints_gives_the_same_run(experiment: Path, vtcore) -> None:
    overrides = ("-o", "tracker.high_threshold=0.5", "-o", "dataset.sequences=1")
    shown = vtcore("show", experiment.name, *overrides)
    assert shown.returncode == 0, shown.stderr
    (experiment.parent / "shown.toml").write_text(shown.stdout)
    assert tomli.loads(shown.stdout)["tracker"]["high_threshold"] == 0.5
    assert vtcore("run", experiment.name, *overrides, "-o", "run.output=runs/a").returncode == 0
    assert vtcore("run", "shown.toml", "-o", "run.output=runs/b").returncode == 0
    assert _bytes(experiment.parent / "runs/a") == _bytes(experiment.parent / "runs/b")


def test_eval_gives_the_numbers_of_the_run(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    done = vtcore("eval", "runs/experiment", "--dataset", experiment.name, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((experiment.parent / "runs/experiment/metrics.json").read_text())


def test_python_gives_the_same_as_the_command_line(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    run = library.run(experiment, overrides=["run.output=runs/python"])
    assert run.scores == json.loads((experiment.parent / "runs/experiment/metrics.json").read_text())
    assert _bytes(run.folder.path) == _bytes(experiment.parent / "runs/experiment")


def test_quiet_says_nothing(experiment: Path, vtcore) -> None:
    done = vtcore("run", experiment.name, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_the_chosen_sequences_and_frames(experiment: Path, vtcore) -> None:
    done = vtcore("run", experiment.name, "-o", 'run.sequences=["SYN-02"]', "-o", "run.max_frames=20")
    assert done.returncode == 0, done.stderr
    folder = experiment.parent / "runs/experiment"
    assert [path.name for path in (folder / "results").glob("*.jsonl")] == ["SYN-02.jsonl"]
    assert len((folder / "results/SYN-02.jsonl").read_text().splitlines()) == 20


def test_zero_scores_say_why(experiment: Path, vtcore) -> None:
    done = vtcore("run", experiment.name, "-o", "detector.min_score=2.0")
    assert done.returncode == 0, done.stderr
    assert "note: " in done.stdout
    assert "no results" in done.stdout.lower()


def _bytes(folder: Path) -> dict[str, bytes]:
    paths = [*sorted((folder / "results").iterdir()), folder / "metrics.json"]
    return {path.name: path.read_bytes() for path in paths}


def test_piped_scores_are_one_table_however_wide(experiment: Path, monkeypatch, capfd) -> None:
    from vtcore.cli import main

    monkeypatch.delenv("COLUMNS", raising=False)
    metrics = "[" + ",".join(f'{{type="{name}"}}' for name in ("hota", "clear", "identity", "count")) + "]"
    words = ["-o", f"metrics={metrics}", "-o", "dataset.frames=10", "-o", "run.report=false"]
    assert main(["run", experiment.name, *words]) == 0
    heading = capfd.readouterr().out.splitlines()[0]
    assert len(heading) > 80
    for field in ("HOTA", "MOTA", "IDF1"):
        assert field in heading
