"""``vtcore sweep``: what it prints, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtcore import cli

EXPERIMENT = """
[dataset]
type = "synthetic"
frames = 20
width = 160
height = 120
objects = 4

[detector]
type = "given"

[tracker]
type = "bytetrack"
high_threshold = [0.5, 0.6]
convention = ["original", "mmtracking"]

[[metrics]]
type = "hota"

[[metrics]]
type = "clear"
"""


@pytest.fixture(autouse=True)
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("vtrack_datasets", "vtrack_plugin_bytetrack", "vtrack_plugin_mot_metrics"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    Path("x.toml").write_text(EXPERIMENT)


def test_it_prints_the_best_and_the_front(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "x.toml", "-o", 'sweep.metrics=["hota.HOTA", "-clear.CLR_FP"]']) == 0
    output, errors = capsys.readouterr()
    assert "best: trial" in output
    assert "hota.HOTA" in output
    assert "tracker.convention" in output
    assert "Pareto front: " in output
    assert "of 4 trials" in output
    assert "best:     runs/x-sweep/best.toml" in output
    assert errors.startswith("trial 0: hota.HOTA ")


def test_the_command_line_limits_names_and_hushes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "x.toml", "--trials", "3", "--output", "here", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(Path("here/trials.jsonl").read_text().splitlines()) == 3
    assert cli.main(["sweep", "x.toml", "--output", "here", "--resume", "--quiet"]) == 0
    assert len(Path("here/trials.jsonl").read_text().splitlines()) == 4
    assert cli.main(["sweep", "x.toml", "--output", "here"]) == 2
    assert "here: holds a sweep already; add --resume" in capsys.readouterr().err


def test_failures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "x.toml", "-o", "tracker.low_threshold=[0.1, 0.55]"]) == 0
    told = capsys.readouterr().out
    assert "note: 2 of 8 trials failed; trial 2: tracker.low_threshold: must be <= high_threshold (0.5), got" in told


@pytest.mark.parametrize("words", [["--jobs", "0"], ["--trials", "-1"], ["--resume", "--overwrite"]])
def test_wrong_words(words: list[str]) -> None:
    assert cli.main(["sweep", "x.toml", *words]) == 2


def test_a_run_says_that_it_is_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "x.toml"]) == 2
    told = capsys.readouterr().err
    assert told.count("lists values to try, so the experiment is to be swept (vtcore sweep); to run it, give") == 2
    assert cli.main(["run", "x.toml", "-o", "tracker.high_threshold=0.5", "-o", "tracker.convention=original"]) == 0


def test_check_tells_what_would_be_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "x.toml"]) == 0
    assert capsys.readouterr().out.startswith(
        "x.toml is to be swept (vtcore sweep x.toml), 4 settings of tracker.high_threshold, tracker.convention by "
        "grid: 1 sequence, 20 frames; "
    )
    assert cli.main(["check", "x.toml", "-o", "sweep.metrics=[hta]"]) == 2
    assert cli.main(["check", "x.toml", "-o", 'sweep.metrics=["hta.HOTA"]']) == 2
    assert "the experiment has no metric 'hta'; did you mean 'hota'?" in capsys.readouterr().err


def test_show_moves_lists_to_the_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "x.toml"]) == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if line.startswith("high_threshold = [")]
    assert line.split("#")[1].strip() == "x.toml:14"
    Path("shown.toml").write_text(told)
    assert cli.main(["show", "shown.toml", "--plain"]) == 0
    again = capsys.readouterr().out
    assert cli.main(["show", "x.toml", "--plain"]) == 0
    assert capsys.readouterr().out == again


def test_numbers_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    for text, message in (("abc", "must be a whole number, got 'abc'"), ("0", "must be 1 or more, got 0")):
        assert cli.main(["sweep", "x.toml", "--trials", text]) == 2
        assert f"argument --trials: {message}" in capsys.readouterr().err


def test_a_failed_trial_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    values = ["-o", "tracker.low_threshold=[0.1,0.55]", "-o", "tracker.convention=original"]
    assert cli.main(["sweep", "x.toml", *values]) == 0
    (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert told.startswith("note: 1 of 4 trials failed; trial 1: ")
    assert len(told) > 80
