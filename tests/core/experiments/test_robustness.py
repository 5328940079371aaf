"""Whatever stands in a document or an override, the answer is an experiment or its problems."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vtcore.errors import ExperimentError, Problem
from vtcore.experiments import load_experiment
from vtcore.host import PluginHost

SECTIONS = [
    "requires",
    "extends",
    "dataset",
    "transforms",
    "detector",
    "tracker",
    "refiners",
    "metrics",
    "writers",
    "run",
    "plugins",
]
FIELDS = ["title", "labels", "weights", "size", "mode", "motion", "chain", "by_class", "limits", "anything", "either"]
NAMES = [*SECTIONS, *FIELDS, "type", "replace", "disable", "output", "seed", "sequences", "0", "1", "", "x y"]
WORDS = [
    "pairs",
    "walk",
    "jump",
    "hota",
    "mot-text",
    "folder",
    "pairs:full",
    "x.toml",
    "${",
    "${A",
    "${A:-b}",
    "vtcore",
]
LEAVES = (
    st.booleans()
    | st.integers(-3, 10**20)
    | st.floats()
    | st.dates()
    | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=15,
)
TRACKER = st.fixed_dictionaries({"type": st.just("pairs")}, optional=dict.fromkeys([*FIELDS, "replace"], VALUES))
TABLES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5) | st.fixed_dictionaries({"tracker": TRACKER})
KEYS = st.lists(st.sampled_from(NAMES[:-2]), min_size=1, max_size=4).map(".".join)
OVERRIDES = st.lists(
    st.builds(
        lambda key, value: f"{key}={value}", KEYS, st.sampled_from(["1", "[1", "{", "a", '"', "[{}]", "true", "{}"])
    )
    | st.text(max_size=8),
    max_size=3,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=TABLES, overrides=OVERRIDES)
@example(tables={"requires": "\n"}, overrides=[])
@example(tables={"transforms": ["\n"]}, overrides=[])
@example(tables={"tracker": "\n"}, overrides=[])
def test_any_tables(host: PluginHost, write: Callable[..., None], tables: dict[str, Any], overrides: list[str]) -> None:
    problems: tuple[Problem, ...] = ()
    made = None
    try:
        made = load_experiment(tables, overrides, host=host)
    except ExperimentError as error:
        problems = error.problems
    assert (made is None) == bool(problems)
    assert all(problem.message and "\n" not in problem.message for problem in problems)
    if made is not None:
        assert load_experiment(made.resolved(), host=host).to_toml() == made.to_toml()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("ab=\"'[]{}.,#\n\\ 1-_é")))
def test_any_text(host: PluginHost, write: Callable[..., None], text: str) -> None:
    Path("x.toml").write_text(text, encoding="utf-8")
    with contextlib.suppress(ExperimentError):
        load_experiment("x.toml", host=host)
