"""A plugin that was written for vtcore 0.1 and has not been touched since does all that it did."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vtcore.components import Configured, build, load_object
from vtcore.frames import Frame
from vtcore.host import PluginHost
from vtcore.instances import Instances

FROZEN = "96504d7e6228f4af2082ffa1b3a184a8a209c9916a728638327404e9dce22fb3"
"""SHA-256 over the old plugin's files: whoever changes them tests nothing any more."""

PROBE = """\
import json, sys
import vtcore
from steadfast import plugin
run = vtcore.run("steadfast:all", overrides=[f"run.output={sys.argv[1]}"])
print(json.dumps({"scores": run.scores, "events": plugin.EVENTS}))
"""


def test_it_is_as_it_was_published(published: Path) -> None:
    files = sorted(file for file in published.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(published).as_posix().encode() + b"\0")
        # Whatever a checkout makes of the ends of lines.
        digest.update(file.read_text(encoding="utf-8").encode())
    assert digest.hexdigest() == FROZEN, "a plugin of old is never edited: mend the core instead"


def test_it_is_well_and_offers_what_it_did(old_host: Callable[[], PluginHost]) -> None:
    plugin = old_host().plugin("steadfast")
    assert (plugin.status, plugin.reason, plugin.notes) == ("ok", "", ())
    assert [kind.name for kind in plugin.kinds] == ["steadfast-distance"]
    assert [command.name for command in plugin.commands] == ["steadfast"]
    assert {component.kind for component in plugin.components} == {
        *("dataset", "transform", "backbone", "head", "detector", "tracker", "metric"),
        *("reid", "refiner", "writer", "protocol", "steadfast-distance"),
    }


def test_every_component_has_its_kinds_interface(old_host: Callable[[], PluginHost]) -> None:
    host = old_host()
    for component in host.plugin("steadfast").components:
        if component.name == "steadfast-nearest":
            continue  # made from a table, with the component that it holds: in the run
        target = build(Configured(component, component.load_config()()))
        if component.kind != "steadfast-distance":
            interface = load_object(host.kinds[component.kind].interface, "interface")
            assert isinstance(target, interface), component


def _environment(published: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(published), "PYTHONDONTWRITEBYTECODE": "1", "VTCORE_DISABLE_PLUGINS": ""}


def test_its_experiment_gives_what_it_gave(published: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE, "out"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env=_environment(published),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["scores"]["steadfast-rows"]["COMBINED"] == {"rows": 5, "annotated": 5}
    assert told["events"] == [
        ["run started", 1],
        ["sequence started", "right"],
        *(["frame done", index, 1] for index in range(5)),
        ["sequence finished", "right"],
        ["run finished", None],
    ]
    rows = (tmp_path / "out" / "refined" / "right.txt").read_text().splitlines()
    assert rows == [f"{index + 1},1,{5 + 3 * index}.00,10.00,10.00,10.00,1,-1,-1,-1" for index in range(5)]
    assert (tmp_path / "out" / "results" / "right.count").read_text() == "0 1\n1 1\n2 1\n3 1\n4 1\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["steadfast", "hello"], "hello\n"),
        (["run", "steadfast:target", "-o", "run.output=out", "--quiet"], ""),
        (["describe", "tracker", "steadfast-nearest"], "Farthest that a box may move."),
        (["check", "steadfast:all"], ""),
    ],
)
def test_its_commands(published: Path, tmp_path: Path, words: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "vtcore", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env=_environment(published),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout


def test_its_tracker_keeps_and_restores_its_state(old_host: Callable[[], PluginHost]) -> None:
    first = old_host().component("tracker", "steadfast-nearest").load_target()()
    frame = Frame(0)
    first.update(frame, Instances(boxes=[[0, 0, 10, 10]], scores=[1], labels=[0]))
    second = type(first)()
    second.load_state_dict(first.state_dict())
    moved = Instances(boxes=[[2, 0, 12, 10], [200, 0, 210, 10]], scores=[1, 1], labels=[0, 0])
    np.testing.assert_array_equal(second.update(frame, moved).ids, [1, 2])
