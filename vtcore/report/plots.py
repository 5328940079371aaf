"""Line plots and histograms as SVG, drawn by hand: a report needs no library to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq

import attrs
import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.report.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    axis_titles,
    figure,
    grid,
    picture,
    short,
    ticks,
)
from vtcore.report.markup import Markup, tag

__all__ = ["Line", "Strip", "bar_plot", "line_plot"]

_STRIP = 22


@attrs.frozen(eq=False)
class Line:
    """One curve.

    Attributes:
        name: As the legend says it.
        values: One number per position on the x axis; NaN leaves a gap.
        style: Class of the style sheet, which gives colour and dashes.
        filled: Shade what lies below.
    """

    name: str
    values: Float64Array
    style: str
    filled: bool = False


@attrs.frozen(eq=False)
class Strip:
    """Events below the curves, a mark where a value is above zero.

    Attributes:
        name: As the legend says it.
        values: How many events at each position on the x axis.
        style: Class of the style sheet.
    """

    name: str
    values: Float64Array
    style: str


def line_plot(
    title: str,
    x: Float64Array,
    lines: Seq[Line],
    *,
    x_title: str,
    y_title: str,
    strip: Strip | None = None,
    y_top: float | None = None,
    x_band: tuple[float, float] | None = None,
) -> Markup:
    """Return a figure of curves over a common x axis.

    Args:
        title: Caption, which also names the plot for screen readers.
        x: Ascending positions, ``(K,)``.
        lines: The curves, K values each.
        x_title: Words and unit at the x axis.
        y_title: Words and unit at the y axis.
        strip: Events to mark below the curves.
        y_top: Upper end of the y axis; by the values when left out.
        x_band: From where to where the plot is shaded; nowhere when left out.
    """
    if len(x) == 0:
        return figure(title, (), tag("p", "No frames.", class_="empty"))
    # The y axis holds zero, so that heights can be compared.
    numbers = np.concatenate([line.values for line in lines] + [np.zeros(1)])
    lowest, highest = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if lowest == highest:
        highest = 1.0
    y_ticks = ticks(lowest, highest if y_top is None else y_top)
    bottom = HEIGHT - BOTTOM - (_STRIP if strip else 0)
    x_low, x_high = float(x[0]), float(x[-1])
    if x_low == x_high:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    axes = Axes(x_low, x_high, min(y_ticks[0], lowest), max(y_ticks[-1], highest), bottom)
    parts = [] if x_band is None else [_band(axes, x_band)]
    parts += [grid(axes, ticks(x_low, x_high), y_ticks), axis_titles(x_title, y_title)]
    parts += [_curve(axes, x, line) for line in lines]
    if strip is not None:
        parts.append(_marks(axes, x, strip))
    shown: list[Line | Strip] = [*lines, *([strip] if strip else [])]
    hover = {
        "x": short(x),
        "at": [axes.x(value) for value in x.tolist()],
        "series": [{"name": part.name, "y": short(part.values)} for part in shown],
        "label": x_title,
    }
    legend = [(part.name, part.style) for part in shown]
    return figure(title, legend, picture(title, parts, hover))


def bar_plot(
    title: str,
    edges: Int64Array,
    counts: Int64Array,
    *,
    x_title: str,
    y_title: str,
    style: str = "bar-track",
) -> Markup:
    """Return a histogram.

    Args:
        title: Caption, which also names the plot for screen readers.
        edges: ``(K + 1,)`` ascending, bar k holding ``edges[k] <= value < edges[k + 1]``.
        counts: ``(K,)``.
        x_title: Words and unit at the x axis.
        y_title: Words and unit at the y axis.
        style: Class of the style sheet.
    """
    if counts.sum() == 0:
        return figure(title, (), tag("p", "No tracks.", class_="empty"))
    y_ticks = ticks(0, int(counts.max()), whole=True)
    axes = Axes(float(edges[0]), float(edges[-1]), 0, max(y_ticks[-1], float(counts.max())), HEIGHT - BOTTOM)
    parts = [
        grid(axes, ticks(float(edges[0]), float(edges[-1]), whole=True), y_ticks),
        axis_titles(x_title, y_title),
    ]
    for low, high, count in zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True):
        if count:
            left, right, top = axes.x(low), axes.x(high), axes.y(count)
            span = str(low) if high - low == 1 else f"{low} to {high - 1}"
            parts.append(
                tag(
                    "rect",
                    tag("title", f"{span}: {count}"),
                    class_=style,
                    x=left + 0.5,
                    y=top,
                    width=round(max(right - left - 1, 1), 1),
                    height=round(axes.bottom - top, 1),
                )
            )
    return figure(title, (), picture(title, parts, None))


def _curve(axes: Axes, x: Float64Array, line: Line) -> Markup:
    """Return a curve, in pieces where values are missing."""
    pieces: list[list[str]] = [[]]
    for position, value in zip(x.tolist(), line.values.tolist(), strict=True):
        if math.isfinite(value):
            pieces[-1].append(f"{axes.x(position):g},{axes.y(value):g}")
        elif pieces[-1]:
            pieces.append([])
    drawn = []
    for piece in pieces:
        if len(piece) == 1:
            cx, cy = piece[0].split(",")
            drawn.append(tag("circle", class_=line.style, cx=cx, cy=cy, r=2))
        elif piece:
            if line.filled:
                first, last = piece[0].split(",")[0], piece[-1].split(",")[0]
                around = [f"{first},{axes.y(0):g}", *piece, f"{last},{axes.y(0):g}"]
                drawn.append(tag("polygon", class_=f"{line.style} area", points=" ".join(around)))
            drawn.append(tag("polyline", class_=line.style, points=" ".join(piece)))
    return tag("g", drawn)


def _band(axes: Axes, band: tuple[float, float]) -> Markup:
    low, high = (axes.x(min(max(end, axes.x_low), axes.x_high)) for end in band)
    width, height = round(high - low, 1), round(axes.bottom - TOP, 1)
    return tag("rect", class_="band", x=low, y=TOP, width=width, height=height)


def _marks(axes: Axes, x: Float64Array, strip: Strip) -> Markup:
    base = HEIGHT - BOTTOM
    marks = [
        tag("line", class_=strip.style, x1=axes.x(position), x2=axes.x(position), y1=base - 1, y2=base - _STRIP + 8)
        for position, value in zip(x.tolist(), strip.values.tolist(), strict=True)
        if value > 0
    ]
    separator = tag("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=base - _STRIP, y2=base - _STRIP)
    return tag("g", separator, marks)
