"""Overrides from the command line and from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore.errors import ExperimentError
from vtcore.experiments import Experiment, load_experiment
from vtcore.host import PluginHost

Load = Callable[..., Experiment]
Problems = Callable[..., list[str]]

TEXT = """\
[tracker]
type = "pairs"
max_age = 3
[tracker.motion]
type = "walk"
speed = 7
[[metrics]]
type = "hota"
"""


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("tracker.high_threshold=0.7", "high_threshold", 0.7),
        (" tracker . max_age = 5 ", "max_age", 5),
        ("tracker.title=word", "title", "word"),
        ("tracker.title=two words", "title", "two words"),
        ("tracker.title=a=b", "title", "a=b"),
        ("tracker.title=", "title", ""),
        ("tracker.title=/a/b#c", "title", "/a/b#c"),
        ("tracker.title=true # not a comment", "title", "true # not a comment"),
        ("tracker.title=1\nmax_age = 4", "title", "1\nmax_age = 4"),
        ('tracker.title="5"', "title", "5"),
        ("tracker.'title'='x'", "title", "x"),
        ("tracker.quick=true", "quick", True),
        ('tracker.labels=["x", "y"]', "labels", ["x", "y"]),
        ("tracker.weights.a=1", "weights", {"a": 1.0}),
        ("tracker.weights={b = 2}", "weights", {"b": 2.0}),
    ],
)
def test_values(load: Load, override: str, key: str, value: Any) -> None:
    tracker = load(TEXT, override).tracker
    assert tracker is not None
    assert getattr(tracker.config, key) == value


def test_another_type_starts_afresh_in_any_order(load: Load) -> None:
    for overrides in (
        ("tracker.type=heavy", "tracker.checkpoint=x", "tracker.depth=2"),
        ("tracker.depth=2", "tracker.checkpoint=x", "tracker.type=heavy"),
    ):
        tracker = load(TEXT, *overrides).tracker
        assert tracker is not None
        assert (tracker.component.name, tracker.config.depth) == ("heavy", 2)


def test_elements_of_arrays_of_tables(load: Load) -> None:
    assert [metric.component.name for metric in load(TEXT, "metrics.0.type=clear").metrics] == ["clear"]
    added = load(TEXT, "metrics.1.type=clear", "writers.0.type=json-lines", "writers.1.type=mot-text")
    assert [metric.component.name for metric in added.metrics] == ["hota", "clear"]
    assert [writer.component.name for writer in added.writers] == ["json-lines", "mot-text"]
    assert load(TEXT, "metrics=[]").metrics == ()


def test_elements_of_a_list_that_is_not_written_down_count_from_its_default(load: Load) -> None:
    made = load(TEXT, "writers.1.type=json-lines")
    assert [writer.component.name for writer in made.writers] == ["mot-text", "json-lines"]
    assert ("writers", 0, "type") not in made.origins
    assert str(made.origins["writers", 1, "type"]) == "-o"


def test_elements_of_nested_arrays(load: Load) -> None:
    text = TEXT + '[[tracker.chain]]\ntype = "walk"\n[[tracker.chain]]\ntype = "walk"\n'
    tracker = load(text.replace('[[metrics]]\ntype = "hota"\n', ""), "tracker.chain.1.speed=9").tracker
    assert tracker is not None
    assert [part.config.speed for part in tracker.config.chain] == [1.0, 9.0]


def test_later_overrides_win(load: Load) -> None:
    assert load(TEXT, "run.seed=1", "run.seed=2").run.seed == 2


def test_overrides_in_a_list_that_is_wrong_as_a_whole_are_named(tmp_path: Path) -> None:
    file = tmp_path / "follow.toml"
    file.write_text("[protocol]\ninit = [[1, 2, 3, 4], [5, 6, 7, 8]]\n")

    def told(*overrides: str) -> str:
        with pytest.raises(ExperimentError) as caught:
            load_experiment(file, overrides)
        return str(caught.value)

    message = "protocol.init: width and height of a box must be above 0, got 1, 2, -5, 4"
    assert told("protocol.init.0.2=-5") == f"{file}:2, changed by -o protocol.init.0.2=-5: {message}"
    assert told("protocol.init.0.2=-5", "protocol.init.1.0=3").startswith(
        f"{file}:2, changed by -o protocol.init.0.2=-5, -o protocol.init.1.0=3: protocol.init"
    )
    whole = "protocol.init=[[1,2,-5,4]]"
    assert told(whole) == f"-o {whole}: {message}"


def test_an_override_is_its_values_origin(load: Load) -> None:
    made = load(TEXT, "tracker.max_age=5")
    assert str(made.origins["tracker", "max_age"]) == "-o"
    assert str(made.origins[("tracker",)]) == "x.toml:1"


def test_an_override_spares_an_undefined_variable(load: Load) -> None:
    made = load('dataset.type = "folder"\ndataset.root = "${NOT_SET_ANYWHERE}"', "dataset.root=/x")
    assert made.dataset is not None
    assert made.dataset.config.root == "/x"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("tracker.max_age='3'", "-o tracker.max_age='3': tracker.max_age: must be an integer, got '3' (a string)"),
        ("tracker.high_threshold=1.5", "-o tracker.high_threshold=1.5: tracker.high_threshold: must be <= 1, got 1.5"),
        ("tracker.max_ag=3", "-o tracker.max_ag=3: tracker.max_ag: unknown key; did you mean 'max_age'?"),
        ("tracker.title=5", '-o tracker.title=5: tracker.title: must be a string, got 5 (an integer); write "5"'),
        ("tracker", "-o tracker: must be key.path=value, as in tracker.high_threshold=0.6"),
        ("=3", "-o =3: must be key.path=value, as in tracker.high_threshold=0.6"),
        ("a..b=3", "-o a..b=3: must be key.path=value, as in tracker.high_threshold=0.6"),
        ("tracker.labels=[1", "-o tracker.labels=[1: tracker.labels: '[1' is not a TOML value: unclosed array"),
        (
            "tracker.labels=[a]",
            "-o tracker.labels=[a]: tracker.labels: '[a]' is not a TOML value: invalid value; "
            "text in it stands in quotes",
        ),
        ('tracker.title="x', "-o tracker.title=\"x: tracker.title: '\"x' is not a TOML value: unterminated string"),
        (
            "metrics.5.type=clear",
            "-o metrics.5.type=clear: metrics.5: there is no element 5: the list has 1, "
            "counted from 0; 1 would add another",
        ),
        (
            "transforms.3.type=x",
            "-o transforms.3.type=x: transforms.3: there is no element 3: the list has 0, "
            "counted from 0; 0 would add another",
        ),
        (
            "run.sequences.0=x",
            "-o run.sequences.0=x: run.sequences: must be a list, got elements by number; "
            "it is not written down to count in, so give it whole: [...]",
        ),
        (
            "metrics.first.type=clear",
            "-o metrics.first.type=clear: metrics: must be a list, got a table; "
            "a list of tables is written with two brackets: [[name]]",
        ),
        (
            "tracker.title=${NOT_SET_ANYWHERE}",
            "-o tracker.title=${NOT_SET_ANYWHERE}: tracker.title: the environment variable NOT_SET_ANYWHERE is not "
            "set; set it, or write ${NOT_SET_ANYWHERE:-default} in '${NOT_SET_ANYWHERE}'",
        ),
    ],
)
def test_wrong_overrides(problems: Problems, override: str, expected: str) -> None:
    assert problems(TEXT, override) == [expected]


def test_overrides_from_python(host: PluginHost) -> None:
    made = load_experiment({}, {"run.seed": 3, "tracker": {"type": "pairs"}, "tracker.labels": ("a",)}, host=host)
    assert made.run.seed == 3
    assert made.tracker is not None
    assert made.tracker.config.labels == ["a"]
    assert str(made.origins["run", "seed"]) == "override"
    with pytest.raises(ExperimentError) as caught:
        load_experiment({}, {"run.seed": "3", "run.": 4}, host=host)
    assert str(caught.value).splitlines() == [
        "override run.=4: 'run.' is not a dotted key such as tracker.high_threshold",
        "override run.seed='3': run.seed: must be an integer, got '3' (a string)",
    ]
