"""``vtcore check-plugin``, as an author calls it, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BROKEN = {"parts.py": (("            detections.labels,\n", "            np.zeros(len(ids), np.int64),\n"),)}


def vtcore(stranger: Any, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(stranger.site), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "vtcore", "check-plugin", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
        cwd=folder,
    )


def test_a_right_plugin(install: Callable[..., Any]) -> None:
    stranger = install()
    done = vtcore(stranger, stranger.name, "--quick")
    assert (done.returncode, done.stderr) == (0, "")
    assert "passed" in done.stdout
    assert "failed" not in done.stdout
    assert "slow checks were left out (--quick)" in done.stdout.splitlines()[-1]


def test_a_wrong_plugin(install: Callable[..., Any]) -> None:
    stranger = install(BROKEN)
    done = vtcore(stranger, f"strangers-{stranger.name}", "--quick", "--only", "tracker:stranger:")
    assert done.returncode == 1
    line = next(each for each in done.stdout.splitlines() if "class-kept" in each)
    assert "failed" in line
    assert "keep the class with the" in line
    assert '"tracker:stranger:class-kept" = "..."' in done.stdout.splitlines()[-2]
    assert "1 failed" in done.stdout.splitlines()[-1]


def test_for_tools(install: Callable[..., Any]) -> None:
    # What a plugin prints is no part of the answer.
    talking = {"plugin.py": (("from vtcore.components", "print('hello')\nfrom vtcore.components"),)}
    stranger = install(BROKEN | talking)
    done = vtcore(stranger, stranger.name, "--json", "--only", "class-kept", "--only", "unique-ids")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert (answer["plugin"], answer["distribution"], answer["version"]) == (
        stranger.name,
        f"strangers-{stranger.name}",
        "1.0",
    )
    assert (answer["well"], answer["counts"]["passed"], answer["counts"]["failed"]) == (False, 2, 1)
    failed = next(each for each in answer["checks"] if each["status"] == "failed")
    assert (failed["component"], failed["check"]) == ("tracker:stranger", "class-kept")
    assert failed["message"].endswith("labels=detections.labels[rows]")


def test_every_check_with_its_traceback(install: Callable[..., Any]) -> None:
    edits = {"parts.py": (("self.config = configs.BrightConfig(level=level)", "raise RuntimeError('no level')"),)}
    stranger = install(edits)
    done = vtcore(stranger, stranger.name, "--verbose", "--only", "detector:stranger:constructs")
    assert done.returncode == 1
    assert "RuntimeError: no level" in done.stdout
    assert "Traceback (most recent call last)" in done.stdout


def test_options_and_expected_failures_of_a_project(install: Callable[..., Any], tmp_path: Path) -> None:
    stranger = install(BROKEN)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "strangers-{stranger.name}"\n'
        '[tool.vtcore.testing.options]\n"dataset:stranger" = { root = "${PROJECT}/nothing" }\n'
        '[tool.vtcore.testing.expected-failures]\n"tracker:stranger:class-kept" = "It tells no classes."\n'
    )
    only = ("--only", "class-kept", "--only", "dataset:stranger:sequences-fixed")
    done = vtcore(stranger, stranger.name, *only, "--json", folder=project)
    found = {each["component"]: each for each in json.loads(done.stdout)["checks"]}
    assert found["tracker:stranger"]["status"] == "expected failure"
    assert found["tracker:stranger"]["message"] == "It tells no classes."
    assert f"{project}/nothing: there are no text files" in found["dataset:stranger"]["message"]
    # A value on the command line counts over that of the file, and a file of another project for nothing.
    right = f"dataset:stranger.root={tmp_path / 'data'}"
    done = vtcore(stranger, stranger.name, *only, "-o", right, folder=project)
    assert done.returncode == 0
    done = vtcore(stranger, stranger.name, *only, "--json", folder=tmp_path)
    found = {each["component"]: each["status"] for each in json.loads(done.stdout)["checks"]}
    assert found == {"tracker:stranger": "failed", "dataset:stranger": "passed"}
    done = vtcore(stranger, stranger.name, *only, "--config", str(project / "pyproject.toml"), "--json")
    assert json.loads(done.stdout)["counts"]["expected failure"] == 1


def test_what_makes_no_sense_is_told_in_a_line(install: Callable[..., Any], tmp_path: Path) -> None:
    stranger = install()
    name = stranger.name
    odd = tmp_path / "odd.toml"
    odd.write_text('[expected-failures]\n"class-kept" = ""\n')
    cases = (
        (("strangest",), "unknown plugin 'strangest'"),
        ((name, "--only", "nothing-like-it"), "--only nothing-like-it: no check's name holds that"),
        ((name, "-o", "distance=3"), "-o distance=3: must be KIND:NAME.KEY=VALUE"),
        ((name, "-o", "tracker:strange.distance=3"), "options for 'tracker:strange': did you mean 'tracker:stranger'?"),
        ((name, "--config", "none.toml"), "none.toml: cannot be read: No such file or directory"),
        ((name, "--config", str(odd)), "expected failure 'class-kept': say in words why it must fail, got ''"),
    )
    for arguments, message in cases:
        done = vtcore(stranger, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("vtcore: error: ")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_broken_plugin_is_told_too(install: Callable[..., Any]) -> None:
    stranger = install({"plugin.py": (("from vtcore.components", "import nothing_here\nfrom vtcore.components"),)})
    done = vtcore(stranger, stranger.name)
    assert done.returncode == 1
    assert "it is broken: cannot be imported: ModuleNotFoundError: No module named 'nothing_here'" in done.stdout


def test_one_mistake_behind_many_failures_stands_once(install: Callable[..., Any]) -> None:
    edits = {"parts.py": (("ids=ids.copy()", "ids=ids * 0"),)}
    stranger = install(edits)
    lines = vtcore(stranger, stranger.name, "--quick", "--only", "tracker:stranger:").stdout.splitlines()
    (line,) = (each for each in lines if "failed  " in each)
    own = stranger.site / stranger.name / "parts.py"
    number = 1 + next(at for at, each in enumerate(own.read_text().splitlines()) if "return Instances(" in each)
    assert re.search(rf"\d\d checks +failed +ValueError: ids must be unique within a frame \({own}:{number}\)", line)
    assert re.search(r"\d\d failed", lines[-1])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("list(ids)", "the answer is list, not vtcore.Instances; make it with"),
        ("detections", "the answer has no ids; give it ids, int64, one for each box"),
    ],
)
def test_answers_of_a_wrong_kind_stand_once(answer: str, told: str, install: Callable[..., Any]) -> None:
    stranger = install({"parts.py": (("        return Instances(", f"        return {answer}\n        Instances("),)})
    checks = ("stable-types", "unique-ids", "works-without-embeddings", "no-detections", "many-detections", "odd-boxes")
    outcomes = [stranger.outcomes(check, "tracker:stranger")[0] for check in checks]
    behind = [each for each in outcomes if each.status == "failed"]
    assert len(behind) >= 5
    assert {each.cause.startswith(told) for each in behind} == {True}
    assert len({each.cause for each in behind}) == 1
