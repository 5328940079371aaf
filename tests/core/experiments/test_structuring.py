"""Strictness: what a config accepts, and the line that each mistake gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore.experiments import Experiment

Load = Callable[..., Experiment]
Problems = Callable[..., list[str]]


def config(load: Load, text: str, *overrides: str) -> Any:
    tracker = load(f'[tracker]\ntype = "pairs"\n{text}', *overrides).tracker
    assert tracker is not None
    return tracker.config


def test_every_type_of_field(load: Load) -> None:
    made = config(
        load,
        """high_threshold = 1
quick = true
mode = "some"
shape = "square"
size = [3, 4.5]
labels = ["a", "b"]
weights = {a = 1, b = 2.5}
ceiling = 3
either = "x"
file = "c/d"
anything = [1, "x", {y = 2}]
limits = {lowest = 0.25}
motion = {type = "jump", height = 2, then = {type = "walk"}}
spare = {type = "walk"}
chain = [{type = "jump"}, {type = "walk", speed = 3}]
by_class.car = {type = "walk"}
""",
    )
    assert made.high_threshold == 1.0
    assert type(made.high_threshold) is float
    assert (made.mode, made.shape.name, made.size, made.labels) == ("some", "SQUARE", (3.0, 4.5), ["a", "b"])
    assert (made.weights, made.ceiling, made.either, made.file) == ({"a": 1.0, "b": 2.5}, 3.0, "x", Path("c/d"))
    assert made.anything == [1, "x", {"y": 2}]
    assert (made.limits.lowest, made.limits.highest) == (0.25, 0.5), "the rest of the default table stays"
    assert (made.motion.component.name, made.motion.config.height) == ("jump", 2.0)
    assert made.motion.config.then.component.name == "walk"
    assert [part.component.name for part in made.chain] == ["jump", "walk"]
    assert made.by_class["car"].config.speed == 1.0


def test_defaults_that_are_components(load: Load) -> None:
    made = config(load, "")
    assert (made.motion.component.name, made.motion.config.speed) == ("walk", 2.0)
    assert [part.component.name for part in made.chain] == ["walk"]
    assert made.spare is None


def test_part_of_a_default_component_keeps_its_type(load: Load) -> None:
    assert config(load, "motion = {speed = 5}").motion.config.speed == 5.0
    assert config(load, 'motion = {type = "walk"}').motion.config.speed == 2.0
    assert config(load, 'motion = {type = "jump"}').motion.component.name == "jump"


def test_default_writers_and_none(load: Load) -> None:
    assert [writer.component.name for writer in load("").writers] == ["mot-text"]
    assert load("writers = []").writers == ()


WRONG_VALUES = [
    ("high_treshold = 0.5", "tracker.high_treshold: unknown key; did you mean 'high_threshold'?"),
    ("high_threshold = 1.5", "tracker.high_threshold: must be <= 1, got 1.5"),
    ("high_threshold = nan", "tracker.high_threshold: must be a number, got nan"),
    ("high_threshold = inf", "tracker.high_threshold: must be <= 1, got inf"),
    ("max_age = -1", "tracker.max_age: must be >= 0, got -1"),
    ("max_age = 3.0", "tracker.max_age: must be an integer, got 3.0 (a number)"),
    ("max_age = '3'", "tracker.max_age: must be an integer, got '3' (a string)"),
    ("max_age = true", "tracker.max_age: must be an integer, got true (a boolean)"),
    ("high_threshold = true", "tracker.high_threshold: must be a number, got true (a boolean)"),
    ("high_threshold = '0.5'", "tracker.high_threshold: must be a number, got '0.5' (a string)"),
    (
        f"high_threshold = 1{'0' * 400}",
        "tracker.high_threshold: must be a number that a double holds, got one with too many digits",
    ),
    (f"max_age = {2**63}", "tracker.max_age: must be an integer of 64 bits, got one with too many digits"),
    ('title = "a\\u0000b"', "tracker.title: must not hold the character U+0000, got 'a\\x00b' (a string)"),
    ('file = "a\\u0000b"', "tracker.file: must not hold the character U+0000, got 'a\\x00b' (a string)"),
    ("quick = 'true'", "tracker.quick: must be true or false, got 'true' (a string); write true"),
    ("quick = 1", "tracker.quick: must be true or false, got 1 (an integer)"),
    ("title = 5", 'tracker.title: must be a string, got 5 (an integer); write "5"'),
    ("title = 2024-01-02", 'tracker.title: must be a string, got 2024-01-02 (a date); write "2024-01-02"'),
    ("title = {}", "tracker.title: must be a string, got a table"),
    ("labels = 'abc'", "tracker.labels: must be a list, got 'abc' (a string); write [\"abc\"]"),
    ("labels = ['a', 5]", 'tracker.labels.1: must be a string, got 5 (an integer); write "5"'),
    ("size = [1.0]", "tracker.size: must be a list of 2 values, got 1"),
    (
        'labels = "a\\n\\"b"',
        'tracker.labels: must be a list, got \'a\\n"b\' (a string); write ["a\\n\\"b"]',
    ),
    ("size = 'ab'", "tracker.size: must be a list, got 'ab' (a string); write [\"ab\"]"),
    ("size = [1, 'x']", "tracker.size.1: must be a number, got 'x' (a string)"),
    ("weights = {a = 'x'}", "tracker.weights.a: must be a number, got 'x' (a string)"),
    ("weights = [1]", "tracker.weights: must be a table, got a list of 1"),
    ("ceiling = 'x'", "tracker.ceiling: must be a number, got 'x' (a string)"),
    ("either = 1.5", "tracker.either: must be an integer or a string, got 1.5 (a number)"),
    ("file = 3", "tracker.file: must be a string (a path), got 3 (an integer)"),
    ("mode = 'al'", "tracker.mode: must be one of 'all', 'some', got 'al' (a string); did you mean 'all'?"),
    ("mode = 3", "tracker.mode: must be one of 'all', 'some', got 3 (an integer)"),
    ("shape = 'rund'", "tracker.shape: must be one of 'round', 'square', got 'rund' (a string); did you mean 'round'?"),
    ("limits = 3", "tracker.limits: must be a table, got 3 (an integer)"),
    (
        "limits = [1]",
        "tracker.limits: must be a table, got a list of 1; [name] opens one table, [[name]] a list of them",
    ),
    ("limits = {lowst = 1}", "tracker.limits.lowst: unknown key; did you mean 'lowest'?"),
    ("limits = {lowest = 0.75}", "tracker.limits: lowest must not exceed highest, got 0.75 and 0.5"),
    ("low_threshold = 0.7", "tracker: low_threshold must not exceed high_threshold, got 0.7 and 0.6"),
    (
        "motion = 'walk'",
        "tracker.motion: must be a table with a 'type', got 'walk' (a string); write {type = \"walk\"}",
    ),
    ("motion = {type = 'wlk'}", "tracker.motion.type: unknown motion 'wlk'; did you mean 'walk'?"),
    ("motion = {speed = 0}", "tracker.motion.speed: must be > 0, got 0.0"),
    ("spare = {speed = 1}", "tracker.spare.type: is missing: which motion? there are 'jump', 'walk'"),
    (
        "chain = [{type = 'walk'}, {height = 1}]",
        "tracker.chain.1.type: is missing: which motion? there are 'jump', 'walk'",
    ),
    (
        "chain = {type = 'walk'}",
        "tracker.chain: must be a list, got a table; a list of tables is written with two brackets: [[name]]",
    ),
    (
        "by_class = {car = 3}",
        "tracker.by_class.car: must be a table with a 'type', got 3 (an integer); "
        "[name] opens one table, [[name]] a list of them",
    ),
    ("motion = {type = 3}", 'tracker.motion.type: must be a string, got 3 (an integer); write "3"'),
]


@pytest.mark.parametrize(("line", "problem"), WRONG_VALUES, ids=[line[:40] for line, _ in WRONG_VALUES])
def test_wrong_value(problems: Problems, line: str, problem: str) -> None:
    assert problems(f'# first\n[tracker]\ntype = "pairs"\n{line}\n') == [f"x.toml:4: {problem}"]


WRONG_DOCUMENTS = [
    ("[trackr]\ntype = 'pairs'", ["x.toml:1: trackr: unknown key; did you mean 'tracker'?"]),
    (
        "[something]",
        [
            "x.toml:1: something: unknown key; there are 'requires', 'dataset', 'transforms', 'detector', 'reid', "
            "'tracker', 'protocol', 'refiners', 'metrics', 'writers', 'run', 'sweep', 'plugins'"
        ],
    ),
    (
        "tracker = 'pairs'",
        ["x.toml:1: tracker: must be a table with a 'type', got 'pairs' (a string); write {type = \"pairs\"}"],
    ),
    (
        "[[tracker]]\ntype = 'pairs'",
        [
            "x.toml:1: tracker: must be a table with a 'type', got a list of 1; "
            "[name] opens one table, [[name]] a list of them"
        ],
    ),
    (
        "[metrics]\ntype = 'hota'",
        ["x.toml:1: metrics: must be a list, got a table; a list of tables is written with two brackets: [[name]]"],
    ),
    (
        "metrics = 'hota'",
        [
            "x.toml:1: metrics: must be a list, got 'hota' (a string); "
            "a list of tables is written with two brackets: [[name]]"
        ],
    ),
    (
        "\n[tracker]\nmax_age = 3",
        ["x.toml:2: tracker.type: is missing: which tracker? there are 'heavy', 'pairs', 'unloadable'"],
    ),
    (
        "[tracker]\ntype = 'bytetrak'",
        [
            "x.toml:2: tracker.type: unknown tracker 'bytetrak'; did you mean 'bytetrack'? "
            "(it comes with vtrack-plugin-bytetrack: pip install vtrack-plugin-bytetrack)"
        ],
    ),
    (
        "[tracker]\ntype = 'sort'",
        [
            "x.toml:2: tracker.type: unknown tracker 'sort'; "
            "it comes with vtrack-plugin-sort: pip install vtrack-plugin-sort"
        ],
    ),
    (
        "[[transforms]]\nlimit = 2",
        [
            "x.toml:1: transforms.0.type: is missing: which transform? "
            "no installed plugin offers a transform: pip install vtrack-plugin-classic"
        ],
    ),
    (
        "[tracker]\n\ntype = 'heavy'",
        [
            "x.toml:1: tracker.checkpoint: is missing and has no default; it must be a string: File with the weights.",
            "x.toml:1: tracker.depth: is missing and has no default; it must be an integer: Layers.",
        ],
    ),
    ("[detector]\ntype = 'blobs'\nsize = 3", ["x.toml:3: detector.size: unknown key; there are none to set"]),
    ("[run]\ndevice = 'gpu'", ["x.toml:2: run.device: must be auto, cpu, cuda, cuda:<number> or mps, got 'gpu'"]),
    ("[run]\noutput = ' '", ["x.toml:2: run.output: must name a folder, got ' '"]),
    ("[run]\ndtype = 'float8'", ["x.toml:2: run.dtype: must be one of 'float32', 'float16', 'bfloat16', got 'float8'"]),
    ("run = 3", ["x.toml:1: run: must be a table, got 3 (an integer)"]),
    ("[run]\nsequences = 'A'", ["x.toml:2: run.sequences: must be a list, got 'A' (a string); write [\"A\"]"]),
    ("requires = 'vtcore'", ["x.toml:1: requires: must be a list, got 'vtcore' (a string); write [\"vtcore\"]"]),
    ("plugins.disable = [3]", ['x.toml:1: plugins.disable.0: must be a string, got 3 (an integer); write "3"']),
]


@pytest.mark.parametrize(("text", "expected"), WRONG_DOCUMENTS, ids=[text[:30] for text, _ in WRONG_DOCUMENTS])
def test_wrong_document(problems: Problems, text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_unloadable_config_names_component(problems: Problems) -> None:
    (line,) = problems("[tracker]\ntype = 'unloadable'")
    assert line.startswith(
        "x.toml:2: tracker.type: config of tracker 'unloadable': cannot load 'fake_pairs.config:NoSuchConfig': "
        "AttributeError: "
    )


def test_problem_of_a_whole_table_stands_where_the_named_key_is(problems: Problems) -> None:
    text = "[tracker]\ntype = 'pairs'\nmax_age = 3\nlow_threshold = 0.9\nhigh_threshold = 0.5\n"
    assert problems(text) == [
        "x.toml:4: tracker: low_threshold must not exceed high_threshold, got 0.9 and 0.5",
    ]


def test_all_problems_at_once_in_order_of_lines(problems: Problems) -> None:
    text = """\
requires = ["nobody-has-this>=2"]
[tracker]
type = "pairs"
high_threshold = 1.5
low_threshold = -1
max_age = "3"
[tracker.motion]
speed = -2
hight = 1
[detector]
type = "blob"
[run]
seed = "3"
prefetch = 0
output = "${NOT_SET_ANYWHERE}/x"
[[metrics]]
type = "hota"
[[metrics]]
kind = "clear"
"""
    assert problems(text, "run.show=yes") == [
        'x.toml:1: requires: nobody-has-this is not installed; pip install "nobody-has-this>=2"',
        "x.toml:4: tracker.high_threshold: must be <= 1, got 1.5",
        "x.toml:5: tracker.low_threshold: must be >= 0, got -1.0",
        "x.toml:6: tracker.max_age: must be an integer, got '3' (a string)",
        "x.toml:8: tracker.motion.speed: must be > 0, got -2.0",
        "x.toml:9: tracker.motion.hight: unknown key; there is 'speed'",
        "x.toml:11: detector.type: unknown detector 'blob'; did you mean 'blobs'?",
        "x.toml:13: run.seed: must be an integer, got '3' (a string)",
        "x.toml:14: run.prefetch: must be >= 1, got 0",
        "x.toml:15: run.output: the environment variable NOT_SET_ANYWHERE is not set; set it, or write "
        "${NOT_SET_ANYWHERE:-default} in '${NOT_SET_ANYWHERE}/x'",
        "x.toml:18: metrics.1.type: is missing: which metric? there are 'clear', 'hota'",
        "-o run.show=yes: run.show: must be true or false, got 'yes' (a string)",
    ]


def test_disabled_plugin_offers_nothing(problems: Problems) -> None:
    assert problems("plugins.disable = ['pairs']\n[tracker]\ntype = 'pairs'\n") == [
        "x.toml:3: tracker.type: unknown tracker 'pairs'; plugin 'pairs' (fake-pairs 1.0) is disabled by "
        "[plugins] disable"
    ]
