"""The folder of a run: who may write to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vtcore.errors import ResumeError
from vtcore.runs.folder import RunFolder

RESOLVED: dict[str, Any] = {"tracker": {"type": "sort", "max_age": 1}, "run": {"output": "a", "prefetch": 8}}
TOML = '[tracker]\ntype = "sort"\nmax_age = 1\n\n[run]\noutput = "a"\nprefetch = 8\n'


@pytest.fixture
def started(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.claim(TOML, RESOLVED, resume=False, overwrite=False)
    (folder.results / "one.txt").write_text("1")
    return folder


def test_a_new_folder_holds_the_experiment(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "deep" / "run")
    folder.claim(TOML, RESOLVED, resume=False, overwrite=False)
    assert (folder.path / "experiment.toml").read_text() == TOML
    assert not folder.holds_run()


def test_a_run_that_wrote_nothing_yet_is_no_obstacle(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    for _ in range(2):
        folder.claim(TOML, RESOLVED, resume=False, overwrite=False)


def test_a_run_is_not_written_over(started: RunFolder) -> None:
    with pytest.raises(ResumeError, match=r"holds a run already; add --resume .* --overwrite .*run\.output"):
        started.claim(TOML, RESOLVED, resume=False, overwrite=False)
    assert (started.results / "one.txt").exists()


def test_overwrite_removes_what_a_run_wrote_and_nothing_else(started: RunFolder) -> None:
    (started.path / "notes.txt").write_text("mine")
    (started.path / "metrics.json").write_text("{}")
    started.claim(TOML, RESOLVED, resume=False, overwrite=True)
    assert sorted(path.name for path in started.path.iterdir()) == ["experiment.toml", "notes.txt", "results"]
    assert not list(started.results.iterdir())


def test_resume_of_the_same_experiment(started: RunFolder) -> None:
    moved = {**RESOLVED, "run": {"output": "b", "prefetch": 2}}
    started.claim(TOML, moved, resume=True, overwrite=False)
    assert (started.results / "one.txt").exists()


def test_resume_of_another_experiment_names_the_keys(started: RunFolder) -> None:
    changed = {"tracker": {"type": "sort", "max_age": 2}, "run": {"output": "a", "prefetch": 8, "seed": 1}}
    with pytest.raises(ResumeError, match=r"had another run\.seed, tracker\.max_age|tracker\.max_age, run\.seed"):
        started.claim(TOML, changed, resume=True, overwrite=False)


def test_resume_of_a_damaged_experiment_file(started: RunFolder) -> None:
    (started.path / "experiment.toml").write_text("[tracker")
    with pytest.raises(ResumeError, match=r"experiment\.toml: cannot be read: .*--overwrite"):
        started.claim(TOML, RESOLVED, resume=True, overwrite=False)


def test_resume_leaves_finished_files_and_nothing_half_written(started: RunFolder) -> None:
    (started.results / "two.txt.partial").write_text("")
    started.claim(TOML, RESOLVED, resume=True, overwrite=False)
    assert [path.name for path in started.results.iterdir()] == ["one.txt"]


def test_folders_of_other_writers_are_known_to_whoever_comes_after(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim(TOML, RESOLVED, resume=False, overwrite=False, folders=["results", "times", "a/b"])
    for name in ("results", "times", "a/b"):
        (folder.path / name).mkdir(parents=True, exist_ok=True)
        (folder.path / name / "one.txt").write_text("1")
        (folder.path / name / "two.txt.partial").write_text("")
    folder.claim(TOML, RESOLVED, resume=True, overwrite=False)
    assert not list(folder.path.rglob("*.partial"))
    assert len(list(folder.path.rglob("one.txt"))) == 3
    changed = {**RESOLVED, "tracker": {"type": "bytetrack"}}
    folder.claim(TOML, changed, resume=False, overwrite=True)
    assert not list(folder.path.rglob("one.txt"))


def test_nothing_outside_the_folder_is_removed_whatever_the_log_says(started: RunFolder) -> None:
    precious = started.path.parent / "precious"
    precious.mkdir()
    started.log("folder_claimed", folders=["../precious", str(precious), "", "."])
    (started.path / "notes.txt").write_text("mine")
    started.claim(TOML, RESOLVED, resume=False, overwrite=True)
    assert precious.is_dir()
    assert (started.path / "notes.txt").exists()


def test_the_log_survives_a_line_cut_short(started: RunFolder) -> None:
    started.log("first", number=1)
    with started.log._path.open("a") as file:
        file.write('{"event": "cut')
    assert [event["event"] for event in started.log.read()] == ["first"]


def test_contents_name_only_what_is_there(started: RunFolder) -> None:
    assert started.contents().keys() == {"results"}
    (started.path / "videos").mkdir()
    (started.path / "videos" / "one.mp4").write_text("")
    assert started.contents()["video"].name == "one.mp4"


def test_what_a_run_left_half_written_is_no_obstacle_and_leaves_no_trace(started: RunFolder) -> None:
    (started.results / "one.txt").rename(started.results / "one.txt.partial")
    started.log("run_started")
    changed = {**RESOLVED, "tracker": {"type": "bytetrack"}}
    started.claim("# another\n", changed, resume=False, overwrite=False)
    assert (started.path / "experiment.toml").read_text() == "# another\n"
    assert not list(started.results.iterdir())
    assert not started.log.read()


@pytest.mark.skipif(os.name != "posix", reason="rights of files are told apart on POSIX only")
def test_an_experiment_with_a_password_is_its_owners_alone(tmp_path: Path) -> None:
    toml = '[dataset]\ntype = "stream"\nurl = "rtsp://me:secret@camera/1"\n'
    folder = RunFolder(tmp_path / "run")
    folder.claim(toml, {}, resume=False, overwrite=False)
    assert (folder.path / "experiment.toml").read_text() == toml
    assert (folder.path / "experiment.toml").stat().st_mode & 0o077 == 0
