"""``vtcore cache``: computing, listing and removing, as typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore import cli
from vtcore.detection_cache import DetectionCache
from vtcore.detection_cache.entry_writer import EntryWriter

for _package in ("vtrack_datasets", "vtrack_plugin_classic"):
    pytest.importorskip(_package, reason=f"{_package} is not installed")

EXPERIMENT = """\
[dataset]
type = "synthetic"
sequences = 2
frames = 8
width = 192
height = 160
classes = ["object"]

[detector]
type = "background-subtraction"

[tracker]
type = "bytetrack"

[[metrics]]
type = "hota"
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vtcore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``vtcore`` with these words in an empty folder; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    Path("x.toml").write_text(EXPERIMENT)

    def run(*words: str) -> tuple[int, str, str]:
        status = cli.main(list(words))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_computed_once(vtcore: Command, tmp_path: Path) -> None:
    status, output, errors = vtcore("cache", "x.toml")
    assert (status, errors) == (0, "")
    rows = [line for line in output.splitlines() if "SYN-" in line]
    assert len(rows) == 2
    assert all("computed in" in row for row in rows)
    assert output.splitlines()[-1].endswith(f" kB in {tmp_path / 'cache'}")
    assert vtcore("cache", "x.toml")[1].count("was there already") == 2
    assert vtcore("cache", "x.toml", "--force")[1].count("computed in") == 2
    assert vtcore("cache", "x.toml", "-o", "tracker.high_threshold=0.7")[1].count("was there already") == 2
    assert vtcore("cache", "x.toml", "-o", "detector.history=10")[1].count("computed in") == 2
    assert vtcore("cache", "x.toml", "-o", "run.max_frames=4")[1].count("was there already") == 2
    assert not Path("runs").exists()


def test_a_run_replays_it(vtcore: Command) -> None:
    vtcore("cache", "x.toml")
    status, output, _ = vtcore("run", "x.toml", "-o", "metrics=[]")
    assert status == 0
    assert "note: detections of 2 sequences replayed from cache" in output


def test_another_folder(vtcore: Command, tmp_path: Path) -> None:
    assert "in other" in vtcore("cache", "x.toml", "--folder", "other", "-o", "run.sequences=['SYN-02']")[1]
    assert not (tmp_path / "cache").exists()
    assert vtcore("cache", "--list", "--folder", "other")[1].count("SYN-02") == 1
    assert vtcore("cache", "x.toml", "--folder", "other", "--quiet") == (0, "", "")


def test_the_folder_without_a_variable(vtcore: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VTCORE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert DetectionCache().folder == tmp_path / "xdg" / "vtcore"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert DetectionCache().folder == tmp_path / "home" / ".cache" / "vtcore"


def test_list(vtcore: Command, tmp_path: Path) -> None:
    assert vtcore("cache", "--list") == (0, f"0 entries, 0 B, in {tmp_path / 'cache'}\n", "")
    assert json.loads(vtcore("cache", "--list", "--json")[1]) == []
    vtcore("cache", "x.toml")
    unfinished = EntryWriter(tmp_path / "cache/detections/hog/0/SYN-01-1-all")
    _, output, _ = vtcore("cache", "--list")
    assert "unfinished" in output
    assert output.splitlines()[-1].startswith("3 entries, ")
    (entry,) = [entry for entry in json.loads(vtcore("cache", "--list", "--json")[1]) if entry["sequence"] == "SYN-02"]
    assert (entry["detector"], entry["frames"], entry["complete"]) == ("background-subtraction", 8, True)
    (Path(entry["folder"]) / "about.json").write_text("{}")
    assert "│ SYN-02 (damaged) " in vtcore("cache", "--list")[1]
    unfinished.abandon()


def test_every_entry_is_a_line_of_a_narrow_terminal(vtcore: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    vtcore("cache", "x.toml", "--quiet")
    vtcore("cache", "x.toml", "--quiet", "-o", "detector.history=10")
    rows = [line for line in vtcore("cache", "--list")[1].splitlines() if "background-subtraction" in line]
    assert len(rows) == 4
    assert all("SYN-0" in row for row in rows)
    # Entries by other options can be told apart.
    assert len({row.split("│")[-2] for row in rows}) == 2


def test_prune(vtcore: Command, tmp_path: Path) -> None:
    vtcore("cache", "x.toml")
    old, used = (entry.folder for entry in DetectionCache().entries())
    long_ago = time.time() - 10 * 86_400
    for folder in (old, used):
        for file in folder.iterdir():
            os.utime(file, (long_ago, long_ago))
    vtcore("run", "x.toml", "-o", "metrics=[]", "-o", "run.sequences=['SYN-02']")
    running = EntryWriter(tmp_path / "cache/detections/hog/0/SYN-01-1-all")
    assert vtcore("cache", "--prune", "11")[1].startswith("removed 0 entries, 0 B")
    assert vtcore("cache", "--prune", "9")[1].startswith("removed 1 entry, ")
    assert [entry.folder for entry in DetectionCache().entries() if entry.finished] == [used]
    (used / "about.json").write_text("{}")
    assert vtcore("cache", "--prune", "100")[1].startswith("removed 1 entry, ")
    (unfinished,) = DetectionCache().entries()
    running.abandon()
    assert unfinished.state == "unfinished"


def test_clear(vtcore: Command, tmp_path: Path) -> None:
    vtcore("cache", "x.toml")
    EntryWriter(tmp_path / "cache/detections/hog/0/SYN-01-1-all").abandon()
    assert vtcore("cache", "--clear")[1].startswith("removed 2 entries, ")
    assert DetectionCache().entries() == []
    assert not list((tmp_path / "cache").rglob("*.npy"))
    assert vtcore("cache", "x.toml")[1].count("computed in") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name an experiment whose detections to compute, or --list, --prune DAYS or --clear"),
        (("x.toml", "--clear"), "--clear is about the whole cache: leave out 'x.toml'"),
        (("x.toml", "--prune", "0"), "--prune is about the whole cache: leave out 'x.toml'"),
        (
            ("x.toml", "-o", "detector.type=given"),
            "-o detector.type=given: detector: detections cannot be cached: detector 'given' is never cached: its "
            "config says so",
        ),
        (("x.toml", "-o", "detector={replace=true}"), "detections cannot be cached: the experiment has no detector"),
        (("x.toml", "-o", "dataset.classes=['cat']"), "the detector finds object; the data has cat"),
        (("nowhere.toml",), "there is no file 'nowhere.toml'"),
        (("x.toml", "--folder", "x.toml"), "detections cannot be stored: Not a directory"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(vtcore: Command, words: tuple[str, ...], message: str) -> None:
    status, _, errors = vtcore("cache", *words)
    assert status == 2
    assert message in errors
    assert errors.count("vtcore: error: ") == len(errors.splitlines()) <= 2


def test_a_damaged_sequence_keeps_the_others(vtcore: Command, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(3):
            cv2.imwrite(f"images/{name}/{number}.png", np.full((64, 64, 3), number, np.uint8))
    Path("images/a/1.png").write_bytes(Path("images/a/1.png").read_bytes()[:50])
    Path("y.toml").write_text('[dataset]\ntype = "images"\npath = "images"\n[detector]\ntype = "hog"\n')
    status, output, errors = vtcore("cache", "y.toml")
    assert status == 2
    assert errors.startswith("vtcore: error: images/a/1.png: is cut off")
    assert [row.split()[1] for row in output.splitlines() if "computed in" in row] == ["b"]
    assert [entry.about["sequence"]["name"] for entry in DetectionCache().entries()] == ["b"]


def test_a_killed_command_leaves_nothing_that_counts(tmp_path: Path, vtcore: Command) -> None:
    command = [sys.executable, "-m", "vtcore", "cache", "x.toml", "-o", "dataset.frames=100000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "cache").glob("detections/*/*/*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    assert [entry.state for entry in DetectionCache().entries()] == ["unfinished"]
    assert vtcore("cache", "x.toml")[1].count("computed in") == 2
    assert vtcore("cache", "--clear")[1].startswith("removed 3 entries, ")


def test_ctrl_c_cleans_up(vtcore: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtrack_plugin_classic.background_subtraction import BackgroundSubtractionDetector

    def interrupted(self: Any, frames: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(BackgroundSubtractionDetector, "detect", interrupted)
    status, _, errors = vtcore("cache", "x.toml")
    assert (status, "interrupted" in errors) == (130, True)
    assert DetectionCache().entries() == []


def test_an_experiment_to_be_swept_is_detected_first(vtcore: Command) -> None:
    Path("x.toml").write_text(EXPERIMENT.replace('"bytetrack"', '["bytetrack", "sort"]'))
    status, output, errors = vtcore("cache", "x.toml")
    assert (status, errors) == (0, "")
    assert output.count("computed in") == 2
    status, output, errors = vtcore("cache", "x.toml", "-o", "detector.history=[40,10]")
    assert (status, errors.splitlines()) == (
        0,
        ["note: detector.history is swept; detections are computed with the value of the experiment only"],
    )
    assert output.count("computed in") == 2


@pytest.mark.parametrize("days", ["abc", "-1", "nan"])
def test_days_that_are_none(vtcore: Command, days: str) -> None:
    status, _, errors = vtcore("cache", f"--prune={days}")
    assert status == 2
    assert f"argument --prune: must be {'a number of' if days == 'abc' else '>= 0'} days, got" in errors
