"""Plots of several runs as one page, which needs no network."""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

from vtcore.files import write_whole
from vtcore.report.curves import comparison_plot
from vtcore.report.markup import Child, tag
from vtcore.report.page import html_page
from vtcore.report.tables import table
from vtrack_plugin_sot_metrics.comparison import ComparedPlot, ScoredRun

__all__ = ["write_page"]

_TITLE = "Runs compared"


def write_page(path: Path, plots: Seq[ComparedPlot], runs: Seq[ScoredRun], metrics: Seq[str]) -> None:
    """Write the page, whole or not at all.

    Args:
        path: The file.
        plots: What to draw.
        runs: Whose combined scores stand in tables above, the best first.
        metrics: Of which metrics there are tables, by their names in ``metrics.json``.

    Raises:
        OutputError: It cannot be written.
    """
    drawn = [comparison_plot(plot.curves, plot.title) for plot in plots]
    page = html_page(
        _TITLE,
        tag("header", tag("h1", _TITLE), tag("p", ", ".join(run.name for run in runs), class_="facts")),
        tag("main", [_scores(metric, runs) for metric in metrics], tag("div", drawn, class_="plots")),
    )
    write_whole(path, page)


def _scores(metric: str, runs: Seq[ScoredRun]) -> Child:
    """Return a metric's combined numbers, a row for each run."""
    combined = [(run.name, run.scores[metric].get("COMBINED", {})) for run in runs if metric in run.scores]
    fields = [name for name, value in combined[0][1].items() if not isinstance(value, dict | list)]
    combined.sort(key=lambda each: _order(each[1].get(fields[0])) if fields else 0.0)
    rows = [(name, [_cell(scores.get(field)) for field in fields], "") for name, scores in combined]
    return table(["Run", *fields], rows, f"{metric}, all sequences combined; fractions in percent")


def _order(value: Any) -> float:
    return -value if isinstance(value, int | float) else math.inf


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{100 * value:.2f}"
