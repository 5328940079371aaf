"""The page as a whole."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path

from vtcore.files import write_whole
from vtcore.report.contents import ReportInput
from vtcore.report.curves import combined_plots
from vtcore.report.markup import Markup, joined, tag
from vtcore.report.sections import notes_list, sequence_section
from vtcore.report.tables import (
    attribute_table,
    class_table,
    full_tables,
    score_tiles,
    short_table,
    timing_table,
    versions_table,
)
from vtcore.report.thumbnails import make_thumbnails

__all__ = ["html_page", "report_page", "write_report"]

_FILE = "report.html"
_UNFOLDED = 4
"""Sequences that are unfolded from the beginning; a long list stays readable."""
_PICTURES, _PICTURES_EACH = 60, 6
"""Pictures in all and of each sequence at most, which keeps the file at a few megabytes."""
_PATIENCE = 20.0
"""Seconds for reading through sequences that cannot give single frames."""


def write_report(run_folder: Path, report: ReportInput) -> Path:
    """Write ``report.html`` into a run folder, whole or not at all.

    The file needs nothing beside it: plots are SVG, pictures are part of it, nothing is loaded from elsewhere.

    Args:
        run_folder: Where to write.
        report: What to tell.

    Returns:
        The file.

    Raises:
        OutputError: It cannot be written.
    """
    path = run_folder / _FILE
    write_whole(path, report_page(report))
    return path


def report_page(report: ReportInput) -> str:
    """Return the page's text."""
    main = tag("main", _notes(report), _scores(report), _time(report), _sequences(report), _origin(report))
    return html_page(report.title, _header(report), main)


def html_page(title: str, *parts: Markup) -> str:
    """Return a page with everything in it that it needs.

    Args:
        title: In the window's title.
        parts: Content, in order.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} – vtcore report"),
        tag("style", _resource("style.css")),
    )
    body = tag("body", *parts, tag("script", _resource("script.js")))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _resource(name: str) -> Markup:
    return Markup((resources.files("vtcore.report") / name).read_text(encoding="utf-8"))


def _header(report: ReportInput) -> Markup:
    frames = sum(sequence.frames_done for sequence in report.sequences)
    tracks = sum(len(sequence.results.track_lengths) for sequence in report.sequences)
    dropped = sum(sequence.dropped for sequence in report.sequences)
    tiles = score_tiles(report.scores, report.summaries) if report.scores else []
    tiles = [*tiles, ("sequences", f"{len(report.sequences):,}"), ("frames", f"{frames:,}"), ("tracks", f"{tracks:,}")]
    if dropped:
        tiles.append(("frames dropped", f"{dropped:,}"))
    facts = [report.made.strftime("%d %B %Y, %H:%M %Z").strip(" ,")]
    if "vtcore" in report.versions:
        facts.append(f"vtcore {report.versions['vtcore']}")
    return tag(
        "header",
        tag("h1", report.title),
        tag("p", " · ".join(facts), class_="facts"),
        tag("p", tag("code", report.command), class_="command") if report.command else None,
        tag("dl", [tag("div", tag("dt", name), tag("dd", text)) for name, text in tiles], class_="tiles"),
    )


def _notes(report: ReportInput) -> Markup | None:
    listed = notes_list(report.notes)
    return None if listed is None else tag("section", tag("h2", "Warnings"), listed)


def _scores(report: ReportInput) -> Markup | None:
    if not report.scores:
        return None
    links = {sequence.name: f"#{_anchor(number)}" for number, sequence in enumerate(report.sequences)}
    plots = combined_plots(report.scores, report.title)
    return tag(
        "section",
        tag("h2", "Scores"),
        short_table(report.scores, report.summaries, links),
        class_table(report.scores, report.summaries),
        attribute_table(report.scores, report.summaries),
        tag("div", plots, class_="plots") if plots else None,
        full_tables(report.scores),
    )


def _time(report: ReportInput) -> Markup | None:
    total: dict[str, float] = {}
    frames = 0
    for sequence in report.sequences:
        if sequence.timings:
            for stage, seconds in sequence.timings.items():
                total[stage] = total.get(stage, 0.0) + seconds
            frames += sequence.frames_done
    if not total or len(report.sequences) < 2:
        return None  # a single sequence tells its own
    caption = "All sequences; stages overlap, so a run takes about as long as its slowest stage"
    return tag("section", tag("h2", "Time"), timing_table(total, frames, caption))


def _sequences(report: ReportInput) -> Markup:
    count = len(report.sequences)
    each = min(_PICTURES_EACH, max(1, _PICTURES // max(count, 1)))
    deadline = time.monotonic() + _PATIENCE
    parts = []
    for number, sequence in enumerate(report.sequences):
        pictures = make_thumbnails(sequence, each, deadline=deadline) if number < _PICTURES else []
        is_open = number < _UNFOLDED
        parts.append(sequence_section(sequence, report.scores, _anchor(number), pictures, is_open=is_open))
    return joined(parts)


def _anchor(number: int) -> str:
    return f"sequence-{number + 1}"


def _origin(report: ReportInput) -> Markup | None:
    parts = []
    if report.experiment_toml:
        code = tag("pre", tag("code", report.experiment_toml))
        parts.append(tag("details", tag("summary", "Experiment, as it was run"), code))
    if report.versions:
        parts.append(tag("details", tag("summary", "Versions"), versions_table(report.versions)))
    return tag("section", tag("h2", "How it was made"), parts) if parts else None
