"""``vtcore refine``, with a plugin of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vtcore import cli
from vtcore.host import PluginHost

CODE = """
@hookimpl
def vtcore_components():
    return [
        Component("refiner", "shift", "fake_shift.config:ShiftConfig", "fake_shift.refiner:Shift", "Moves boxes."),
        Component("refiner", "repeat", "fake_shift.config:RepeatConfig", "fake_shift.refiner:Repeat", "Repeats rows."),
    ]
"""
CONFIG = """
import attrs
from vtcore.options import option


@attrs.frozen(kw_only=True)
class ShiftConfig:
    by: float = option(1.0, "Pixels.", ge=-100)


@attrs.frozen(kw_only=True)
class RepeatConfig:
    pass
"""
REFINER = """
import numpy as np
from vtcore.tables import TrackTable


class Shift:
    def __init__(self, by=1.0):
        self.by = by

    def refine(self, table, *, sequence="", length=None):
        ltwh = table.ltwh + [self.by, 0, 0, 0]
        return TrackTable(table.frames, ltwh, ids=table.ids, scores=table.scores, labels=table.labels)


class Repeat:
    def refine(self, table, *, sequence="", length=None):
        return table.select(np.repeat(np.arange(len(table)), 2))
"""
STREET = "1,1,10.00,20.00,30.00,40.00,0.9,-1,-1,-1\n2,1,11.00,20.00,30.00,40.00,0.8,-1,-1,-1\n"


@pytest.fixture
def results(fake_site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results in MOT text, and a plugin with two refiners."""
    fake_site.add("shift", CODE, files={"config.py": CONFIG, "refiner.py": REFINER})
    host = fake_site.discover()
    monkeypatch.setattr(PluginHost, "discover", classmethod(lambda *_, **__: host))
    monkeypatch.setattr("vtcore.host.plugin_host", lambda: host)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "found"
    folder.mkdir()
    (folder / "street.txt").write_text(STREET)
    return folder


def refined(*words: object) -> str:
    """Refine into ``out``, and return what is there of the street."""
    assert cli.main(["refine", *map(str, words), "--output", "out"]) == 0
    return Path("out/street.txt").read_text()


def test_each_option_belongs_to_the_refiner_before_it(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refined(results, "--refiner", "shift", "-o", "by=5", "--refiner", "shift") == (
        "1,1,16.00,20.00,30.00,40.00,0.9,-1,-1,-1\n2,1,17.00,20.00,30.00,40.00,0.8,-1,-1,-1\n"
    )
    printed = capsys.readouterr().out
    assert "street" in printed
    assert "rows before" in printed


def test_refiners_of_an_experiment(results: Path) -> None:
    Path("x.toml").write_text('[[refiners]]\ntype = "shift"\nby = 2\n')
    assert refined(results / "street.txt", "--refiners", "x.toml").startswith("1,1,12.00,")
    assert refined(results, "--refiners", "x.toml", "-o", "refiners.0.by=-3").startswith("1,1,7.00,")


@pytest.mark.parametrize(("written", "kept"), [("-1", "-1"), ("1", "1"), ("3", "3")])
def test_the_class_column_stays_as_it_was(results: Path, written: str, kept: str) -> None:
    (results / "street.txt").write_text(f"1,1,10,20,30,40,0.9,{written},-1,-1\n")
    assert refined(results, "--refiner", "shift") == f"1,1,11.00,20.00,30.00,40.00,0.9,{kept},-1,-1\n"


def test_json_lines_become_text_with_classes(results: Path) -> None:
    (results / "street.txt").unlink()
    line = '{"frame": 4, "ids": [7], "boxes_ltwh": [[1, 2, 3, 4]], "scores": [0.5], "labels": [0]}\n'
    (results / "street.jsonl").write_text(line)
    assert refined(results, "--refiner", "shift") == "5,7,2.00,2.00,3.00,4.00,0.5,1,-1,-1\n"


def test_of_a_run_the_raw_results_are_taken(results: Path) -> None:
    for name in ("results", "refined"):
        (results / name).mkdir()
        (results / name / "street.txt").write_text(STREET if name == "results" else "")
    assert refined(results, "--refiner", "shift", "-o", "by=0") == STREET


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["found"], "name what to apply: --refiner NAME (vtcore describe refiner lists them), or --refiners"),
        (["found", "--refiner", "shfit"], "refiners.0.type: unknown refiner 'shfit'; did you mean 'shift'?"),
        (["found", "--refiner", "shift", "-o", "by=-200"], "-o refiners.0.by=-200: refiners.0.by: must be >= -100"),
        (["found", "--refiner", "shift", "--refiners", "x.toml"], "--refiner and --refiners go apart"),
        (["found", "--refiners", "empty.toml"], "empty.toml: has no [[refiners]]: name some by --refiner"),
        (["found", "--refiner", "repeat"], "refiner 'repeat' gave an id twice in a frame of 'street'"),
        (["found", "--refiner", "shift", "--output", "found"], "found: would hold raw and refined results"),
        (["nowhere", "--refiner", "shift"], "nowhere: there is no such file or folder of results"),
        (["bad.txt", "--refiner", "shift"], "bad.txt:1: 'x' in column 3 (left) is not a number"),
        (["empty", "--refiner", "shift"], "empty: no result file: expected <sequence>.txt"),
        (["found", "--refiner", "shift", "--output", "file"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    results: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    Path("empty").mkdir()
    Path("empty.toml").touch()
    Path("file").touch()
    Path("bad.txt").write_text("1,1,x,2,3,4\n")
    output = [] if "--output" in words else ["--output", "out"]
    assert cli.main(["refine", *words, *output]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not list(Path().glob("out/*"))
