"""The table [protocol]: what stands for it when it is left out, what is checked, and what is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore import cli
from vtcore.errors import ExperimentError
from vtcore.experiments import Experiment, load_experiment
from vtcore.preflight import preflight

Load = Callable[..., Experiment]

GIVEN = {"type": "given"}


def findings(experiment: Experiment) -> list[str]:
    return [f"{finding.severity}: {finding.problem}" for finding in preflight(experiment).findings]


def test_the_default_stands_for_trackers_of_targets_alone(load: Load) -> None:
    experiment = load()
    assert experiment.protocol is not None
    assert experiment.protocol.component.name == "one-pass"
    assert experiment.resolved()["protocol"] == {
        "type": "one-pass",
        "init": [],
        "file": "",
        "draw": False,
        "polygon_box": "enclosing",
        "shift": 0.0,
    }
    assert load_experiment(experiment.resolved()) == experiment
    assert load({"tracker": {"type": "self-made"}}).protocol is None
    assert load({"tracker": None, "detector": GIVEN}).protocol is None
    assert findings(experiment) == []


LATE = "started in frame 5, but only the first 3 are tracked"
RAISE = "; raise run.max_frames (--max-frames), or start earlier"


@pytest.mark.parametrize(
    ("text", "limit", "told"),
    [
        ("5,7,10,10,20,20\n", 3, [f"target 7 is {LATE}, so there are no results{RAISE}"]),
        ("1,0,10,10,20,20\n5,7,10,10,20,20\n", 3, [f"target 7 is {LATE}{RAISE}"]),
        ("4,1,1,1,5,5\n5,2,1,1,5,5\n1,3,1,1,5,5\n", 3, [f"2 targets are {LATE.replace('5', '4 or later')}{RAISE}"]),
        ("3,7,10,10,20,20\n", 3, []),
        ("5,7,10,10,20,20\n", 0, []),
        ("50,7,10,10,20,20\n", 3, ["error"]),
    ],
)
def test_targets_that_start_after_the_last_frame_that_is_tracked(
    load: Load, tmp_path: Path, text: str, limit: int, told: list[str]
) -> None:
    (tmp_path / "targets.txt").write_text(text)
    found = findings(load(protocol__file="targets.txt", run__max_frames=limit))
    if told == ["error"]:
        assert ["is started in frame 50, but sequence 'film0' has 8" in line for line in found] == [True]
        return
    assert found == [f"warning: override run.max_frames={limit}: run.max_frames: film0: {line}" for line in told]


def test_annotated_targets_are_told_of_when_none_starts_in_time(load: Load) -> None:
    def film(**options: int) -> dict[str, Any]:
        return {"dataset": {"type": "film", **options}}

    assert findings(load(film(targets=2, late=5), run__max_frames=3)) == []
    (line,) = findings(load(film(hidden=4), run__max_frames=3))
    assert f"film0: target 0 is {LATE}, so there are no results" in line


def test_toml_and_overrides(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "follow.toml"
    path.write_text(
        '[dataset]\ntype = "film"\n[tracker]\ntype = "template"\n[protocol]\ninit = [[40, 30, 16, 16]]\n',
        encoding="utf-8",
    )
    experiment = load_experiment(path)
    again = tmp_path / "again.toml"
    again.write_text(experiment.to_toml(), encoding="utf-8")
    assert load_experiment(again).resolved() == experiment.resolved()
    assert experiment.resolved()["protocol"]["init"] == [[40.0, 30.0, 16.0, 16.0]]
    assert load_experiment(path, ["protocol.init=[[1,2,3,4],[5,6,7,8]]"]).protocol.config.init[1] == (5, 6, 7, 8)
    # What is taken away is the default again.
    emptied = load_experiment({"extends": [str(path)], "protocol": {"replace": True}})
    assert emptied.resolved()["protocol"]["init"] == []


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ({"init": [[1, 2, 3]]}, "protocol.init: a box is four numbers, left, top, width, height, got 1, 2, 3"),
        ({"init": [[1, 2, -3, 4]]}, "protocol.init: width and height of a box must be above 0"),
        (
            {"init": [1, 2, 3, 4]},
            "protocol.init: must be a list of lists, got [1, 2, 3, 4]; a single one has two brackets: [[1, 2, 3, 4]]",
        ),
        ({"init": "1,2,3,4"}, "protocol.init: must be a list, got '1,2,3,4' (a string)"),
        ({"init": [[1, 2, 3, 4], 5]}, "protocol.init.1: must be a list, got 5 (an integer)"),
        ({"init": [[1, 2, "3", 4]]}, "protocol.init.0.2: must be a number, got '3'"),
        ({"init": [[1, 2, 3, 4]], "file": "a.txt"}, "protocol.file: the targets are told by init already"),
        ({"type": "two-pass"}, "protocol.type: unknown protocol 'two-pass'"),
        ({"boxes": []}, "protocol.boxes: unknown key"),
    ],
)
def test_wrong_tables(load: Load, protocol: dict[str, Any], message: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load({"protocol": protocol})
    (line,) = str(caught.value).splitlines()
    assert message in line


def test_who_is_handed_what_it_does_not_take(load: Load) -> None:
    assert findings(load({"detector": GIVEN, "dataset": {"type": "film"}}))[0].endswith(
        "detector: tracker 'template' follows the targets it is shown, and takes no detections; leave [detector] out "
        "(--detector, --detections, --classes and --min-score make one), or choose a tracker that needs detections"
    )
    warned = findings(load({"tracker": {"type": "self-made"}, "detector": {"type": "given", "path": __file__}}))
    assert warned == [
        "warning: detector: tracker 'self-made' takes no detections, so they are found for nobody; leave "
        "[detector] out (--detector, --detections, --classes and --min-score make one), or choose a tracker that "
        "needs detections"
    ]
    way_out = r"choose a tracker of targets \((?=.*'template').*\), or leave \[protocol\] \(--init, targets=\) out$"
    (told,) = findings(load({"tracker": {"type": "self-made"}, "protocol": {"type": "one-pass"}}))
    assert re.match(rf"error: protocol: shows targets, but tracker 'self-made' follows none; {way_out}", told)
    assert "self-made" not in told.partition("(")[2]
    alone = load({"tracker": None, "detector": {"type": "given", "path": __file__}, "protocol": {"type": "one-pass"}})
    told = findings(alone)[0]
    assert re.match(rf"error: protocol: shows targets, but there is no \[tracker\]; {way_out}", told)


def test_what_the_data_cannot_tell(load: Load, tmp_path: Path) -> None:
    bare = {"type": "film", "annotated": False}
    assert findings(load({"dataset": bare, "metrics": None})) == [
        "error: protocol: 'one-pass' needs annotations to tell the targets; sequence without: 'film0'; name them "
        "by init, file or draw of the protocol 'one-pass' (vtcore track --init, targets= in Python)"
    ]
    both = findings(load({"dataset": bare}))
    assert len(both) == 2
    assert "metrics.0: 'overlap' needs annotations" in both[1]
    assert findings(load({"dataset": bare, "metrics": None}, protocol__init=[[1, 2, 3, 4]])) == []
    assert findings(load({"dataset": {"type": "film", "targets": 0}})) == [
        "error: protocol: sequence 'film0' has no annotation that a target can be started from; leave it out with "
        "run.sequences, or name them by init, file or draw of the protocol 'one-pass' (vtcore track --init, targets= "
        "in Python)"
    ]


@pytest.mark.parametrize(
    ("dataset", "protocol", "message"),
    [
        (
            {"sequences": 5},
            {"init": [[1, 2, 3, 4]]},
            "protocol.init: tells the targets of one sequence, but there are 5 (film0, film1, film2, ...); choose one "
            'with run.sequences, or name a file for each: file = "targets/{sequence}.txt"',
        ),
        ({"sequences": 2}, {"file": "one.txt"}, "protocol.file: tells the targets of one sequence, but there are 2"),
        (
            {},
            {"init": [[200, 2, 3, 4]]},
            "protocol.init: target 0 at 200, 2, 3, 4 (left, top, width, height) lies outside the picture of sequence "
            "'film0', which is 160x120",
        ),
        (
            {},
            {"file": "late.txt"},
            "protocol.file: late.txt: target 3 is started in frame 99, but sequence 'film0' has 8",
        ),
        ({}, {"file": "nowhere.txt"}, "protocol.file: nowhere.txt: cannot be read: No such file or directory"),
        ({}, {"file": "flat.txt"}, "protocol.file: flat.txt:2: width and height of a box must be above 0"),
        ({"sequences": 2}, {"file": "each-{sequence}.txt"}, "protocol.file: each-film1.txt: cannot be read"),
        (
            {},
            {"draw": True},
            "protocol.draw: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); name the",
        ),
    ],
)
def test_targets_that_do_not_go_with_the_sequences(
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
    dataset: dict[str, Any],
    protocol: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    for name, text in (
        ("one.txt", "1,2,3,4\n"),
        ("late.txt", "99,3,1,2,3,4,1\n"),
        ("flat.txt", "1,2,3,4\n1,2,3,0\n"),
        ("each-film0.txt", "1,2,3,4\n"),
    ):
        Path(name).write_text(text)
    found = findings(load({"dataset": {"type": "film", **dataset}, "protocol": protocol}))
    assert [line for line in found if message in line], found
    assert len(set(found)) == len(found)
    assert all(line.startswith("error") for line in found)


def test_commands_that_list_and_describe(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["describe", "protocol"]) == 0
    assert "one-pass" in capsys.readouterr().out
    assert cli.main(["describe", "protocol", "one-pass"]) == 0
    told = capsys.readouterr().out
    assert '[protocol]\ntype = "one-pass"' in told
    assert "polygon_box" in told
    # Another plugin of this machine may be broken.
    cli.main(["list-plugins"])
    assert "one-pass" in capsys.readouterr().out


def test_check_and_show(load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "follow.toml"
    path.write_text('[dataset]\ntype = "film"\n[tracker]\ntype = "template"\n', encoding="utf-8")
    assert cli.main(["check", str(path)]) == 0
    assert "dataset film, tracker template, protocol one-pass, writer mot-text" in capsys.readouterr().out
    assert cli.main(["show", str(path)]) == 0
    assert "[protocol]" in capsys.readouterr().out
    assert cli.main(["check", str(path), "-o", "protocol.init=[[999,0,5,5]]"]) == 2
    assert "lies outside the picture" in capsys.readouterr().out
