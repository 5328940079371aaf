"""Extending and overriding: what ends up in the experiment, and what its origin is said to be."""

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
Write = Callable[..., None]

BASE = """\
[dataset]
type = "folder"
root = "/base"
[tracker]
type = "pairs"
max_age = 3
labels = ["a", "b"]
[tracker.motion]
type = "walk"
speed = 7
[[metrics]]
type = "hota"
[[metrics]]
type = "clear"
"""


def origin(experiment: Experiment, *path: Any) -> str:
    return str(experiment.origins.get(path, "default"))


def test_tables_merge_key_by_key(write: Write, load: Load) -> None:
    write(base=BASE)
    made = load('extends = ["base.toml"]\n[tracker]\nmax_age = 5\n[dataset]\nsplit = "test"\n')
    assert made.tracker is not None
    assert made.dataset is not None
    assert (made.tracker.config.max_age, made.tracker.config.labels) == (5, ["a", "b"])
    assert (made.dataset.config.root, made.dataset.config.split) == ("/base", "test")
    assert origin(made, "tracker", "max_age") == "x.toml:3"
    assert origin(made, "tracker", "labels") == "extends base.toml:7"
    assert origin(made, "tracker", "motion", "speed") == "extends base.toml:10"
    assert origin(made, "tracker", "title") == "default"


def test_arrays_replace(write: Write, load: Load) -> None:
    write(base=BASE)
    made = load('extends = ["base.toml"]\n[tracker]\nlabels = ["c"]\n[[metrics]]\ntype = "clear"\n')
    assert made.tracker is not None
    assert made.tracker.config.labels == ["c"]
    assert [metric.component.name for metric in made.metrics] == ["clear"]


def test_replace_starts_afresh(write: Write, load: Load) -> None:
    write(base=BASE)
    made = load('extends = ["base.toml"]\n[tracker]\nreplace = true\ntype = "pairs"\n')
    assert made.tracker is not None
    assert (made.tracker.config.max_age, made.tracker.config.motion.config.speed) == (30, 2.0)


def test_replace_alone_takes_a_table_away(write: Write, load: Load) -> None:
    write(base=BASE)
    assert load('extends = ["base.toml"]\n[tracker]\nreplace = true\n').tracker is None
    assert load(BASE, "tracker.replace=true").tracker is None


def test_replace_without_anything_below_is_fine(load: Load) -> None:
    assert load('[tracker]\nreplace = true\ntype = "pairs"\n').tracker is not None
    assert load('[tracker]\nreplace = false\ntype = "pairs"\n').tracker is not None


def test_replace_in_a_base_concerns_that_base_only(write: Write, load: Load) -> None:
    write(base=BASE, other='[tracker]\nreplace = true\ntitle = "other"\n')
    made = load('extends = ["base.toml", "other.toml"]')
    assert made.tracker is not None
    assert (made.tracker.config.title, made.tracker.config.max_age) == ("other", 3)


def test_another_type_starts_afresh_at_any_depth(write: Write, load: Load) -> None:
    write(base=BASE)
    made = load('extends = ["base.toml"]\n[tracker.motion]\ntype = "jump"\n')
    assert made.tracker is not None
    assert (made.tracker.config.max_age, made.tracker.config.motion.component.name) == (3, "jump")


def test_later_bases_win_over_earlier_and_the_file_over_all(write: Write, load: Load) -> None:
    write(
        a="[run]\nseed = 1\nprefetch = 1\nmax_frames = 1",
        b='extends = ["c.toml"]\n[run]\nseed = 2',
        c="[run]\nprefetch = 3",
    )
    made = load('extends = ["a.toml", "b.toml"]\nrun.show = true')
    assert (made.run.seed, made.run.prefetch, made.run.max_frames, made.run.show) == (2, 3, 1, True)


def test_extends_is_relative_to_its_own_file(write: Write, load: Load) -> None:
    Path("deep/er").mkdir(parents=True)
    Path("deep/er/a.toml").write_text('extends = ["../b.toml"]')
    Path("deep/b.toml").write_text("run.seed = 4")
    made = load('extends = ["deep/er/a.toml"]')
    assert made.run.seed == 4
    assert origin(made, "run", "seed").replace("\\", "/") == "extends deep/er/../b.toml:1"


def test_experiments_that_plugins_ship(load: Load, host: PluginHost) -> None:
    made = load('extends = ["pairs:full"]')
    assert made.tracker is not None
    assert origin(made, "tracker", "max_age") == "extends pairs:base:3"
    assert made.run.output == "runs/x"
    shipped = load_experiment("pairs:full", host=host)
    assert shipped.source == "pairs:full"
    assert shipped.run.output == "runs/pairs-full"
    assert str(shipped.origins["dataset", "type"]) == "pairs:full:4"


def test_two_ways_to_the_same_base_are_no_circle(write: Write, load: Load) -> None:
    write(a='extends = ["c.toml"]', b='extends = ["c.toml"]', c="run.seed = 9")
    assert load('extends = ["a.toml", "b.toml"]').run.seed == 9


WRONG_EXTENDS = [
    (
        'extends = ["bas.toml"]',
        ["x.toml:1: extends: there is no file 'bas.toml'; did you mean 'base.toml'? (x.toml -> bas.toml)"],
    ),
    (
        'extends = ["no/base.toml"]',
        ["x.toml:1: extends: there is no file 'no/base.toml': there is no folder 'no' (x.toml -> no/base.toml)"],
    ),
    ('extends = ["."]', ["x.toml:1: extends: . is a folder; name the experiment file in it (x.toml -> .)"]),
    (
        'extends = "base.toml"',
        ['x.toml:1: extends: must be a list of files or experiments of plugins: extends = ["base.toml"]'],
    ),
    (
        "extends = [3]",
        [
            "x.toml:1: extends: must be a list of files or experiments of plugins: "
            'extends = ["base.toml", "plugin:experiment"]'
        ],
    ),
    (
        '\nextends = ["x.toml"]',
        ["x.toml:2: extends: experiments extend each other in a circle (x.toml -> x.toml)"],
    ),
    (
        'extends = ["circle.toml"]',
        [
            "way.toml:1: extends: experiments extend each other in a circle "
            "(x.toml -> circle.toml -> way.toml -> circle.toml)"
        ],
    ),
    (
        'extends = ["broken.toml", "lost.toml"]',
        [
            "broken.toml:2: is not valid TOML: Expected '=' after a key in a key/value pair (column 5)",
            "lost.toml:1: extends: there is no file 'nowhere.toml' (x.toml -> lost.toml -> nowhere.toml)",
        ],
    ),
    (
        'extends = ["bytetrack:mot17"]',
        [
            "x.toml:1: extends: plugin 'bytetrack' is not installed: pip install vtrack-plugin-bytetrack "
            "(x.toml -> bytetrack:mot17)"
        ],
    ),
    (
        'extends = ["pairs:ful"]',
        [
            "x.toml:1: extends: plugin 'pairs' (fake-pairs 1.0) ships no experiment 'ful'; did you mean 'full'? "
            "(x.toml -> pairs:ful)"
        ],
    ),
    (
        'extends = ["${NOT_SET_ANYWHERE}/a"]',
        [
            "x.toml:1: extends: the environment variable NOT_SET_ANYWHERE is not set; set it, or write "
            "${NOT_SET_ANYWHERE:-default} in '${NOT_SET_ANYWHERE}/a'"
        ],
    ),
    (
        '[tracker]\nreplace = "yes"\ntype = "pairs"',
        ["x.toml:2: tracker.replace: must be true or false: it says whether this table starts afresh"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG_EXTENDS, ids=[text[:30] for text, _ in WRONG_EXTENDS])
def test_wrong_extends(write: Write, problems: Problems, text: str, expected: list[str]) -> None:
    write(
        base=BASE,
        circle='extends = ["way.toml"]',
        way='extends = ["circle.toml"]',
        broken="[a]\nfoo bar",
        lost='extends = ["nowhere.toml"]',
    )
    assert problems(text) == expected


def test_problem_in_a_base_names_the_base(write: Write, problems: Problems) -> None:
    write(base=BASE + "\n[run]\nsed = 3\n")
    assert problems('extends = ["base.toml"]\n') == ["base.toml:17: run.sed: unknown key; did you mean 'seed'?"]


UNREADABLE = [
    (b"a = \n", "w.toml:1: is not valid TOML: Invalid value (column 5); text stands in quotes"),
    (b"[a.b]\n[a.b]\n", "w.toml:2: is not valid TOML: Cannot declare a.b twice (column 5)"),
    (b"a = 1\na = 2\n", "w.toml:2: is not valid TOML: Cannot overwrite a value (column 6)"),
    (b"# \n[a", "w.toml:2: is not valid TOML: Expected ']' at the end of a table declaration (at the end)"),
    (b"a = 1\nb = '\xff'\n", "w.toml:2: is not UTF-8 text; save it as UTF-8"),
    (b"a = " + b"1" * 5000, "w.toml: is not valid TOML: Exceeds the limit (4300"),
    (b"a = " + b"[" * 5000, "w.toml: is not valid TOML: "),
]


@pytest.mark.parametrize(("data", "expected"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_file(write: Write, host: PluginHost, data: bytes, expected: str) -> None:
    Path("w.toml").write_bytes(data)
    with pytest.raises(ExperimentError) as caught:
        load_experiment("w.toml", host=host)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(expected)


def test_byte_order_mark_is_no_problem(write: Write, host: PluginHost) -> None:
    Path("w.toml").write_bytes(b"\xef\xbb\xbfrun.seed = 3\r\n")
    assert load_experiment("w.toml", host=host).run.seed == 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("expriment.toml", "there is no file 'expriment.toml'; did you mean 'experiment.toml'?"),
        ("pairs:nothing", "plugin 'pairs' (fake-pairs 1.0) ships no experiment 'nothing'; there are 'base', 'full'"),
        ("pairs:", "plugin 'pairs' (fake-pairs 1.0) ships no experiment ''; there are 'base', 'full'"),
        ("sort:mot17", "plugin 'sort' is not installed: pip install vtrack-plugin-sort"),
        (".", ". is a folder; name the experiment file in it"),
        ("pairs", "there is no file 'pairs'; the plugin ships 'pairs:base', 'pairs:full'"),
    ],
)
def test_source_that_is_not_there(write: Write, host: PluginHost, source: str, expected: str) -> None:
    write(experiment="")
    with pytest.raises(ExperimentError) as caught:
        load_experiment(source, host=host)
    assert str(caught.value) == expected


def test_tables_in_place_of_a_file(write: Write, host: PluginHost) -> None:
    write(base=BASE)
    made = load_experiment({"extends": ["base.toml"], "run": {"seed": 3}}, host=host)
    assert (made.source, made.run.seed, made.run.output) == ("Python", 3, "runs/experiment")
    assert origin(made, "run", "seed") == "Python"
    assert origin(made, "tracker", "max_age") == "extends base.toml:6"


def test_wrong_tables_in_place_of_a_file(host: PluginHost) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_experiment({"run": {"seed": None, 3: 4}, "metrics": [{"type": None}]}, host=host)
    assert str(caught.value).splitlines() == [
        "run.seed: None has no form in TOML; leave the key out to have its default",
        "run: keys must be strings, got 3",
        "metrics.0.type: None has no form in TOML; leave the key out to have its default",
    ]
    with pytest.raises(ExperimentError) as caught:
        load_experiment({"run": {"seed": "3"}}, host=host)
    assert str(caught.value) == "run.seed: must be an integer, got '3' (a string)"


def test_experiment_knows_the_place_of_a_problem(write: Write, load: Load) -> None:
    made = load(BASE, "tracker.title=x")
    assert str(made.problem("is odd", "tracker.labels.1")) == "x.toml:7: tracker.labels.1: is odd"
    assert str(made.problem("is odd", ("tracker", "quick"))) == "x.toml:4: tracker.quick: is odd"
    assert str(made.problem("is odd", "tracker.title")) == "-o tracker.title=x: tracker.title: is odd"
    assert str(made.problem("is odd", "run.seed")) == "x.toml:1: run.seed: is odd"
