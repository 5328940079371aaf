"""Dots in two dimensions."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from vtcore.report.scatter import Dot, scatter_plot


def _circles(markup: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"', markup)]


def test_dots_stand_where_their_numbers_are() -> None:
    dots = [Dot(0, 10, "a"), Dot(5, 20, "b"), Dot(10, 30, "c <3>", "dot-best")]
    markup = scatter_plot("T", dots, x_title="x", y_title="y", way=[(0, 10), (10, 30)], legend=[("w", "line-front")])
    (x0, y0), (x1, y1), (x2, y2) = _circles(markup)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert "<title>c &lt;3&gt;</title>" in markup
    assert "polyline" in markup
    ElementTree.fromstring(markup)


def test_equal_ratios_stand_equally_far_apart() -> None:
    markup = scatter_plot("T", [Dot(x, 1, "") for x in (1, 10, 100)], x_title="x", y_title="y", log=True)
    (x0, _), (x1, _), (x2, _) = _circles(markup)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert [tick for tick in ("1", "2", "5", "10", "20", "50", "100") if f">{tick}</text>" in markup]


@pytest.mark.parametrize(("low", "high"), [(3.0, 3.1), (1e-6, 1e6), (7, 7)])
def test_any_logarithmic_axis_has_a_mark(low: float, high: float) -> None:
    markup = scatter_plot("T", [Dot(low, 1, ""), Dot(high, 2, "")], x_title="x", y_title="y", log=True)
    assert re.search(r'class="tick"[^>]*text-anchor="middle"', markup)


def test_names_stand_in_place_of_numbers() -> None:
    markup = scatter_plot("T", [Dot(0, 1, ""), Dot(1, 1, "")], x_title="x", y_title="y", x_words=["red", "green"])
    assert ">red</text>" in markup
    assert ">green</text>" in markup


def test_the_line_goes_in_steps() -> None:
    dots = [Dot(0, 10, ""), Dot(10, 30, "")]
    markup = scatter_plot("T", dots, x_title="x", y_title="y", way=[(0, 10), (10, 30)])
    (x0, y0), (x1, y1) = _circles(markup)
    assert f'points="{x0:g},{y0:g} {x1:g},{y0:g} {x1:g},{y1:g}"' in markup


def _words(markup: str) -> list[tuple[float, str]]:
    found = re.findall(r'<text class="tick" x="([\d.]+)" y="200" text-anchor="middle">([^<]*)</text>', markup)
    return [(float(x), text) for x, text in found]


def test_whole_numbers_have_whole_marks() -> None:
    markup = scatter_plot("T", [Dot(x, 1, "") for x in (1, 2, 3)], x_title="x", y_title="y")
    assert [text for _, text in _words(markup)] == ["1", "2", "3"]


@pytest.mark.parametrize("count", [1, 2, 9, 40, 200])
def test_names_neither_overlap_nor_leave_the_picture(count: int) -> None:
    names = [f"mmtracking-{number:03}" for number in range(count)]
    markup = scatter_plot("T", [Dot(count - 1, 1, "")], x_title="x", y_title="y", x_words=names)
    words = _words(markup)
    ends = [(x - 3 * len(text), x + 3 * len(text)) for x, text in words]
    assert min(left for left, _ in ends) >= 0
    assert max(right for _, right in ends) <= 560
    assert all(right < left for (_, right), (left, _) in itertools.pairwise(ends))
    assert words[0][1][0] == "m"


def test_without_dots_it_says_so() -> None:
    assert "No trials." in scatter_plot("T", [], x_title="x", y_title="y")
