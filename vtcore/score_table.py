"""Scores in the terminal: a row for each sequence, for all combined, and for each class or attribute there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table

__all__ = ["ScoreTable"]

COMBINED = "COMBINED"
BY_CLASS = "by_class"
BY_ATTRIBUTE = "by_attribute"
_PARTS = {BY_CLASS: "class", BY_ATTRIBUTE: "attribute"}
_AVERAGES = ("CLASS_AVERAGED", "SEQUENCE_AVERAGED")
_ABSENT = "-"


class ScoreTable:
    """A table of scores that splits by columns where the terminal is narrow.

    Fractions are shown in percent, as the field writes them; counts as they are.
    """

    def __init__(self, scores: Mapping[str, Any], summaries: Mapping[str, Iterable[str]]) -> None:
        """Keep what is to be shown.

        Args:
            scores: As in ``metrics.json``: ``{"<metric>": {"COMBINED": {...}, "<sequence>": {...}}}``.
            summaries: The fields of each metric to show, by its name there.
        """
        self._rows = list(_rows(scores))
        self._columns = list(_columns(scores, summaries))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as few tables as fit the width."""
        start = 0
        while start < len(self._columns):
            end = len(self._columns)
            while end > start + 1 and not self._fits(start, end, console, options):
                end -= 1
            yield self._table(start, end)
            start = end

    def _fits(self, start: int, end: int, console: Console, options: ConsoleOptions) -> bool:
        unlimited = options.update(max_width=100_000)
        return Measurement.get(console, unlimited, self._table(start, end)).maximum <= options.max_width

    def _table(self, start: int, end: int) -> Table:
        table = Table(show_edge=False, pad_edge=False)
        table.add_column("")
        for heading, _ in self._columns[start:end]:
            table.add_column(heading, justify="right", no_wrap=True)
        for number, (heading, tables) in enumerate(self._rows):
            last_of_kind = number + 1 == len(self._rows) or self._rows[number + 1][0] == COMBINED or heading == COMBINED
            cells = [_cell(tables.get(metric, {}).get(field)) for _, (metric, field) in self._columns[start:end]]
            table.add_row(heading, *cells, end_section=last_of_kind, style="bold" if heading == COMBINED else None)
        return table


def _columns(
    scores: Mapping[str, Any], summaries: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield heading, metric and field of each column; a field of two metrics is told apart by their names."""
    fields = [(metric, field) for metric in scores for field in summaries.get(metric, ())]
    names = [field for _, field in fields]
    for metric, field in fields:
        yield (f"{metric} {field}" if names.count(field) > 1 else field), (metric, field)


def _rows(scores: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Mapping[str, Any]]]]:
    """Yield heading and each metric's table: sequences, all combined, then classes and attributes."""
    names = dict.fromkeys(name for tables in scores.values() for name in tables)
    ordered = [name for name in names if name not in (COMBINED, *_PARTS, *_AVERAGES)]
    ordered += [name for name in (COMBINED, *_AVERAGES) if name in names]
    for name in ordered:
        yield name, {metric: tables[name] for metric, tables in scores.items() if name in tables}
    for key, word in _PARTS.items():
        for name in dict.fromkeys(name for tables in scores.values() for name in tables.get(key, ())):
            found = {metric: tables.get(key, {}).get(name, {}) for metric, tables in scores.items()}
            yield (
                f"{word} {name}",
                {metric: tables[COMBINED] for metric, tables in found.items() if COMBINED in tables},
            )


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _ABSENT
    return str(value) if isinstance(value, int) else f"{100 * value:.3f}"
