"""Environment variables in strings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.experiments import Experiment
from vtcore.experiments.environment import escaped, expand_text

ENVIRONMENT = {"A": "one", "B_2": "", "DATA": "/x"}


@pytest.mark.parametrize(
    ("text", "expected", "variables"),
    [
        ("plain $A {A}", "plain $A {A}", ()),
        ("${DATA}/MOT17", "/x/MOT17", ("DATA",)),
        ("${A}${A}${DATA}", "oneone/x", ("A", "DATA")),
        ("${C:-two}", "two", ("C",)),
        ("${C:-}", "", ("C",)),
        ("${A:-two}", "one", ("A",)),
        ("${B_2:-two}", "two", ("B_2",)),
        ("<${B_2}>", "<>", ("B_2",)),
        ("$${A}", "${A}", ()),
        ("$$${A}", "$${A}", ()),
        ("$$ $", "$$ $", ()),
    ],
)
def test_expansion(text: str, expected: str, variables: tuple[str, ...]) -> None:
    assert expand_text(text, ENVIRONMENT) == (expected, variables, [])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("${C}", "the environment variable C is not set; set it, or write ${C:-default} in '${C}'"),
        ("${}", "'${}' names no variable; write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
        ("a ${1x} b", "'${1x}' names no variable; write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
        ("${A", "'${A' names no variable; write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
        ("${A-b}", "'${A-b}' names no variable; write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
    ],
)
def test_complaints(text: str, complaint: str) -> None:
    assert expand_text(text, ENVIRONMENT)[2] == [complaint]


@given(st.text("${}A:-x "))
def test_escaped_text_expands_to_itself(text: str) -> None:
    assert expand_text(escaped(text), {}) == (text, (), [])


def test_in_an_experiment(load: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "/data")
    made = load('[tracker]\ntype = "pairs"\nlabels = ["${HERE}", "$${HERE}"]\n[run]\noutput = "${HERE}/${NAME_:-x}"\n')
    assert made.tracker is not None
    assert made.tracker.config.labels == ["/data", "${HERE}"]
    assert made.run.output == "/data/x"
    assert str(made.origins["run", "output"]) == "x.toml:5, ${HERE}, ${NAME_}"


def test_every_undefined_variable_is_told(problems: Callable[..., list[str]]) -> None:
    text = '[tracker]\ntype = "pairs"\nlabels = ["${NOPE_1}",\n "${NOPE_2}"]\nmode = "${NOPE_3}"\n'
    lines = problems(text)
    assert [line.split(" is not set")[0] for line in lines] == [
        "x.toml:3: tracker.labels.0: the environment variable NOPE_1",
        "x.toml:4: tracker.labels.1: the environment variable NOPE_2",
        "x.toml:5: tracker.mode: the environment variable NOPE_3",
    ]
