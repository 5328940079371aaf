"""Plots of curves as pictures, drawn with OpenCV: four times as large, then made small, so that lines are smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq
from pathlib import Path

import attrs
import cv2
import numpy as np

from vtcore.errors import OutputError
from vtcore.files import PARTIAL
from vtcore.frames import Image
from vtcore.report.axes import ticks
from vtcore.report.curves import ScoreCurve
from vtrack_plugin_sot_metrics.comparison import ComparedPlot

__all__ = ["draw_plots", "write_picture"]

WIDTH, HEIGHT = 640, 500
"""Of one plot, in pixels of the finished picture."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 18, 44, 58
_FINE = 4
_FONT = cv2.FONT_HERSHEY_DUPLEX
_INK, _SOFT, _LINE, _BAND = (36, 28, 20), (90, 80, 70), (222, 218, 214), (238, 236, 234)
_WHITE = (255, 255, 255)
_COLOURS = (
    (40, 39, 214),
    (180, 119, 31),
    (44, 160, 44),
    (14, 127, 255),
    (189, 103, 148),
    (184, 162, 23),
    (194, 119, 227),
    (49, 109, 140),
    (29, 140, 127),
    (127, 127, 127),
)
"""Blue, green, red; the same as in ``style.css`` of the report."""
_MOST_ROWS = 20
"""Runs that a legend has room for."""
_MOST_INSIDE = 6
"""Runs with which a legend inside the plot leaves the curves to be seen; with more it stands beside it."""
_LEGEND_SIZE, _LEGEND_ROW = 0.45, 19


def draw_plots(plots: Seq[ComparedPlot]) -> Image:
    """Return the plots side by side, up to three in a row.

    Args:
        plots: One or more.

    Returns:
        uint8 ``(height, width, 3)``, blue-green-red.
    """
    columns = min(3, len(plots)) if len(plots) != 4 else 2
    rows = math.ceil(len(plots) / columns)
    width = WIDTH + max(_beside(plot.curves) for plot in plots)
    picture: Image = np.full((rows * HEIGHT, columns * width, 3), 255, np.uint8)
    for place, plot in enumerate(plots):
        top, left = place // columns * HEIGHT, place % columns * width
        picture[top : top + HEIGHT, left : left + width] = _draw(plot, width)
    return picture


def write_picture(path: Path, picture: Image) -> None:
    """Write a PNG, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    _, encoded = cv2.imencode(".png", picture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(encoded.tobytes())
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


@attrs.frozen
class _Paper:
    """A large picture, and where numbers stand in it."""

    pixels: Image
    x_high: float
    y_high: float

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return the place of a point in pixels of the large picture."""
        left = _LEFT + x / self.x_high * (WIDTH - _LEFT - _RIGHT)
        top = HEIGHT - _BOTTOM - y / self.y_high * (HEIGHT - _TOP - _BOTTOM)
        return round(_FINE * left), round(_FINE * top)

    def line(self, points: Seq[tuple[int, int]], colour: tuple[int, int, int], width: float) -> None:
        """Draw a line through points."""
        thickness = max(1, round(_FINE * width))
        cv2.polylines(self.pixels, [np.array(points, np.int32)], False, colour, thickness, cv2.LINE_AA)

    def text(
        self, text: str, x: float, y: float, *, size: float = 0.5, colour: tuple[int, int, int] = _INK, align: float = 0
    ) -> None:
        """Write text at a place of the small picture: from there on, centred (align 0.5), or up to it (align 1)."""
        shown = text.encode("ascii", "replace").decode()
        width = cv2.getTextSize(shown, _FONT, size * _FINE, _FINE)[0][0]
        place = (round(_FINE * x - align * width), round(_FINE * y))
        cv2.putText(self.pixels, shown, place, _FONT, size * _FINE, colour, _FINE, cv2.LINE_AA)


def _draw(plot: ComparedPlot, width: int) -> Image:
    curves = sorted(plot.curves, key=lambda curve: math.inf if curve.value is None else -curve.value)
    kind = curves[0].kind
    highest = max(float(curve.y.max()) for curve in curves)
    y_high = 100.0 if kind.y_title.startswith("percent of") else ticks(0, max(highest, 1e-9) * 1.1)[-1] or 1.0
    x_high = max(float(curve.x[-1]) for curve in curves) or 1.0
    pixels: Image = np.full((HEIGHT * _FINE, width * _FINE, 3), 255, np.uint8)
    paper = _Paper(pixels, x_high, max(y_high, highest))
    _draw_axes(paper, plot, curves)
    for place in reversed(range(len(curves))):
        _draw_curve(paper, curves[place], place)
    _draw_legend(paper, curves)
    return np.asarray(cv2.resize(pixels, (width, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _draw_axes(paper: _Paper, plot: ComparedPlot, curves: Seq[ScoreCurve]) -> None:
    kind = curves[0].kind
    band = next((curve.band for curve in curves if curve.band is not None), None)
    if band is not None:
        low, high = (min(max(end, 0), paper.x_high) for end in band)
        cv2.rectangle(paper.pixels, paper.at(low, paper.y_high), paper.at(high, 0), _BAND, cv2.FILLED)
    for value in ticks(0, paper.y_high):
        paper.line([paper.at(0, value), paper.at(paper.x_high, value)], _LINE, 0.8)
        x, y = paper.at(0, value)
        paper.text(f"{value:g}", x / _FINE - 8, y / _FINE + 5, size=0.45, colour=_SOFT, align=1)
    for value in ticks(0, paper.x_high):
        paper.line([paper.at(value, 0), paper.at(value, paper.y_high)], _LINE, 0.8)
        x, y = paper.at(value, 0)
        paper.text(f"{value:g}", x / _FINE, y / _FINE + 20, size=0.45, colour=_SOFT, align=0.5)
    corners = [(0.0, 0.0), (paper.x_high, 0.0), (paper.x_high, paper.y_high), (0.0, paper.y_high), (0.0, 0.0)]
    paper.line([paper.at(x, y) for x, y in corners], _SOFT, 1)
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    paper.text(plot.title, middle, 28, size=0.62, align=0.5)
    paper.text(kind.x_title, middle, HEIGHT - 14, size=0.5, align=0.5)
    _write_upwards(paper, kind.y_title)


def _write_upwards(paper: _Paper, text: str) -> None:
    """Write the words of the y axis."""
    (width, height), base = cv2.getTextSize(text, _FONT, 0.5 * _FINE, _FINE)
    strip: Image = np.full((height + 2 * base, width, 3), 255, np.uint8)
    cv2.putText(strip, text, (0, height + base // 2), _FONT, 0.5 * _FINE, _INK, _FINE, cv2.LINE_AA)
    turned = cv2.rotate(strip, cv2.ROTATE_90_COUNTERCLOCKWISE)
    top = max(0, _FINE * (_TOP + HEIGHT - _BOTTOM) // 2 - width // 2)
    left = 10 * _FINE
    paper.pixels[top : top + width, left : left + turned.shape[1]] = turned[: paper.pixels.shape[0] - top]


def _draw_curve(paper: _Paper, curve: ScoreCurve, place: int) -> None:
    points = [paper.at(x, y) for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    colour = _COLOURS[place % len(_COLOURS)]
    if len(points) == 1:
        cv2.circle(paper.pixels, points[0], 3 * _FINE, colour, cv2.FILLED, cv2.LINE_AA)
    elif place < len(_COLOURS):
        paper.line(points, colour, 2.2)
    else:
        for piece in _dashes(points, 9.0 * _FINE, 5.0 * _FINE):
            paper.line(piece, colour, 2.2)


def _dashes(points: Seq[tuple[int, int]], on: float, off: float) -> list[list[tuple[int, int]]]:
    """Cut a line into dashes of equal length."""
    track = np.array(points, np.float64)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(track, axis=0).T))])
    pieces = []
    for start in np.arange(0, along[-1], on + off):
        stop = min(start + on, along[-1])
        between = along[(along > start) & (along < stop)]
        places = np.concatenate([[start], between, [stop]])
        x, y = (np.interp(places, along, track[:, axis]).round().astype(int).tolist() for axis in (0, 1))
        pieces.append(list(zip(x, y, strict=True)))
    return pieces


def _draw_legend(paper: _Paper, curves: Seq[ScoreCurve]) -> None:
    """Draw names and numbers, the best first: in the corner that curves of the kind leave free, or beside the plot."""
    shown = _legend(curves)
    width, height = _legend_width(shown), _LEGEND_ROW * len(shown) + 10
    left = _LEFT + 8 if curves[0].kind.legend_left else WIDTH - _RIGHT - 8 - width
    top = HEIGHT - _BOTTOM - 8 - height
    if _beside(curves):
        left, top = WIDTH, _TOP
    first, last = (_FINE * left, _FINE * top), (_FINE * (left + width), _FINE * (top + height))
    cv2.rectangle(paper.pixels, first, last, _WHITE, cv2.FILLED)
    cv2.rectangle(paper.pixels, first, last, _SOFT, _FINE, cv2.LINE_AA)
    for place, text in enumerate(shown):
        y = top + 5 + _LEGEND_ROW * (place + 0.5)
        if place < min(len(curves), _MOST_ROWS):
            ends = [(round(_FINE * x), round(_FINE * y)) for x in (left + 8, left + 36)]
            pieces = [ends] if place < len(_COLOURS) else _dashes(ends, 6.0 * _FINE, 4.0 * _FINE)
            for piece in pieces:
                paper.line(piece, _COLOURS[place % len(_COLOURS)], 2.2)
        paper.text(text, left + 44, y + 5, size=_LEGEND_SIZE)


def _legend(curves: Seq[ScoreCurve]) -> list[str]:
    shown = [curve.legend.encode("ascii", "replace").decode() for curve in curves[:_MOST_ROWS]]
    return [*shown, f"and {len(curves) - _MOST_ROWS} more"] if len(curves) > _MOST_ROWS else shown


def _legend_width(shown: Seq[str]) -> int:
    # Measured as large as it is drawn: letters of the small picture have whole widths.
    widths = [cv2.getTextSize(text, _FONT, _LEGEND_SIZE * _FINE, _FINE)[0][0] for text in shown]
    return math.ceil(max(widths) / _FINE) + 54


def _beside(curves: Seq[ScoreCurve]) -> int:
    """Return the room that a legend takes beside the plot, 0 where it stands in it."""
    return 0 if len(curves) <= _MOST_INSIDE else _legend_width(_legend(curves)) + 12
