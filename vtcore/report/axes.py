"""The paper that plots are drawn on: axes, grid, titles, legend and frame, as SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence as Seq

import attrs

from vtcore.instances import Float64Array
from vtcore.report.markup import Markup, tag

__all__ = ["Axes", "axis_titles", "figure", "grid", "picture", "short", "ticks"]

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 560, 46, 12, 10, 36
HEIGHT = 220


@attrs.frozen
class Axes:
    """From numbers to places in the picture.

    Attributes:
        x_low, x_high: Values of x at the left and the right.
        y_low, y_high: Values of y at the bottom and the top.
        bottom: How far from the picture's top the plot ends.
    """

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    bottom: float

    def x(self, value: float) -> float:
        """Return how far from the left a value of x stands."""
        return round(LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Return how far from the top a value of y stands."""
        return round(self.bottom - (value - self.y_low) / (self.y_high - self.y_low) * (self.bottom - TOP), 1)


def figure(title: str, legend: Seq[tuple[str, str]], picture: Markup) -> Markup:
    """Return a plot with its caption and legend.

    Args:
        title: The caption.
        legend: Name and class of the style sheet of each curve.
        picture: The plot.
    """
    entries = [
        tag(
            "li",
            tag(
                "svg",
                tag("line", class_=style, x1=1, x2=23, y1=5, y2=5),
                class_="key",
                viewBox="0 0 24 10",
                aria_hidden="true",
            ),
            name,
        )
        for name, style in legend
    ]
    return tag(
        "figure",
        tag("figcaption", title),
        tag("ul", entries, class_="legend") if entries else None,
        picture,
        class_="plot",
    )


def picture(title: str, parts: Seq[Markup], hover: object) -> Markup:
    """Return the SVG.

    Args:
        title: Names it for screen readers.
        parts: What to draw, the lowest first.
        hover: What the page's script shows under the pointer; None for nothing.
    """
    return tag(
        "svg",
        parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=title,
        data_hover=None if hover is None else json.dumps(hover, separators=(",", ":")),
    )


def grid(axes: Axes, x_ticks: Seq[float], y_ticks: Seq[float], x_words: Seq[str] | None = None) -> Markup:
    """Return lines across the plot and numbers at both axes.

    Args:
        axes: Where numbers stand.
        x_ticks: Where to mark the x axis.
        y_ticks: Where to draw a line across.
        x_words: What to write at the marks of the x axis; their numbers when left out.
    """
    right = WIDTH - RIGHT
    parts = []
    for value in y_ticks:
        y = axes.y(value)
        parts.append(tag("line", class_="grid", x1=LEFT, x2=right, y1=y, y2=y))
        parts.append(tag("text", _number(value), class_="tick", x=LEFT - 6, y=y + 4, text_anchor="end"))
    for place, value in enumerate(x_ticks):
        x = axes.x(value)
        word = _number(value) if x_words is None else x_words[place]
        parts.append(tag("line", class_="axis", x1=x, x2=x, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 4))
        text = tag("text", word, class_="tick", x=x, y=HEIGHT - BOTTOM + 16, text_anchor="middle")
        parts.append(text)
    parts.append(tag("line", class_="axis", x1=LEFT, x2=right, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM))
    return tag("g", parts)


def axis_titles(x_title: str, y_title: str) -> Markup:
    """Return the words at both axes."""
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return tag(
        "g",
        tag("text", x_title, class_="axis-title", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle"),
        tag(
            "text",
            y_title,
            class_="axis-title",
            x=12,
            y=middle,
            text_anchor="middle",
            transform=f"rotate(-90 12 {middle})",
        ),
    )


def ticks(low: float, high: float, *, most: int = 5, whole: bool = False) -> list[float]:
    """Return round numbers that cover low to high (y axis) or lie within (whole range of an x axis)."""
    span = max(high - low, 1e-12)
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= rough * 0.999)
    if whole:
        step = max(1.0, math.ceil(step))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)] or [low]


def _number(value: float) -> str:
    """Return a tick's text: ``12,000``, ``0.25``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def short(values: Float64Array) -> list[float | None]:
    """Return numbers with few digits, for the read-out under the pointer."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]
