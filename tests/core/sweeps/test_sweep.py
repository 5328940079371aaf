"""Sweeps as a whole: the folder, resuming, failing trials, processes that die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from vtcore.errors import DataError, ExperimentError, MissingPackageError, ResumeError, VtcoreError
from vtcore.experiments import load_experiment
from vtcore.host import plugin_host
from vtcore.sweeps import Sweep, Trial
from vtcore.sweeps.folder import SweepFolder
from vtcore.sweeps.space import Space
from vtcore.sweeps.workers import Workers

Swept = Callable[..., Sweep]
TPE = {"sweep": {"sampler": "tpe", "parameters": {"tracker": {"high_threshold": {"low": 0.4, "high": 0.8}}}}}


def _told(sweep: Sweep) -> list[tuple[Any, ...]]:
    """What trials tell, without their times."""
    return [(trial.number, dict(trial.parameters), trial.scores) for trial in sweep.trials]


def test_a_grid_leaves_everything_in_its_folder(swept: Swept) -> None:
    sweep = swept()
    assert [trial.number for trial in sweep.trials] == list(range(6))
    lines = [json.loads(line) for line in Path("sweep/trials.jsonl").read_text().splitlines()]
    assert [Trial.from_json(line) for line in lines] == sweep.trials
    assert lines[0]["parameters"] == {"tracker.high_threshold": 0.5, "tracker.track_buffer": 10}
    assert set(lines[0]["scores"]) == {"hota", "clear", "identity"}
    assert set(lines[0]["seconds"]) == {"prepare", "track", "score"}
    assert sorted(path.name for path in Path("sweep").iterdir()) == [
        *("best.toml", "experiment.toml", "report.html", "trials.jsonl"),
    ]
    best = sweep.best()
    assert best is not None
    assert best.values["hota.HOTA"] == max(trial.values["hota.HOTA"] for trial in sweep.trials)
    written = load_experiment("sweep/best.toml")
    assert written.sweep is None
    assert written.tracker is not None
    assert written.tracker.config.high_threshold == best.parameters["tracker.high_threshold"]
    assert load_experiment("sweep/experiment.toml").resolved() == sweep.experiment.resolved()


def test_two_processes_find_the_same(swept: Swept, load: Callable[..., Any]) -> None:
    alone = swept()
    together = Sweep(load(), jobs=2, output="together")
    seen: list[int] = []
    together.execute(watch=lambda trial: seen.append(trial.number))
    assert _told(together) == _told(alone)
    assert sorted(seen) == list(range(6))


def test_resuming_repeats_nothing_and_changes_nothing(swept: Swept, load: Callable[..., Any]) -> None:
    pytest.importorskip("optuna")
    whole = Sweep(load(TPE, sweep__trials=14), output="whole")
    whole.execute()
    swept(TPE, sweep__trials=11)
    resumed = swept(TPE, sweep__trials=14, resume=True)
    assert _told(resumed) == _told(whole)
    lines = Path("sweep/trials.jsonl").read_text().splitlines()
    assert len(lines) == 14
    again = swept(TPE, sweep__trials=14, resume=True)
    assert _told(again) == _told(whole)


def test_what_gives_other_scores_by_now_is_not_continued(swept: Swept) -> None:
    data = Path("data/train/one")
    (data / "det").mkdir(parents=True)
    (data / "gt").mkdir()
    rows = [f"{frame},{{}},{3 * frame},10,20,40,1,1,1" for frame in range(1, 21)]
    (data / "det/det.txt").write_text("\n".join(row.format(-1) for row in rows))
    (data / "gt/gt.txt").write_text("\n".join(row.format(1) for row in rows))
    (data / "seqinfo.ini").write_text(
        "[Sequence]\nname=one\nimDir=img1\nframeRate=30\nseqLength=20\nimWidth=640\nimHeight=480\nimExt=.jpg\n"
    )
    changes = {"dataset": {"type": "mot-challenge", "root": "data", "split": "train"}}
    swept(changes, sweep__trials=3)
    before = Path("sweep/trials.jsonl").read_bytes()
    (data / "det/det.txt").write_text("\n".join(row.format(-1) for row in rows[:15]))
    with pytest.raises(
        ResumeError, match=r"^sweep: trial 0 had hota\.HOTA 0\.9.*, and gives hota\.HOTA 0\..* now: data,"
    ):
        swept(changes, resume=True)
    assert Path("sweep/trials.jsonl").read_bytes() == before
    (data / "det/det.txt").write_text("\n".join(row.format(-1) for row in rows))
    assert len(swept(changes, resume=True).trials) == 6


def test_a_line_cut_short_is_tried_again(swept: Swept) -> None:
    whole = swept()
    path = Path("sweep/trials.jsonl")
    path.write_bytes(path.read_bytes()[:-40])
    assert [trial.number for trial in SweepFolder("sweep").read()] == [0, 1, 2, 3, 4]
    assert _told(swept(resume=True)) == _told(whole)
    assert len(path.read_text().splitlines()) == 6


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_a_trial_that_was_lost_between_others_is_tried_again(swept: Swept, sampler: str) -> None:
    whole = swept(sweep__sampler=sampler, sweep__trials=4)
    path = Path("sweep/trials.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    # With two jobs, a kill can lose the second while the third is done.
    path.write_text("".join((lines[0], lines[2])))
    assert _told(swept(sweep__sampler=sampler, sweep__trials=4, resume=True)) == _told(whole)


NO_NUMBER = (
    "hota.HOTA is no number: its metric finds nothing to compute it from in these data as they are tracked; change the "
    "metric's options, or judge by another score (sweep.metrics), such as hota.DetA, hota.AssA, hota.LocA, "
    "clear.MOTA"
)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_score_that_is_no_number_fails_its_trial_only(
    swept: Swept, monkeypatch: pytest.MonkeyPatch, value: float | None
) -> None:
    from vtcore.sweeps.runner import Outcome, TrialRunner

    run = TrialRunner.run

    def without(self: TrialRunner, values: Any) -> Outcome:
        outcome = run(self, values)
        if values["tracker.high_threshold"] == 0.6:
            outcome.scores["hota"]["COMBINED"]["HOTA"] = value
        return outcome

    monkeypatch.setattr(TrialRunner, "run", without)
    sweep = swept()
    assert [trial.error for trial in sweep.trials] == ["", "", *[NO_NUMBER] * 2, "", ""]
    assert SweepFolder("sweep").read()[2].scores["hota"]["HOTA"] is None


def test_a_folder_is_refused_before_anything_is_detected(swept: Swept, monkeypatch: pytest.MonkeyPatch) -> None:
    swept()

    def detect(*_: Any) -> None:
        raise AssertionError("detecting may take hours")

    monkeypatch.setattr("vtcore.sweeps.replay.Replay._detect", detect)
    with pytest.raises(ResumeError, match=r"^sweep: holds a sweep already"):
        swept()


def test_a_folder_left_by_a_kill_while_it_was_made_is_used(swept: Swept) -> None:
    Path("sweep").mkdir()
    Path("sweep/trials.jsonl.partial").touch()
    assert len(swept().trials) == 6


def test_a_damaged_line_is_refused(swept: Swept) -> None:
    swept()
    path = Path("sweep/trials.jsonl")
    path.write_text(path.read_text().replace("{", "(", 1))
    with pytest.raises(DataError, match=r"trials\.jsonl:1: is not the line of a trial \(.*; start again with"):
        swept(resume=True)


def test_a_folder_is_not_overwritten_by_mistake(swept: Swept, load: Callable[..., Any]) -> None:
    swept()
    with pytest.raises(ResumeError, match=r"^sweep: holds a sweep already; add --resume to go on with it, --overwrite"):
        swept()
    with pytest.raises(ResumeError, match=r"the sweep there had another sweep\.parameters\.tracker\.high_threshold"):
        swept({"sweep": {"parameters": {"tracker": {"high_threshold": [0.5], "track_buffer": [10, 30]}}}}, resume=True)
    sweep = Sweep(load(sweep__trials=2), output="sweep")
    sweep.execute(overwrite=True)
    assert len(sweep.trials) == 2
    Path("other").mkdir()
    Path("other/notes.txt").touch()
    with pytest.raises(ResumeError, match=r"^other: not empty, and holds no sweep"):
        Sweep(load(), output="other").execute(overwrite=True)


def test_a_trial_that_fails_stops_nobody(swept: Swept) -> None:
    sweep = swept({"sweep": {"parameters": {"tracker": {"low_threshold": [0.9, 0.1], "high_threshold": [0.5, 0.6]}}}})
    assert [trial.state for trial in sweep.trials] == ["failed", "failed", "done", "done"]
    assert sweep.trials[0].error == "tracker.low_threshold: must be <= high_threshold (0.5), got 0.9"
    report = Path("sweep/report.html").read_text()
    assert "trial 0 failed: tracker.low_threshold: must be &lt;= high_threshold (0.5), got 0.9" in report


def test_a_bug_in_one_setting_stops_nobody(swept: Swept, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtrack_plugin_bytetrack import ByteTrack

    reset = ByteTrack.reset

    def broken(self: Any, sequence: Any = None) -> None:
        if sequence is not None and self.config.high_threshold == 0.6:
            raise ZeroDivisionError("by zero")
        reset(self, sequence)

    monkeypatch.setattr(ByteTrack, "reset", broken)
    sweep = swept()
    assert [trial.error for trial in sweep.trials] == ["", "", *["ZeroDivisionError: by zero"] * 2, "", ""]


def test_a_bug_of_a_plugin_is_told_with_its_line(swept: Swept, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtrack_plugin_bytetrack import ByteTrack

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(ByteTrack, "_advance", broken)
    with pytest.raises(
        VtcoreError, match=r"tried: plugin 'common-mot' \(.*\) failed: ZeroDivisionError: by zero \(.*py:\d"
    ):
        swept({"sweep": {"parameters": {"tracker": {"low_threshold": [0.1]}}}})


def test_when_every_trial_fails_the_sweep_does(swept: Swept) -> None:
    with pytest.raises(VtcoreError, match=r"^no setting could be tried: tracker\.low_threshold: must be <= high"):
        swept({"sweep": {"parameters": {"tracker": {"low_threshold": [0.9, 0.8]}}}})
    assert len(SweepFolder("sweep").read()) == 2
    assert not Path("sweep/best.toml").exists()


def test_what_cannot_be_swept_is_refused(load: Callable[..., Any]) -> None:
    with pytest.raises(ExperimentError, match=r"sweep\.parameters: says nothing to try: give lists or ranges"):
        Sweep(load({"sweep": {}}))
    with pytest.raises(ExperimentError, match=r"a grid has no end with the range of 'tracker\.high_threshold'"):
        Sweep(load(TPE, sweep__sampler="grid"))


def test_trials_are_counted(load: Callable[..., Any]) -> None:
    assert Sweep(load()).plan.trials == 6
    assert Sweep(load(sweep__trials=4)).plan.trials == 4
    assert Sweep(load(TPE)).plan.trials == 100
    assert Sweep(load(sweep__sampler="random", sweep__trials=400)).plan.trials == 6
    assert str(Sweep(load(sweep__trials=4)).plan) == (
        "4 of 6 settings of tracker.high_threshold, tracker.track_buffer by grid"
    )


def test_optuna_is_named_where_it_is_missing(load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "vtcore.sweeps.tpe", raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackageError, match=r"the sampler 'tpe' needs optuna, .*: pip install 'vtcore\[sweep\]'"):
        Sweep(load(TPE), output="sweep").execute()
    assert not Path("sweep").exists()
    grid = Sweep(load(), output="sweep")
    grid.execute()
    assert len(grid.trials) == 6


def test_notes_tell_what_is_slow_or_left_out(swept: Swept) -> None:
    pytest.importorskip("vtrack_plugin_classic")
    data = {"type": "synthetic", "frames": 10, "width": 160, "height": 120, "classes": ["object"]}
    detector = {"type": "background-subtraction", "min_area": [0.0005, 0.002]}
    sweep = swept({"dataset": data, "detector": detector}, sweep__trials=2)
    assert "'detector.min_area' changes detections: they are made anew for each different value" in sweep.notes
    assert "2 of 12 settings are tried" in sweep.notes


def test_a_worker_that_dies_is_replaced(load: Callable[..., Any]) -> None:
    experiment = load()
    space = Space.of(experiment, plugin_host())
    tables = experiment.resolved()
    tables.pop("sweep")
    workers = Workers(tables, space, 1)
    try:
        values = space.values((0, 0))
        workers.submit(0, values)
        os.kill(workers._workers[0].process.pid or 0, signal.SIGKILL)
        number, outcome = workers.result()
        assert (number, outcome.error) == (0, "")
        assert outcome.scores["hota"]["COMBINED"]["HOTA"] > 0
    finally:
        workers.close()
    assert workers._workers == []


def test_a_worker_tells_why_it_cannot_read_the_data(load: Callable[..., Any]) -> None:
    experiment = load()
    space = Space.of(experiment, plugin_host())
    tables = experiment.resolved() | {"dataset": {"type": "mot-challenge", "root": "nowhere", "split": "train"}}
    workers = Workers({key: value for key, value in tables.items() if key != "sweep"}, space, 1)
    try:
        workers.submit(0, space.values((0, 0)))
        with pytest.raises(VtcoreError, match="nowhere"):
            workers.result()
    finally:
        workers.close()


def _started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start a long sweep on the command line, and wait until two trials are done."""
    command = [sys.executable, "-m", "vtcore", "sweep", "x.toml", "--jobs", "2", *words]
    # Where the tests themselves run in the background, a shell has made their children deaf to Ctrl-C.
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    path = folder / "trials.jsonl"
    while time.monotonic() < deadline and process.poll() is None:
        if path.exists() and path.read_text().count("\n") >= 2:
            return process
        time.sleep(0.02)
    process.kill()
    pytest.fail(f"no trial was done: {process.communicate()[1]}")


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("the children of a process are told by Linux only")
    return [int(child) for child in listed.read_text().split()]


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _long(load: Callable[..., Any]) -> Any:
    parameters = {"tracker": {"high_threshold": {"low": 0.2, "high": 0.9, "step": 0.01}}}
    experiment = load({"sweep": {"sampler": "grid", "parameters": parameters}})
    Path("x.toml").write_text(experiment.to_toml())
    return load_experiment("x.toml", sweep=True)


def test_killed_altogether_it_loses_only_what_was_under_way(load: Callable[..., Any]) -> None:
    experiment = _long(load)
    process = _started(Path("runs/experiment-sweep"))
    children = _children(process.pid)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while not all(map(_gone, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert all(map(_gone, children))
    folder = SweepFolder("runs/experiment-sweep")
    before = folder.read()
    assert 2 <= len(before) < 71
    sweep = Sweep(attrs.evolve(experiment), output=folder.path)
    sweep.execute(resume=True)
    assert [trial for trial in sweep.trials if trial in before] == before
    values = [trial.parameters["tracker.high_threshold"] for trial in sweep.trials]
    assert sorted(values) == [round(0.2 + 0.01 * index, 2) for index in range(71)]


def test_interrupted_it_tells_how_to_go_on(load: Callable[..., Any]) -> None:
    _long(load)
    process = _started(Path("runs/experiment-sweep"))
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "trials are kept; go on with: vtcore sweep x.toml --jobs 2 --resume" in errors
    assert "Traceback" not in errors
    assert Path("runs/experiment-sweep/best.toml").exists()
    assert Path("runs/experiment-sweep/report.html").exists()
