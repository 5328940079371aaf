"""Dots in two dimensions as SVG."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence as Seq

import attrs

from vtcore.report.axes import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Axes, axis_titles, figure, grid, picture, ticks
from vtcore.report.markup import Markup, tag

__all__ = ["Dot", "scatter_plot"]

_MARGIN = 0.06
"""Share of the axes left free on each side."""
_DECADES = (1, 2, 5)
_LETTER = 6.5
"""Width of a letter below an axis."""
_FEWEST_LETTERS = 4


@attrs.frozen
class Dot:
    """One dot.

    Attributes:
        x: Where it stands.
        y: Where it stands.
        words: Shown when the pointer rests on it.
        style: Class of the style sheet: ``dot``, ``dot-best``, ``dot-front``.
    """

    x: float
    y: float
    words: str
    style: str = "dot"


def scatter_plot(
    title: str,
    dots: Seq[Dot],
    *,
    x_title: str,
    y_title: str,
    x_words: Seq[str] | None = None,
    log: bool = False,
    way: Seq[tuple[float, float]] = (),
    legend: Seq[tuple[str, str]] = (),
) -> Markup:
    """Return a figure of dots.

    Args:
        title: Caption, which also names the plot for screen readers.
        dots: The dots, the lowest first.
        x_title: Words and unit at the x axis.
        y_title: Words and unit at the y axis.
        x_words: Names of the positions 0, 1, ... where x is no number.
        log: Whether equal ratios of x stand equally far apart; x is above 0 then.
        way: Points to join by steps, first along x and then along y: what is best holds until something is better.
        legend: Name and class of the style sheet of what needs explaining.
    """
    if not dots:
        return figure(title, (), tag("p", "No trials.", class_="empty"))
    if x_words is None:
        x_low, x_high = _spread([_scaled(dot.x, log) for dot in dots])
    else:
        x_low, x_high = -0.5, len(x_words) - 0.5
    y_low, y_high = _spread([dot.y for dot in dots])
    axes = Axes(x_low, x_high, y_low, y_high, HEIGHT - BOTTOM)
    if x_words is not None:
        marks, words = _named_marks(x_words)
    elif log:
        numbers = _decade_ticks(10**x_low, 10**x_high)
        marks, words = [math.log10(number) for number in numbers], [f"{number:g}" for number in numbers]
    else:
        marks, words = ticks(x_low, x_high, whole=all(float(dot.x).is_integer() for dot in dots)), None
    parts = [grid(axes, marks, ticks(y_low, y_high), words), axis_titles(x_title, y_title)]
    if way:
        points = " ".join(f"{axes.x(_scaled(x, log)):g},{axes.y(y):g}" for x, y in _steps(way))
        parts.append(tag("polyline", class_="line-front", points=points))
    parts += [
        tag(
            "circle",
            tag("title", dot.words),
            class_=dot.style,
            cx=axes.x(_scaled(dot.x, log)),
            cy=axes.y(dot.y),
            r=3 if dot.style == "dot" else 5,
        )
        for dot in dots
    ]
    return figure(title, legend, picture(title, parts, None))


def _steps(way: Seq[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points with the corner before each but the first."""
    corners = [((x, y_before), (x, y)) for (_, y_before), (x, y) in itertools.pairwise(way)]
    return [*way[:1], *(point for pair in corners for point in pair)]


def _named_marks(words: Seq[str]) -> tuple[list[float], list[str]]:
    """Return where names stand and what there is room for of them; of very many only every second, third, ..."""
    letters = (WIDTH - LEFT - RIGHT) / len(words) / _LETTER
    apart = math.ceil(_FEWEST_LETTERS / letters)
    most = int(letters * apart)
    places = range(0, len(words), apart)
    shown = [words[place] if len(words[place]) <= most else f"{words[place][: most - 1]}…" for place in places]
    return [float(place) for place in places], shown


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def _spread(values: Seq[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, with room on both sides."""
    low, high = min(values), max(values)
    room = (high - low) * _MARGIN or abs(high) * _MARGIN or 0.5
    return low - room, high + room


def _decade_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2, 5, 10, 20, ... between low and high; of many decades only 1, 10, 100, ..."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = _DECADES if len(exponents) <= 4 else (1,)
    numbers = [digit * 10.0**exponent for exponent in exponents for digit in digits]
    return [number for number in numbers if low <= number <= high] or [math.sqrt(low * high)]
