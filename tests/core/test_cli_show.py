"""``vtcore show``: what it prints is an experiment that is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from vtcore.cli import main
from vtcore.experiments import load_experiment

BASE = '[dataset]\ntype = "video"\npath = "${CLIPS:-clips}/a.mp4"\n'
TEXT = 'extends = ["base.toml"]\n[detector]\ntype = "given"\nmin_score = 0.25\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLIPS", raising=False)
    Path("base.toml").write_text(BASE)
    Path("x.toml").write_text(TEXT)


def test_prints_the_origin_of_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "x.toml", "-o", "run.seed=3"]) == 0
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert 'path = "clips/a.mp4" # extends base.toml:3, ${CLIPS}' in lines
    assert "min_score = 0.25 # x.toml:4" in lines
    assert "seed = 3 # -o" in lines
    assert "prefetch = 8 # default" in lines
    assert 'output = "runs/x" # default' in lines
    Path("again.toml").write_text(text)
    expected = load_experiment("x.toml", ["run.seed=3"])
    assert load_experiment("again.toml").resolved() == expected.resolved()


def test_plain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "x.toml", "--plain"]) == 0
    text = capsys.readouterr().out
    assert "#" not in text
    assert tomli.loads(text) == load_experiment("x.toml").resolved()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "x.toml", "--json", "-o", "detector.min_score=inf"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["experiment"]["detector"]["min_score"] == "inf"
    assert printed["experiment"]["dataset"]["path"] == "clips/a.mp4"
    assert printed["origins"]["detector.min_score"] == "-o"
    assert printed["origins"]["dataset.type"] == "extends base.toml:2"
    assert "run.seed" not in printed["origins"]


def test_wrong_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.toml").write_text('[detector]\ntype = "givn"\n[run]\nseed = -1\n')
    assert main(["show", "x.toml"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "vtcore: error: x.toml:2: detector.type: unknown detector 'givn'; did you mean 'given'?",
        "vtcore: error: x.toml:4: run.seed: must be >= 0, got -1",
    ]


def test_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "bse.toml"]) == 2
    assert capsys.readouterr().err == "vtcore: error: there is no file 'bse.toml'; did you mean 'base.toml'?\n"


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys; from vtcore.cli import main; status = main(['show', 'x.toml']); "
        "print(status, sorted({'numpy', 'cv2', 'torch', 'scipy', 'av'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.splitlines()[-1] == "0 []", answer.stdout + answer.stderr
