"""Experiments as plain tables and as text: complete, loadable, and the same again."""

from __future__ import annotations

import datetime
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtcore.experiments import Experiment, differences, load_experiment
from vtcore.experiments.positions import key_lines
from vtcore.experiments.printing import experiment_text
from vtcore.host import PluginHost

Load = Callable[..., Experiment]

FULL = """\
requires = ["vtcore>=0.1"]
extends = ["base.toml"]
[tracker]
labels = ["${WORD:-w}", "$${x}"]
[[tracker.chain]]
type = "jump"
[tracker.by_class.car]
type = "walk"
[[metrics]]
type = "hota"
"""
BASE = '[tracker]\ntype = "pairs"\nquick = true\n'


def test_resolved_holds_every_default_and_no_none(load: Load, write: Callable[..., None]) -> None:
    write(base=BASE)
    made = load(FULL, "run.seed=4")
    assert made.resolved() == {
        "requires": ["vtcore>=0.1"],
        "transforms": [],
        "tracker": {
            "type": "pairs",
            "high_threshold": 0.6,
            "low_threshold": 0.1,
            "max_age": 30,
            "title": "pairs",
            "quick": True,
            "mode": "all",
            "shape": "round",
            "size": [1.0, 2.0],
            "labels": ["w", "$${x}"],
            "weights": {},
            "either": 0,
            "file": str(Path("a/b")),
            "anything": 0,
            "limits": {"lowest": 0.0, "highest": 0.5},
            "motion": {"type": "walk", "speed": 2.0},
            "chain": [{"type": "jump", "height": 1.0}],
            "by_class": {"car": {"type": "walk", "speed": 1.0}},
        },
        "refiners": [],
        "metrics": [{"type": "hota"}],
        "writers": [{"type": "mot-text"}],
        "run": {
            "output": "runs/x",
            "seed": 4,
            "device": "auto",
            "dtype": "float32",
            "channels_last": False,
            "compile": False,
            "sequences": [],
            "max_frames": 0,
            "prefetch": 8,
            "cache": "auto",
            "report": True,
            "show": False,
        },
        "plugins": {"disable": []},
    }


def test_text_tells_the_origin_of_every_value(load: Load, write: Callable[..., None]) -> None:
    write(base=BASE)
    text = load(FULL, "run.seed=4").to_toml(origins=True)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:2] == ['requires = ["vtcore>=0.1"] # x.toml:1', "transforms = [] # default"]
    assert "[tracker] # x.toml:3" in lines
    assert 'type = "pairs" # extends base.toml:2' in lines
    assert "quick = true # extends base.toml:3" in lines
    assert "max_age = 30 # default" in lines
    assert 'labels = ["w", "$${x}"] # x.toml:4, ${WORD}' in lines
    assert "[tracker.motion] # default" in lines
    assert "[[tracker.chain]] # x.toml:5" in lines
    assert "[tracker.by_class.car] # x.toml:7" in lines
    assert "seed = 4 # -o" in lines
    assert all("#" in line for line in lines if line)


def test_long_lists_have_a_line_for_each_element(load: Load) -> None:
    names = [f"class number {index}" for index in range(20)]
    made = load(f'[tracker]\ntype = "pairs"\nlabels = {names}\n'.replace("'", '"'))
    text = made.to_toml(origins=True)
    assert tomli.loads(text)["tracker"]["labels"] == names
    assert max(map(len, text.splitlines())) < 100


def test_a_file_name_cannot_end_a_comment() -> None:
    from vtcore.experiments.origins import Origin

    text = experiment_text({"a": 1}, {("a",): Origin("x\nb = 2", 3)})
    assert tomli.loads(text) == {"a": 1}


# What an experiment may hold, at random.

_CHARACTERS = st.characters(min_codepoint=1, exclude_categories=["Cs"])
TEXT = st.text(_CHARACTERS, max_size=8) | st.sampled_from(["${", "$${A}", "a\nb", '"\\'])
KEY = TEXT.filter(lambda key: key != "replace")
NUMBER = st.floats(0, 1)
WALK = st.fixed_dictionaries({"type": st.just("walk")}, optional={"speed": st.floats(0.1, allow_infinity=True)})
JUMP = st.fixed_dictionaries({"type": st.just("jump")}, optional={"height": st.floats(allow_nan=False), "then": WALK})
MOTION = WALK | JUMP
PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)
PAIRS = st.fixed_dictionaries(
    {"type": st.just("pairs")},
    optional={
        "high_threshold": st.floats(0.5, 1),
        "low_threshold": st.floats(0, 0.5),
        "max_age": st.integers(0, 2**63 - 1),
        "title": TEXT,
        "quick": st.booleans(),
        "mode": st.sampled_from(["all", "some"]),
        "shape": st.sampled_from(["round", "square"]),
        "size": st.tuples(NUMBER, st.floats(allow_nan=False)),
        "labels": st.lists(TEXT, max_size=12),
        "weights": st.dictionaries(KEY, NUMBER, max_size=3),
        "ceiling": NUMBER,
        "either": st.integers(0, 9) | TEXT,
        "anything": PLAIN,
        "limits": st.fixed_dictionaries({}, optional={"lowest": st.floats(0, 0.5), "highest": st.floats(0.5, 1)}),
        "motion": MOTION,
        "spare": MOTION,
        "chain": st.lists(MOTION, max_size=3),
        "by_class": st.dictionaries(KEY, MOTION, max_size=2),
    },
)
EXPERIMENTS = st.fixed_dictionaries(
    {},
    optional={
        "requires": st.just(["vtcore"]),
        "dataset": st.fixed_dictionaries({"type": st.just("folder")}, optional={"root": TEXT}),
        "tracker": PAIRS,
        "metrics": st.lists(st.just({"type": "hota"}), max_size=2),
        "writers": st.lists(st.sampled_from([{"type": "mot-text"}, {"type": "json-lines"}]), max_size=2),
        "run": st.fixed_dictionaries(
            {}, optional={"seed": st.integers(0, 99), "sequences": st.lists(TEXT, max_size=2)}
        ),
    },
)


def escape(value: Any) -> Any:
    """Return tables that expand to the given ones."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: escape(item) for key, item in value.items()}
    return [escape(item) for item in value] if isinstance(value, list | tuple) else value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=EXPERIMENTS)
def test_printed_experiments_load_to_the_same(host: PluginHost, write: Callable[..., None], tables: Any) -> None:
    made = load_experiment(escape(tables), host=host)
    resolved = made.resolved()
    for origins in (False, True):
        text = made.to_toml(origins=origins)
        Path("again.toml").write_bytes(text.encode())
        again = load_experiment("again.toml", host=host)
        assert differences(resolved, again.resolved()) == []
        assert list(again.resolved()) == list(resolved)
        assert again.to_toml() == made.to_toml(), "and it prints the same"
        assert attrs.asdict(again.run) == attrs.asdict(made.run)
        # Every line of values has its comment, and they are where the positions say.
        if origins:
            lines = text.split("\n")
            assert all("  # " in lines[line - 1] for line in key_lines(text).values())
    assert differences(load_experiment(resolved, host=host).resolved(), resolved) == []
    if "tracker" in tables and "title" in tables["tracker"]:
        assert made.tracker is not None
        assert made.tracker.config.title == tables["tracker"]["title"]


@pytest.mark.parametrize(
    "value",
    [
        1e300,
        1e16,
        math.inf,
        -math.inf,
        -0.0,
        datetime.datetime(2024, 1, 2, 3, 4, 5, 678),
        datetime.time(1, 2),
        [[1, 2], [{"a": [{}]}]],
        {},
        [{}, {"a": 1}],
        "\x00\x1f\x7f\x85\u2028\ud7ff\U0001f600",
    ],
)
def test_values_survive(value: Any) -> None:
    text = experiment_text({"key": value, "table": {"": value}}, None)
    assert tomli.loads(text) == {"key": value, "table": {"": value}}


def test_differences() -> None:
    left = {"a": {"b": 1, "c": [1, 2], "n": math.nan}, "m": [{"type": "x"}, {"type": "y"}], "e": {}, "s": 1}
    assert differences(left, left) == []
    right = {"a": {"b": 2, "c": [1, 3], "n": math.nan}, "m": [{"type": "x"}, {"type": "z"}], "f d": {}, "s": 1.0}
    assert differences(left, right) == ["a.b", "a.c", "m.1.type", "e", "s", '"f d"']


def test_needs_and_components(load: Load) -> None:
    made = load('[tracker]\ntype = "pairs"\n')
    assert [configured.component.name for configured in made.components()] == ["pairs", "walk", "walk", "mot-text"]
    assert [path for path, _ in made.placed_components()][:3] == [
        ("tracker",),
        ("tracker", "motion"),
        ("tracker", "chain", 0),
    ]
    assert made.needs() == {"image", "detections", "camera_motion"}
    assert load('[tracker]\ntype = "heavy"\ncheckpoint = ""\ndepth = 1\n').needs() == {"image", "references"}
    assert load('metrics = [{type = "hota"}]').needs() == {"annotations"}


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from vtcore.experiments import load_experiment; "
        "load_experiment({'dataset': {'type': 'video', 'path': 'x.mp4'}}).to_toml(origins=True); "
        "print(sorted({'numpy', 'cv2', 'torch', 'scipy', 'av'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
