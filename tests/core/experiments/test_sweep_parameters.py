"""Parameters of a sweep: lists, ranges, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from vtcore.experiments.sweep_parameters import Choices, Range, laid_over, read_parameters


def test_lists_and_ranges_are_found_below_tables() -> None:
    found, faults = read_parameters(
        {"tracker": {"a": [1, 2], "motion": {"b": {"low": 0, "high": 4}}}, "refiners": {"0": {"c": ["x"]}}}
    )
    assert not faults
    assert [(parameter.name, parameter.count) for parameter in found] == [
        ("tracker.a", 2),
        ("tracker.motion.b", 5),
        ("refiners.0.c", 1),
    ]


@pytest.mark.parametrize(
    ("low", "high", "step", "values"),
    [
        (0.6, 0.8, 0.05, [0.6, 0.65, 0.7, 0.75, 0.8]),
        (0.1, 0.4, 0.1, [0.1, 0.2, 0.3, 0.4]),
        (1, 6, 2, [1, 3, 5]),
        (0, 1, 0.5, [0.0, 0.5, 1.0]),
    ],
)
def test_steps_give_the_numbers_that_one_would_write(low: Any, high: Any, step: Any, values: list[Any]) -> None:
    found = Range(("a",), low, high, step)
    assert found.count == len(values)
    assert [found.value(index) for index in range(len(values))] == values
    assert [value for _, value in found.tested()] == [values[0], values[-1]]


def test_drawn_numbers_are_short_and_stay_in_the_range() -> None:
    assert Range(("a",), 0.1, 0.9).readable(0.123456789) == 0.123457
    assert Range(("a",), 0.1, 1 / 3).readable(1 / 3) <= 1 / 3
    assert Range(("a",), 1, 9, whole=True).readable(9.4) == 9
    assert Range(("a",), 0.1, 0.9).count is None


def test_ascending_numbers_are_ordered() -> None:
    assert Choices(("a",), (1, 2.5, 7)).is_ordered
    assert not Choices(("a",), (2, 1)).is_ordered
    assert not Choices(("a",), (False, True)).is_ordered
    assert not Choices(("a",), ("a", "b")).is_ordered


WRONG: list[tuple[Any, str, str]] = [
    ([], "a", "must list the values to try, got an empty list"),
    (0.5, "a", "must be a list of values to try, or {low = ..., high = ...}, got 0.5; write [0.5]"),
    ("x", "a", 'must be a list of values to try, or {low = ..., high = ...}, got "x"; write ["x"]'),
    ({"low": 1}, "a", "a range has two ends, and 'high' is missing"),
    ({"low": 1, "high": 2, "stp": 1}, "a.stp", "unknown key of a range; there are 'low', 'high', 'step', 'log'"),
    ({"low": True, "high": 2}, "a.low", "must be a number, got True"),
    ({"low": 1, "high": float("inf")}, "a.high", "must be a number, got inf"),
    ({"low": 2, "high": 2}, "a.high", "must be above low (2), got 2"),
    ({"low": 1, "high": 2, "step": 2}, "a.step", "must be above 0 and at most high - low (1), got 2"),
    ({"low": 1, "high": 2, "step": 1, "log": True}, "a.step", "goes without log: numbers are at equal distances, or at equal ratios"),  # noqa: E501
    ({"low": 0, "high": 2, "log": True}, "a.low", "must be above 0 with log = true, got 0"),
    ({"low": 1, "high": 2, "log": 1}, "a.log", "must be true or false, got 1"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "key", "message"), WRONG)
def test_wrong_parameter(value: Any, key: str, message: str) -> None:
    found, (fault,) = read_parameters({"a": value})
    assert not found
    assert (".".join(map(str, fault.path)), fault.message) == (key, message)


def test_values_are_laid_over_as_overrides_are() -> None:
    tables = {"tracker": {"type": "a", "x": 1, "motion": {"type": "m", "y": 2}}, "refiners": [{"type": "r", "z": 3}]}
    assert laid_over(tables, ("tracker", "x"), 5)["tracker"]["x"] == 5
    assert laid_over(tables, ("tracker", "type"), "b")["tracker"] == {"type": "b"}
    assert laid_over(tables, ("tracker", "type"), "a")["tracker"] == tables["tracker"]
    assert laid_over(tables, ("tracker", "motion"), {"type": "n"})["tracker"]["motion"] == {"type": "n"}
    assert laid_over(tables, ("tracker", "motion"), {"q": 1})["tracker"]["motion"] == {"type": "m", "y": 2, "q": 1}
    assert laid_over(tables, ("refiners", "0", "z"), 4)["refiners"] == [{"type": "r", "z": 4}]
    with pytest.raises(LookupError, match=r"there is no element 1: the list has 1, counted from 0"):
        laid_over(tables, ("refiners", "1", "z"), 4)
    assert tables["tracker"]["x"] == 1
