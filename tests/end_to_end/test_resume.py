"""A run that was stopped continues, and ends as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Slow enough to be caught in the middle: images are rendered for the video writer.
SLOW = ["-o", "dataset.sequences=4", "-o", "dataset.frames=150", "-o", 'writers=[{type="mot-text"},{type="video"}]']


@contextmanager
def _running(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has finished its first sequence and is in the middle of another."""
    command = [sys.executable, "-m", "vtcore", "run", "experiment.toml", *SLOW, *words]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            results = folder / "runs/experiment/results"
            while not ((results / "SYN-01.txt").exists() and list(results.glob("*.partial"))):
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline, "the first sequence never ended"
                time.sleep(0.005)
            yield process
        finally:
            process.kill()


def test_a_killed_run_resumes_to_the_same_bytes(experiment: Path, vtcore) -> None:
    whole = vtcore("run", experiment.name, *SLOW, "-o", "run.output=runs/whole")
    assert whole.returncode == 0, whole.stderr
    with _running(experiment.parent) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    folder = experiment.parent / "runs/experiment"
    assert list((folder / "results").glob("*.partial"))
    assert not (folder / "metrics.json").exists()
    first = (folder / "results/SYN-01.txt").stat()
    done = vtcore("run", experiment.name, *SLOW, "--resume")
    assert done.returncode == 0, done.stderr
    assert (folder / "results/SYN-01.txt").stat().st_mtime_ns == first.st_mtime_ns
    assert not list(folder.glob("*/*.partial"))
    for path in [*(experiment.parent / "runs/whole/results").iterdir()]:
        assert (folder / "results" / path.name).read_bytes() == path.read_bytes()
    assert (folder / "metrics.json").read_bytes() == (experiment.parent / "runs/whole/metrics.json").read_bytes()


def test_a_killed_run_of_a_tracker_that_persists_resumes_to_the_same_bytes(experiment: Path, vtcore) -> None:
    persisting = [*SLOW, "-o", "tracker.persist=true"]
    whole = vtcore("run", experiment.name, *persisting, "-o", "run.output=runs/whole")
    assert whole.returncode == 0, whole.stderr
    with _running(experiment.parent, "-o", "tracker.persist=true") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    folder, wanted = experiment.parent / "runs/experiment", experiment.parent / "runs/whole"
    first = (folder / "results/SYN-01.txt").stat()
    done = vtcore("run", experiment.name, *persisting, "--resume")
    assert done.returncode == 0, done.stderr
    assert (folder / "results/SYN-01.txt").stat().st_mtime_ns == first.st_mtime_ns
    names = {path.name for path in (wanted / "results").iterdir()}
    for name in names:
        assert (folder / "results" / name).read_bytes() == (wanted / "results" / name).read_bytes()
    assert {path.stem for path in (folder / "state").iterdir()} == {Path(name).stem for name in names}
    # Ids go on where those of the sequence before ended.
    last, then = (
        {int(line.split(",")[1]) for line in (folder / f"results/SYN-0{number}.txt").read_text().splitlines()}
        for number in (1, 2)
    )
    assert 1 in last
    assert max(then) > max(last)
    assert 1 not in then - last


def test_what_went_on_from_a_sequence_is_tracked_again_with_it(experiment: Path, vtcore) -> None:
    words = ["run", experiment.name, "-o", "tracker.persist=true"]
    assert vtcore(*words).returncode == 0
    results = experiment.parent / "runs/experiment/results"
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in results.glob("*.txt")}
    (results / "SYN-02.txt").unlink()
    done = vtcore(*words, "--resume")
    assert done.returncode == 0, done.stderr
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in results.glob("*.txt")}
    assert {name: content for name, (content, _) in after.items()} == {name: old for name, (old, _) in before.items()}
    assert {name for name in before if after[name] == before[name]} == {"SYN-01.txt"}


def test_ctrl_c_ends_cleanly_and_says_how_to_continue(experiment: Path, vtcore) -> None:
    with _running(experiment.parent) as process:
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    command = errors.strip().splitlines()[-1].partition("continue with: ")[2]
    assert command.startswith("vtcore run experiment.toml")
    import shlex

    done = vtcore(*shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr


def test_ctrl_c_in_the_first_sequence_says_how_to_continue_too(experiment: Path, vtcore) -> None:
    command = [sys.executable, "-m", "vtcore", "run", experiment.name, *SLOW, "-o", "dataset.frames=2000"]
    with subprocess.Popen(command, cwd=experiment.parent, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            video = experiment.parent / "runs/experiment/videos/SYN-01.webm.partial"
            while not video.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, "the first sequence never began"
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "no sequence was finished; continue with: vtcore run experiment.toml" in errors
    assert errors.rstrip().endswith("--resume")
    done = vtcore("run", experiment.name, "--resume", "-o", "dataset.frames=5")
    assert done.returncode == 0, done.stderr


def test_ctrl_c_does_not_wait_for_a_slow_detector(experiment: Path) -> None:
    slow = "import pathlib, time\ndef find(image):\n    pathlib.Path('busy').touch()\n    time.sleep(60)\n"
    (experiment.parent / "eyes.py").write_text(slow)
    words = ["-o", "detector.replace=true", "-o", "detector.type=function", "-o", "detector.function=eyes:find"]
    command = [sys.executable, "-m", "vtcore", "run", experiment.name, *words]
    with subprocess.Popen(command, cwd=experiment.parent, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not (experiment.parent / "busy").exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, "the detector never began"
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "continue with: vtcore run experiment.toml" in errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "holds a run already; add --resume to continue it, --overwrite to replace it"),
        (("--resume", "-o", "tracker.high_threshold=0.7"), "the run there had another tracker.high_threshold"),
    ],
)
def test_a_folder_with_a_run_is_refused(experiment: Path, vtcore, words: tuple[str, ...], message: str) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    before = (experiment.parent / "runs/experiment/metrics.json").stat().st_mtime_ns
    done = vtcore("run", experiment.name, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (experiment.parent / "runs/experiment/metrics.json").stat().st_mtime_ns == before


def test_overwrite_starts_again(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    done = vtcore("run", experiment.name, "--overwrite", "-o", "dataset.sequences=1")
    assert done.returncode == 0, done.stderr
    results = experiment.parent / "runs/experiment/results"
    assert {path.name.partition(".")[0] for path in results.iterdir()} == {"SYN-01"}


def test_resume_of_a_finished_run_changes_nothing(experiment: Path, vtcore) -> None:
    assert vtcore("run", experiment.name).returncode == 0
    metrics = experiment.parent / "runs/experiment/metrics.json"
    before = metrics.read_bytes()
    assert vtcore("run", experiment.name, "--resume").returncode == 0
    assert metrics.read_bytes() == before


def test_a_folder_of_something_else_is_not_touched(experiment: Path, vtcore) -> None:
    folder = experiment.parent / "runs/experiment"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("years of work")
    done = vtcore("run", experiment.name, "--overwrite")
    assert done.returncode == 2
    assert "not empty, and holds no run" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
