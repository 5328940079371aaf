"""Curves that metrics give beside their numbers, as plots: success, precision, expected overlap, precision by recall.

What a curve is about follows from its names under ``"curves"`` in ``metrics.json``; a metric of anybody's that gives
curves by these names is drawn as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from typing import Any

import attrs
import numpy as np

from vtcore.instances import Float64Array
from vtcore.report.markup import Markup
from vtcore.report.plots import Line, line_plot

__all__ = [
    "CURVE_KINDS",
    "CurveKind",
    "ScoreCurve",
    "combined_plots",
    "comparison_plot",
    "line_style",
    "score_curves",
    "sequence_plots",
]

STYLES = 10
"""Colours of curves; further ones repeat them in dashes."""
_COMBINED, _BY_ATTRIBUTE = "COMBINED", "by_attribute"


@attrs.frozen
class CurveKind:
    """What a curve is about.

    Attributes:
        title: Of the plot.
        x, y: Names under ``"curves"``.
        values: Fields of which the first that is there is the curve's one number.
        x_title: Words and unit at the x axis.
        y_title: Words and unit at the y axis.
        legend_left: Whether a legend inside the plot stands left below, where the curve is not, or right below.
    """

    title: str
    x: str
    y: str
    values: tuple[str, ...]
    x_title: str
    y_title: str = "percent of frames"
    legend_left: bool = True


CURVE_KINDS = (
    CurveKind("Success", "overlap_thresholds", "success", ("AUC", "AO"), "overlap threshold"),
    CurveKind(
        "Precision",
        "centre_thresholds",
        "precision",
        ("Precision",),
        "location error threshold (px)",
        legend_left=False,
    ),
    CurveKind(
        "Normalised precision",
        "normalised_thresholds",
        "normalised_precision",
        ("NormPrecision",),
        "location error threshold (share of the target's size)",
        legend_left=False,
    ),
    CurveKind(
        "Expected overlap",
        "lengths",
        "expected_overlap",
        ("EAO",),
        "length of the run (frames)",
        "percent",
        legend_left=False,
    ),
    CurveKind("Precision by recall", "recalls", "precision_at_recall", ("F",), "recall", "precision (percent)"),
)


@attrs.frozen(eq=False)
class ScoreCurve:
    """One curve.

    Attributes:
        kind: What it is about.
        name: Whose it is, as the legend says it.
        x: float64 ``(K,)``, ascending.
        y: float64 ``(K,)``, in percent.
        value: Its one number, a fraction of 1; None where there is none.
        band: From where to where on the x axis the number was taken; None for all of it.
    """

    kind: CurveKind
    name: str
    x: Float64Array
    y: Float64Array
    value: float | None = None
    band: tuple[float, float] | None = None

    @property
    def legend(self) -> str:
        """Name and number in percent: ``ostrack [69.1]``."""
        return self.name if self.value is None else f"{self.name} [{100 * self.value:.1f}]"


def score_curves(table: Mapping[str, Any], name: str) -> Iterator[ScoreCurve]:
    """Yield the curves of one table of ``metrics.json``; those with a number that is none are left out.

    Args:
        table: Fields, with ``"curves"``.
        name: Whose they are.
    """
    curves = table.get("curves") or {}
    for kind in CURVE_KINDS:
        x, y = curves.get(kind.x), curves.get(kind.y)
        if not x or not y or len(x) != len(y) or not all(map(_is_number, [*x, *y])):
            continue
        value = next((table[field] for field in kind.values if _is_number(table.get(field))), None)
        band = curves.get("interval") if kind.y == "expected_overlap" else None
        yield ScoreCurve(
            kind,
            name,
            np.array(x, np.float64),
            100 * np.array(y, np.float64),
            value,
            None if band is None else (float(band[0]), float(band[1])),
        )


def comparison_plot(curves: Seq[ScoreCurve], title: str = "") -> Markup:
    """Return a figure of curves of one kind, the best first.

    Args:
        curves: One or more, of the same kind; their x may end at different places.
        title: Caption; the kind's when left out.
    """
    kind = curves[0].kind
    ranked = sorted(curves, key=_rank)
    x = max((curve.x for curve in ranked), key=len)
    lines = [
        Line(curve.legend, np.concatenate([curve.y, np.full(len(x) - len(curve.y), np.nan)]), line_style(place))
        for place, curve in enumerate(ranked)
    ]
    top = 100.0 if kind.y_title == CURVE_KINDS[0].y_title else None
    band = next((curve.band for curve in ranked if curve.band is not None), None)
    return line_plot(title or kind.title, x, lines, x_title=kind.x_title, y_title=kind.y_title, y_top=top, x_band=band)


def combined_plots(scores: Mapping[str, Any], name: str) -> list[Markup]:
    """Return the plots of all sequences together, and of each attribute's success, for every metric with curves.

    Args:
        scores: As in ``metrics.json``.
        name: Of the run, for the legend.
    """
    plots = []
    several = sum(bool(list(score_curves(tables.get(_COMBINED, {}), name))) for tables in scores.values()) > 1
    for metric, tables in scores.items():
        prefix = f"{metric}: " if several else ""
        combined = score_curves(tables.get(_COMBINED, {}), name)
        plots += [comparison_plot([curve], f"{prefix}{curve.kind.title}") for curve in combined]
        by_attribute = [
            curve
            for attribute, parts in tables.get(_BY_ATTRIBUTE, {}).items()
            for curve in score_curves(parts.get(_COMBINED, {}), attribute)
            if curve.kind is CURVE_KINDS[0]
        ]
        if by_attribute:
            plots.append(comparison_plot(by_attribute, f"{prefix}{CURVE_KINDS[0].title} by attribute"))
    return plots


def sequence_plots(scores: Mapping[str, Any], sequence: str) -> list[Markup]:
    """Return one sequence's plots, of the first metric that has a curve of a kind."""
    found: dict[str, ScoreCurve] = {}
    for tables in scores.values():
        for curve in score_curves(tables.get(sequence, {}), ""):
            field = next(iter(curve.kind.values))
            found.setdefault(curve.kind.title, attrs.evolve(curve, name=field))
    return [comparison_plot([curve]) for curve in found.values()]


def line_style(place: int) -> str:
    """Return the classes of the style sheet of a curve, by its place among others."""
    return f"line-run run-{place % STYLES}" + (" run-dashed" if place >= STYLES else "")


def _rank(curve: ScoreCurve) -> float:
    return math.inf if curve.value is None else -curve.value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
