"""``vtcore describe``."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from vtcore import cli
from vtcore.cli import describe

PLUGIN = """
@hookimpl
def vtcore_kinds():
    return [Kind("motion", "fake_rich.config:Motion", "Predicts where boxes go.")]


@hookimpl
def vtcore_components():
    return [Component("motion", "kalman", "fake_rich.config:KalmanConfig", "fake_rich.heavy:Kalman", "A filter.")]


@hookimpl
def vtcore_trackers():
    return [
        Component("tracker", "rich", "fake_rich.config:RichConfig", "fake_rich.heavy:Rich", "Has all.", "Doe, 2020"),
        Component("tracker", "bare", "fake_rich.config:KalmanConfig", "fake_rich.heavy:Rich", "Has none."),
        Component("tracker", "lost", "fake_rich.nowhere:Config", "fake_rich.heavy:Rich", "Cannot be loaded."),
        Component("tracker", "vague", "fake_rich.config:VagueConfig", "fake_rich.heavy:Rich", "Has odd types."),
    ]
"""

CONFIG = """
from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Protocol

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option

if TYPE_CHECKING:
    from nowhere import Unknown


class Motion(Protocol):
    pass


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


Pixels = NewType("Pixels", float)


@attrs.frozen(kw_only=True)
class Inner:
    depth: int = option(2, "How deep.")


@attrs.frozen(kw_only=True)
class KalmanConfig:
    pass


@attrs.frozen(kw_only=True)
class VagueConfig:
    value: Unknown = option(1, "Of a type that only checkers see.")


@attrs.frozen(kw_only=True)
class RichConfig:
    root: str = option(help="Where it is.")
    threshold: float = option(0.6, "How much; raising it gives less.", ge=0, lt=1)
    age: int = option(30, "How long.", unit="frames", gt=0)
    fuse: bool = option(True, "Whether.")
    mode: str = option("fast", "Which way.", choices=("fast", "slow"))
    style: Literal["dark", "light"] = option("dark", "Which style.")
    colour: Colour = option(Colour.RED, "Which colour.")
    file: Path = option(Path("a/b.txt"), "Which file.")
    weights: str | None = option(None, "Which weights.")
    names: list[str] = option(factory=lambda: ["a b", 'c"'], help="Which names.")
    size: tuple[int, int] = option((640, 480), "How large.", unit="px")
    pair: tuple[int, str] = option((1, "x"), "Both.")
    scales: Sequence[float] = option((), "Which scales.")
    weights_of: Mapping[str, float] = option(factory=dict, help="Which weight for which name.")
    either: int | str = option(1, "A number or a name.")
    anything: Any = option(1, "Anything.")
    noted: Annotated[int, "a note"] = option(1, "A noted number.")
    distance: Pixels = option(1.5, "A distance.", unit="px")
    inner: Inner = attrs.field(factory=Inner)
    motion: Motion = option(ComponentTable("kalman", {"noise": 0.5}), "Predicts.")
    motions: list[Motion] = option(factory=list, help="Predict.")
    needed: Motion = option(help="Must predict.")
    secret: int = attrs.field(init=False, default=1)
"""


@pytest.fixture
def run(fake_site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command over one rich plugin; returns status, output and errors."""
    monkeypatch.delenv("COLUMNS", raising=False)
    fake_site.add("rich", PLUGIN, files={"config.py": CONFIG, "heavy.py": "raise RuntimeError('heavy was imported')"})
    monkeypatch.setattr(describe, "plugin_host", fake_site.discover)

    def describe_it(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["describe", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return describe_it


EXPECTED = [
    ("root", "string, required", "Where it is."),
    ("threshold", "float, default 0.6, >= 0 and < 1", "How much; raising it gives less."),
    ("age", "integer, default 30, > 0, in frames", "How long."),
    ("fuse", "boolean, default true", "Whether."),
    ("mode", 'string, default "fast", one of "fast", "slow"', "Which way."),
    ("style", 'string, default "dark", one of "dark", "light"', "Which style."),
    ("colour", 'string, default "red", one of "red", "blue"', "Which colour."),
    ("file", 'string, default "a/b.txt"', "Which file."),
    ("weights", "string, optional", "Which weights."),
    ("names", 'array of strings, default ["a b", "c\\""]', "Which names."),
    ("size", "array of 2 integers, default [640, 480], in px", "How large."),
    ("pair", 'array of integer, string, default [1, "x"]', "Both."),
    ("scales", "array of floats, default []", "Which scales."),
    ("weights_of", "table of floats, default {}", "Which weight for which name."),
    ("either", "integer or string, default 1", "A number or a name."),
    ("anything", "any value, default 1", "Anything."),
    ("noted", "integer, default 1", "A noted number."),
    ("distance", "float, default 1.5, in px", "A distance."),
    ("inner.depth", "integer, default 2", "How deep."),
    (
        "motion",
        'table of motion, default { type = "kalman", noise = 0.5 }',
        "Predicts. Components: vtcore describe motion.",
    ),
    ("motions", "array of tables of motion, default []", "Predict. Components: vtcore describe motion."),
    ("needed", "table of motion, required", "Must predict. Components: vtcore describe motion."),
]


def test_component(run: Any) -> None:
    status, output, _ = run("tracker", "rich")
    assert status == 0
    head, _, rest = output.partition("\n\n")
    assert head.splitlines() == [
        "tracker rich",
        "Has all.",
        "plugin: 'rich' (fake-rich 1.0)",
        "paper:  Doe, 2020",
        "class:  fake_rich.heavy:Rich",
    ]
    fields, _, _ = rest.partition("\n\n")
    lines = [line.rstrip() for line in fields.splitlines()]
    assert lines == [line for key, facts, meaning in EXPECTED for line in (f"{key}  {facts}", f"    {meaning}")]


def test_snippet_is_toml_with_every_default(run: Any) -> None:
    _, output, _ = run("tracker", "rich")
    snippet = output[output.index("[tracker]") :]
    told = tomllib.loads(snippet)["tracker"]
    assert told["type"] == "rich"
    assert (told["threshold"], told["size"], told["names"]) == (0.6, [640, 480], ["a b", 'c"'])
    assert told["motion"] == {"type": "kalman", "noise": 0.5}
    assert told["inner"] == {"depth": 2}
    assert "weights" not in told
    assert '# weights = ""' in snippet
    assert 'root = ""  # required' in snippet
    assert 'needed = { type = "" }  # required' in snippet


def test_snippet_headings(run: Any) -> None:
    assert run("writer", "mot-text")[1].endswith('[[writers]]\ntype = "mot-text"\n')
    assert run("motion", "kalman")[1].endswith(
        '# the motion in the table of the component that uses it\ntype = "kalman"\n'
    )


def test_component_without_keys(run: Any) -> None:
    assert "It has no keys to set." in run("tracker", "bare")[1]


def test_json_of_a_component(run: Any) -> None:
    status, output, _ = run("tracker", "rich", "--json")
    told = json.loads(output)
    assert status == 0
    assert (told["plugin"], told["distribution"], told["version"]) == ("rich", "fake-rich", "1.0")
    assert (told["config"], told["target"]) == ("fake_rich.config:RichConfig", "fake_rich.heavy:Rich")
    fields = {field["key"]: field for field in told["fields"]}
    assert list(fields) == [key for key, _, _ in EXPECTED]
    assert fields["mode"] == {
        "key": "mode",
        "type": "string",
        "kind": None,
        "required": False,
        "default": "fast",
        "allowed": 'one of "fast", "slow"',
        "unit": "",
        "meaning": "Which way.",
        "choices": ["fast", "slow"],
    }
    assert (fields["needed"]["kind"], fields["needed"]["required"]) == ("motion", True)
    assert tomllib.loads(told["toml"])["tracker"]["type"] == "rich"
    keys = {*told, *fields["mode"]}
    assert all(f'"{key}"' in (describe.__doc__ or "") for key in keys)


def test_kind(run: Any) -> None:
    status, output, _ = run("tracker")
    assert status == 0
    assert re.search(r"^ *rich +Has all\. +fake-rich 1\.0 *$", output, re.MULTILINE)
    told = json.loads(run("tracker", "--json")[1])
    assert (told["kind"], told["interface"]) == ("tracker", "vtcore.interfaces:Tracker")
    assert [component["name"] for component in told["components"]] == ["bare", "lost", "rich", "vague"]


def test_kind_without_components(run: Any) -> None:
    names = "vtrack-plugin-mot-metrics or vtrack-plugin-sot-metrics"
    assert run("metric")[1] == f"no installed plugin offers a metric: pip install {names}\n"


def test_kinds(run: Any) -> None:
    status, output, _ = run()
    assert status == 0
    assert re.search(r"^ *motion +Predicts where boxes go\. +kalman *$", output, re.MULTILINE)
    kinds = {kind["name"]: kind for kind in json.loads(run("--json")[1])["kinds"]}
    assert kinds["motion"]["components"] == ["kalman"]
    assert kinds["tracker"]["interface"] == "vtcore.interfaces:Tracker"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("tracker", "rihc"), "unknown tracker 'rihc'; did you mean 'rich'?"),
        (("trakcer", "rich"), "unknown kind 'trakcer'; did you mean 'tracker'?"),
        (("trackers",), "unknown kind 'trackers'; did you mean 'tracker'?"),
        (("rich",), "unknown kind 'rich'; for the tracker of that name: vtcore describe tracker rich"),
        (
            ("tracker", "lost"),
            "config of tracker 'lost': cannot load 'fake_rich.nowhere:Config': "
            "ModuleNotFoundError: No module named 'fake_rich.nowhere'",
        ),
        (
            ("tracker", "vague"),
            "config 'fake_rich.config:VagueConfig': cannot read its types: "
            "NameError: name 'Unknown' is not defined",
        ),
    ],
)  # fmt: skip
def test_errors(run: Any, arguments: tuple[str, ...], expected: str) -> None:
    status, output, errors = run(*arguments)
    assert (status, output, errors) == (2, "", f"vtcore: error: {expected}\n")


def test_narrow_terminal_keeps_the_snippet_whole(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    _, output, _ = run("tracker", "rich")
    assert tomllib.loads(output[output.index("[tracker]") :])["tracker"]["type"] == "rich"
