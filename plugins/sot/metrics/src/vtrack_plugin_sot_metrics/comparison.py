"""Curves of several runs, gathered into plots: all sequences together, then by attribute."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import attrs

from vtcore.errors import DataError, VtcoreError
from vtcore.report.curves import CURVE_KINDS, ScoreCurve, score_curves
from vtcore.suggestions import did_you_mean_or_list

__all__ = ["ComparedPlot", "ScoredRun", "compared_plots", "has_attributes", "read_scores", "unlike_sequences"]

_COMBINED, _BY_ATTRIBUTE = "COMBINED", "by_attribute"
_NO_SEQUENCES = (_COMBINED, _BY_ATTRIBUTE, "by_class", "CLASS_AVERAGED", "SEQUENCE_AVERAGED")


@attrs.frozen
class ScoredRun:
    """A run's scores.

    Attributes:
        name: As the legend says it.
        scores: As in ``metrics.json``.
    """

    name: str
    scores: Mapping[str, Any]


@attrs.frozen(eq=False)
class ComparedPlot:
    """One plot.

    Attributes:
        title: Caption.
        metric: Name in ``metrics.json`` of the metric that gave them.
        curves: One for each run that has it, of one kind.
    """

    title: str
    metric: str
    curves: tuple[ScoreCurve, ...]


def read_scores(path: Path) -> Mapping[str, Any]:
    """Read ``metrics.json`` of a run's folder, or such a file.

    Raises:
        DataError: It is missing or not what a run writes.
    """
    file = path / "metrics.json" if path.is_dir() else path
    try:
        scores = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror or error}; name a run's folder whose results are scored (vtcore eval "
            "RESULTS --output FOLDER scores results made elsewhere)",
            file=file,
        ) from error
    except ValueError as error:
        raise DataError(f"is not JSON: {error}", file=file) from error
    if not isinstance(scores, dict) or not all(isinstance(tables, dict) for tables in scores.values()):
        raise DataError("does not hold scores by metric, as a run writes them", file=file)
    return scores


def compared_plots(
    runs: Seq[ScoredRun], *, metrics: Seq[str] = (), kinds: Seq[str] = (), by_attribute: bool = False
) -> list[ComparedPlot]:
    """Gather the curves of runs.

    Args:
        runs: The runs.
        metrics: Only these, by their names in ``metrics.json``; all when left out.
        kinds: Only curves with these titles (``success``), in any case; all when left out.
        by_attribute: Whether a plot for each attribute and kind follows.

    Raises:
        VtcoreError: No run has such a metric, there is no such plot, or none has a curve.
    """
    known = list(dict.fromkeys(name for run in runs for name in run.scores))
    for name in metrics:
        if name not in known:
            raise VtcoreError(f"no run has scores of the metric {name!r}; {did_you_mean_or_list(name, known)}")
    wanted = {kind.casefold() for kind in kinds}
    titles = {kind.title.casefold(): kind.title for kind in CURVE_KINDS}
    for kind in wanted:
        if kind not in titles:
            raise VtcoreError(f"there is no plot {kind!r}; {did_you_mean_or_list(kind, list(titles))}")
    plots = [
        plot
        for metric in metrics or known
        for plot in _plots(runs, metric, by_attribute=by_attribute)
        if not wanted or plot.curves[0].kind.title.casefold() in wanted
    ]
    if not plots:
        raise VtcoreError(
            "there is no curve to draw: score runs by metrics that have some ([[metrics]] type = 'ope', 'got10k' or "
            "'vot'), or ask for other plots"
        )
    return plots


def has_attributes(runs: Iterable[ScoredRun]) -> bool:
    """Whether any run has scores by attribute."""
    return any(scores.get(_BY_ATTRIBUTE) for run in runs for scores in run.scores.values())


def unlike_sequences(runs: Seq[ScoredRun]) -> Iterator[str]:
    """Yield which runs were scored on other sequences than the first, one line each."""
    for metric in dict.fromkeys(name for run in runs for name in run.scores):
        scored = [
            (run, {name for name in run.scores[metric] if name not in _NO_SEQUENCES})
            for run in runs
            if metric in run.scores
        ]
        first, sequences = scored[0]
        for run, others in scored[1:]:
            if others != sequences:
                yield (
                    f"{run.name} was scored by {metric} on {len(others)} sequences, {first.name} on "
                    f"{len(sequences)}, {len(others & sequences)} of them the same: their curves say different things"
                )


def _plots(runs: Seq[ScoredRun], metric: str, *, by_attribute: bool) -> Iterator[ComparedPlot]:
    tables = [(run.name, run.scores[metric]) for run in runs if metric in run.scores]
    yield from _of_tables([(name, each.get(_COMBINED, {})) for name, each in tables], metric, f" ({metric})")
    if not by_attribute:
        return
    for attribute in dict.fromkeys(name for _, each in tables for name in each.get(_BY_ATTRIBUTE, ())):
        parts = [(name, each.get(_BY_ATTRIBUTE, {}).get(attribute, {}).get(_COMBINED, {})) for name, each in tables]
        tracks = next((part["Tracks"] for _, part in parts if "Tracks" in part), None)
        yield from _of_tables(parts, metric, f": {attribute}" + ("" if tracks is None else f" ({tracks})"))


def _of_tables(tables: Seq[tuple[str, Mapping[str, Any]]], metric: str, tail: str) -> Iterator[ComparedPlot]:
    curves = [curve for name, table in tables for curve in score_curves(table, name)]
    for title in dict.fromkeys(curve.kind.title for curve in curves):
        alike = tuple(curve for curve in curves if curve.kind.title == title)
        yield ComparedPlot(f"{title}{tail}", metric, alike)
