"""Tables of scores and of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq
from typing import Any

from vtcore.report.markup import Child, Markup, tag

__all__ = [
    "attribute_table",
    "class_table",
    "full_tables",
    "score_tiles",
    "short_table",
    "table",
    "timing_table",
    "versions_table",
]

_COMBINED, _CURVES = "COMBINED", "curves"
_BY_CLASS, _BY_ATTRIBUTE = "by_class", "by_attribute"
_PARTS = (_BY_CLASS, _BY_ATTRIBUTE)
"""Keys that hold tables of tables."""
_NOTHING = "–"

_Scores = Mapping[str, Any]
_Column = tuple[str, str]


def table(headings: Seq[Child], rows: Iterable[tuple[Child, Seq[Child], str]], caption: str) -> Markup:
    """Return a table whose first column names the rows.

    Args:
        headings: Of all columns.
        rows: Heading, cells and CSS class of each row.
        caption: What the table shows.
    """
    body = [
        tag("tr", tag("th", heading, scope="row"), [tag("td", cell) for cell in cells], class_=style or None)
        for heading, cells, style in rows
    ]
    head = tag("tr", [tag("th", heading, scope="col") for heading in headings])
    return tag("div", tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body)), class_="scroll")


def short_table(scores: _Scores, summaries: Mapping[str, Seq[str]], links: Mapping[str, str]) -> Markup:
    """Return the table of the most important scores: all combined, then each sequence.

    Args:
        scores: As in ``metrics.json``.
        summaries: Fields to show of each metric.
        links: Where in the page each sequence is, by name.
    """
    columns = _columns(scores, summaries)
    names = _row_names(scores)
    rows = []
    for name in names:
        heading: Child = tag("a", name, href=links[name]) if name in links else name
        rows.append((heading, _cells(scores, columns, name), "total" if name == _COMBINED else ""))
    return table(["Sequence", *_headings(columns)], rows, "Scores; fractions in percent")


def class_table(scores: _Scores, summaries: Mapping[str, Seq[str]]) -> Markup | None:
    """Return the table of scores by class, all sequences combined; None where there is one class or none."""
    return _parts_table(scores, summaries, _BY_CLASS, "Class", "Scores by class, all sequences combined")


def attribute_table(scores: _Scores, summaries: Mapping[str, Seq[str]]) -> Markup | None:
    """Return the table of scores by attribute of sequences or frames; None where no metric tells of any."""
    caption = "Scores by attribute, all sequences or frames with it combined"
    return _parts_table(scores, summaries, _BY_ATTRIBUTE, "Attribute", caption)


def _parts_table(
    scores: _Scores, summaries: Mapping[str, Seq[str]], key: str, heading: str, caption: str
) -> Markup | None:
    names = list(dict.fromkeys(name for metric in scores.values() for name in metric.get(key, ())))
    if not names:
        return None
    columns = _columns({metric: tables for metric, tables in scores.items() if key in tables}, summaries)
    rows = []
    for name in names:
        of_part = {metric: tables.get(key, {}).get(name, {}) for metric, tables in scores.items()}
        rows.append((name, _cells(of_part, columns, _COMBINED), ""))
    return table([heading, *_headings(columns)], rows, f"{caption}; fractions in percent")


def full_tables(scores: _Scores) -> Markup:
    """Return every field of every metric, folded away."""
    parts = []
    for metric, tables in scores.items():
        columns = _columns({metric: tables}, {})
        rows = [
            (name, _cells({metric: tables}, columns, name), "total" if name == _COMBINED else "")
            for name in _row_names({metric: tables})
        ]
        parts.append(table(["Sequence", *[field for _, field in columns]], rows, f"{metric}: every field"))
    return tag("details", tag("summary", "Every field of every metric"), parts)


def score_tiles(scores: _Scores, summaries: Mapping[str, Seq[str]]) -> list[tuple[str, str]]:
    """Return name and text of each metric's most important combined score."""
    tiles: list[tuple[str, str, str]] = []
    for metric, field in _columns(scores, summaries):
        value = scores[metric].get(_COMBINED, {}).get(field)
        if isinstance(value, float) and metric not in {name for name, _, _ in tiles}:
            tiles.append((metric, field, _cell(value)))
    return [(field, text) for _, field, text in tiles]


def timing_table(timings: Mapping[str, float], frames: int, caption: str) -> Markup:
    """Return seconds, share, time a frame and frames a second of each stage, with a bar for the share."""
    total = sum(timings.values())
    rows = []
    for stage, seconds in timings.items():
        share = seconds / total if total > 0 else 0.0
        bar = tag("span", tag("span", class_="fill", style=f"width:{100 * share:.1f}%"), class_="bar")
        cells: list[Child] = [
            f"{seconds:.2f}",
            tag("span", bar, tag("span", f"{100 * share:.0f} %", class_="percent"), class_="share"),
        ]
        cells += [f"{1000 * seconds / frames:.2f}" if frames else _NOTHING]
        cells += [f"{frames / seconds:,.0f}" if seconds > 0 and frames else _NOTHING]
        rows.append((stage, cells, ""))
    return table(["Stage", "Seconds", "Share", "ms per frame", "Frames per second"], rows, caption)


def versions_table(versions: Mapping[str, Any]) -> Markup:
    """Return name and version, nested tables taken apart."""
    return table(["What", "Version"], [(name, [text], "") for name, text in _flat(versions)], "Versions")


def _flat(versions: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in versions.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, str(value)


def _columns(scores: _Scores, summaries: Mapping[str, Seq[str]]) -> list[_Column]:
    """Return metric and field of each column; all plain fields of a metric without a summary."""
    columns = []
    for metric, tables in scores.items():
        first: Mapping[str, Any] = tables.get(_COMBINED) or next(
            (tables[name] for name in tables if name not in _PARTS), {}
        )
        plain = [field for field, value in first.items() if field != _CURVES and not isinstance(value, Mapping | list)]
        columns += [(metric, field) for field in summaries.get(metric, plain)]
    return columns


def _headings(columns: Seq[_Column]) -> list[str]:
    """Return the fields' names, with the metric's where two metrics share one."""
    fields = [field for _, field in columns]
    return [f"{metric} {field}" if fields.count(field) > 1 else field for metric, field in columns]


def _row_names(scores: _Scores) -> list[str]:
    """Return what has scores: all combined first."""
    names = list(dict.fromkeys(name for tables in scores.values() for name in tables if name not in _PARTS))
    return sorted(names, key=lambda name: name != _COMBINED)


def _cells(scores: _Scores, columns: Seq[_Column], name: str) -> list[str]:
    return [_cell(scores[metric].get(name, {}).get(field)) for metric, field in columns]


def _cell(value: Any) -> str:
    """Return a score's text: counts whole, fractions in percent."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN differs from itself
        return _NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{100 * value:.2f}"
