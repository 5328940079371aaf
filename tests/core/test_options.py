"""Bounds and choices of config fields."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest

from vtcore.options import OptionInfo, option, option_info


@attrs.frozen(kw_only=True)
class ExampleConfig:
    score: float = option(0.5, "A score.", unit="px", ge=0, le=1)
    age: int = option(1, "An age.", gt=0, lt=10)
    mode: str = option("fast", "A mode.", choices=("fast", "slow"))
    sizes: tuple[float, ...] = option((1.0,), "Sizes.", ge=0)
    limit: float | None = option(None, "A limit.", ge=0)
    root: str = option(help="A folder.")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("score", 1.5, "score: must be <= 1, got 1.5"),
        ("score", -0.1, "score: must be >= 0, got -0.1"),
        ("score", math.nan, "score: must be a number, got nan"),
        ("age", 0, "age: must be > 0, got 0"),
        ("age", 10, "age: must be < 10, got 10"),
        ("mode", "quick", "mode: must be one of 'fast', 'slow', got 'quick'"),
        ("sizes", [1.0, -2.0, -3.0], "sizes: must be >= 0, got -2.0"),
        ("sizes", (math.nan,), "sizes: must be a number, got nan"),
        ("limit", -1.0, "limit: must be >= 0, got -1.0"),
    ],
)
def test_out_of_bounds(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        ExampleConfig(root="", **{field: value})
    assert str(caught.value) == expected


def test_bounds_belong_to_the_range_or_not() -> None:
    config = ExampleConfig(root="", score=1, age=9, limit=None, sizes=[])
    assert (config.score, config.age, config.limit, config.sizes) == (1, 9, None, [])


def test_defaults_and_required() -> None:
    assert ExampleConfig(root="a") == ExampleConfig(root="a", score=0.5, age=1)
    with pytest.raises(TypeError, match="root"):
        ExampleConfig()  # type: ignore[call-arg]


def test_mutable_default_is_made_anew() -> None:
    example = attrs.make_class("Example", {"sizes": option(factory=lambda: [1.0], help="Sizes.", ge=0)}, kw_only=True)
    assert example().sizes == [1.0]
    assert example().sizes is not example().sizes
    with pytest.raises(ValueError, match="sizes: must be >= 0, got -1"):
        example(sizes=[-1])


def test_information_of_a_field() -> None:
    fields = attrs.fields(ExampleConfig)
    assert option_info(fields.score) == OptionInfo("A score.", "px", ge=0, le=1)
    assert option_info(fields.mode).choices == ("fast", "slow")
    plain = attrs.make_class("Plain", {"x": attrs.field(default=1)})
    assert option_info(attrs.fields(plain).x) == OptionInfo("")


def test_choices_are_for_single_values_and_elements() -> None:
    info = OptionInfo("", choices=(1, 2))
    assert info.complaint([1, 2]) is None
    assert info.complaint([1, 3]) == "must be one of 1, 2, got 3"
    assert info.complaint(None) is None


def test_bounds_are_told_with_all_their_digits() -> None:
    info = OptionInfo("", ge=0.0005, le=2**32 - 1)
    assert info.bounds() == [">= 0.0005", "<= 4294967295"]
    assert info.complaint(2**32) == "must be <= 4294967295, got 4294967296"


def test_not_a_number_is_refused_without_bounds_too() -> None:
    assert OptionInfo("").complaint(math.nan) == "must be a number, got nan"
    assert OptionInfo("").complaint(math.inf) is None
