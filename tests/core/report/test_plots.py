from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.report.axes import ticks
from vtcore.report.markup import Markup, joined, tag
from vtcore.report.plots import Line, Strip, bar_plot, line_plot


def plot(values: list[float], **options: object) -> str:
    x = np.arange(1.0, len(values) + 1)
    line = Line("a < b", np.array(values, float), "line-main")
    return line_plot("t", x, [line], x_title="frame", y_title="boxes", **options)  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=30))
def test_any_numbers_make_a_plot(values: list[float]) -> None:
    text = plot(values)
    assert "nan" not in text
    assert "inf" not in text


def test_a_gap_splits_the_curve_and_a_lone_point_is_a_dot() -> None:
    text = plot([1, 2, float("nan"), 3, 4, float("nan"), 5])
    assert text.count("<polyline") == 2
    assert text.count("<circle") == 1


def test_a_curve_without_height_still_has_an_axis() -> None:
    assert ">1<" in plot([0, 0, 0])


def test_events_are_marked_where_they_are() -> None:
    strip = Strip("switches", np.array([0.0, 2.0, 0.0]), "mark-switch")
    text = plot([1, 2, 3], strip=strip)
    assert text.count('class="mark-switch"') == 2  # the key of the legend and the mark


def test_bars_tell_their_numbers() -> None:
    text = bar_plot("t", np.array([1, 2, 3]), np.array([4, 0]), x_title="x", y_title="y")
    assert "<title>1: 4</title>" in text
    text = bar_plot("t", np.array([0, 5, 10]), np.array([4, 2]), x_title="x", y_title="y")
    assert "<title>5 to 9: 2</title>" in text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0, 3, [0, 1, 2, 3]), (0.05, 0.95, [0.2, 0.4, 0.6, 0.8]), (1, 1, [1])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_markup_escapes_text_and_attributes_but_not_markup() -> None:
    inner = tag("b", "<", data_x='"')
    assert inner == '<b data-x="&quot;">&lt;</b>'
    assert tag("p", inner, None, ["&", 1, 2.5], open=True, hidden=False, class_="c") == (
        '<p open class="c"><b data-x="&quot;">&lt;</b>&amp;12.5</p>'
    )
    assert tag("img", alt="") == '<img alt="">'
    assert isinstance(joined("a"), Markup)
