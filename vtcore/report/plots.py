"""Line plots and histograms as SVG, drawn by hand: a report needs no library to be read."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence as Seq

import attrs
import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.report.markup import Markup, tag

__all__ = ["Line", "Strip", "bar_plot", "line_plot"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 560, 46, 12, 10, 36
_HEIGHT, _STRIP = 220, 22


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


@attrs.frozen
class _Axes:
    """From numbers to places in the picture."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    bottom: float

    def x(self, value: float) -> float:
        return round(_LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(self.bottom - (value - self.y_low) / (self.y_high - self.y_low) * (self.bottom - _TOP), 1)


def line_plot(
    title: str,
    x: Float64Array,
    lines: Seq[Line],
    *,
    x_title: str,
    y_title: str,
    strip: Strip | None = None,
    y_top: float | None = None,
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
    """
    if len(x) == 0:
        return _figure(title, (), tag("p", "No frames.", class_="empty"))
    # The y axis holds zero, so that heights can be compared.
    numbers = np.concatenate([line.values for line in lines] + [np.zeros(1)])
    lowest, highest = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if lowest == highest:
        highest = 1.0
    y_ticks = _ticks(lowest, highest if y_top is None else y_top)
    bottom = _HEIGHT - _BOTTOM - (_STRIP if strip else 0)
    x_low, x_high = float(x[0]), float(x[-1])
    if x_low == x_high:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    axes = _Axes(x_low, x_high, min(y_ticks[0], lowest), max(y_ticks[-1], highest), bottom)
    parts = [_grid(axes, _ticks(x_low, x_high), y_ticks), _axis_titles(x_title, y_title)]
    parts += [_curve(axes, x, line) for line in lines]
    if strip is not None:
        parts.append(_marks(axes, x, strip))
    shown: list[Line | Strip] = [*lines, *([strip] if strip else [])]
    hover = {
        "x": _short(x),
        "at": [axes.x(value) for value in x.tolist()],
        "series": [{"name": part.name, "y": _short(part.values)} for part in shown],
        "label": x_title,
    }
    legend = [(part.name, part.style) for part in shown]
    return _figure(title, legend, _svg(title, parts, hover))


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
        return _figure(title, (), tag("p", "No tracks.", class_="empty"))
    y_ticks = _ticks(0, int(counts.max()), whole=True)
    axes = _Axes(float(edges[0]), float(edges[-1]), 0, max(y_ticks[-1], float(counts.max())), _HEIGHT - _BOTTOM)
    parts = [
        _grid(axes, _ticks(float(edges[0]), float(edges[-1]), whole=True), y_ticks),
        _axis_titles(x_title, y_title),
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
    return _figure(title, (), _svg(title, parts, None))


def _figure(title: str, legend: Seq[tuple[str, str]], picture: Markup) -> Markup:
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


def _svg(title: str, parts: Seq[Markup], hover: object) -> Markup:
    return tag(
        "svg",
        parts,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=title,
        data_hover=None if hover is None else json.dumps(hover, separators=(",", ":")),
    )


def _grid(axes: _Axes, x_ticks: Seq[float], y_ticks: Seq[float]) -> Markup:
    right = _WIDTH - _RIGHT
    parts = []
    for value in y_ticks:
        y = axes.y(value)
        parts.append(tag("line", class_="grid", x1=_LEFT, x2=right, y1=y, y2=y))
        parts.append(tag("text", _number(value), class_="tick", x=_LEFT - 6, y=y + 4, text_anchor="end"))
    for value in x_ticks:
        x = axes.x(value)
        parts.append(tag("line", class_="axis", x1=x, x2=x, y1=_HEIGHT - _BOTTOM, y2=_HEIGHT - _BOTTOM + 4))
        text = tag("text", _number(value), class_="tick", x=x, y=_HEIGHT - _BOTTOM + 16, text_anchor="middle")
        parts.append(text)
    parts.append(tag("line", class_="axis", x1=_LEFT, x2=right, y1=_HEIGHT - _BOTTOM, y2=_HEIGHT - _BOTTOM))
    return tag("g", parts)


def _axis_titles(x_title: str, y_title: str) -> Markup:
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return tag(
        "g",
        tag("text", x_title, class_="axis-title", x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_HEIGHT - 5, text_anchor="middle"),
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


def _curve(axes: _Axes, x: Float64Array, line: Line) -> Markup:
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


def _marks(axes: _Axes, x: Float64Array, strip: Strip) -> Markup:
    base = _HEIGHT - _BOTTOM
    marks = [
        tag("line", class_=strip.style, x1=axes.x(position), x2=axes.x(position), y1=base - 1, y2=base - _STRIP + 8)
        for position, value in zip(x.tolist(), strip.values.tolist(), strict=True)
        if value > 0
    ]
    separator = tag("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=base - _STRIP, y2=base - _STRIP)
    return tag("g", separator, marks)


def _ticks(low: float, high: float, *, most: int = 5, whole: bool = False) -> list[float]:
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


def _short(values: Float64Array) -> list[float | None]:
    """Return numbers with few digits, for the read-out under the pointer."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values.tolist()]
