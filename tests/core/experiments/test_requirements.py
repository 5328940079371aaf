"""Requirements of an experiment."""

from __future__ import annotations

import pytest

import vtcore
from vtcore.experiments.requirements import requirement_problem


@pytest.mark.parametrize(
    "text",
    ["vtcore", "vtcore>=0.1", "VTCORE >= 0.0.1", "vtcore[av]>=0", 'nobody-has-this>=2; python_version < "3"'],
)
def test_met(text: str) -> None:
    assert requirement_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "vtrack-plugin-nobody>=0.3",
            'vtrack-plugin-nobody is not installed; pip install "vtrack-plugin-nobody>=0.3"',
        ),
        (
            "vtcore[av]>=99",
            f'needs vtcore[av]>=99, but vtcore {vtcore.__version__} is installed; pip install "vtcore[av]>=99"',
        ),
        (
            "two words",
            "'two words' is not a requirement such as 'vtrack-plugin-bytetrack>=0.1': "
            "Expected semicolon (after name with no version specifier) or end",
        ),
    ],
)
def test_not_met(text: str, problem: str) -> None:
    assert requirement_problem(text) == problem
