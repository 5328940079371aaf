"""The part of the page that tells of one sequence."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

import numpy as np

from vtcore.instances import Float64Array
from vtcore.report.contents import SequenceReport
from vtcore.report.curves import sequence_plots
from vtcore.report.markup import Markup, tag
from vtcore.report.plots import Line, Strip, bar_plot, line_plot
from vtcore.report.series import Bins, histogram
from vtcore.report.tables import timing_table
from vtcore.report.target_overlap import overlap_over_time
from vtcore.report.thumbnails import Thumbnail
from vtcore.report.worst_frames import FALSE, MISSED, OVERVIEW, SWITCH

__all__ = ["notes_list", "sequence_section"]

_CURVES = (("HOTA", "line-main"), ("DetA", "line-second"), ("AssA", "line-third"))
_REASONS = {
    SWITCH: "Identity switch",
    FALSE: "False positives",
    MISSED: "Missed",
    OVERVIEW: "Busy",
}


def sequence_section(
    report: SequenceReport, scores: Mapping[str, Any] | None, anchor: str, thumbnails: Seq[Thumbnail], *, is_open: bool
) -> Markup:
    """Return plots, pictures, time and notes of one sequence.

    Args:
        report: The sequence.
        scores: As in ``metrics.json``.
        anchor: Id of the section in the page.
        thumbnails: Its pictures.
        is_open: Whether the section is unfolded from the beginning.
    """
    overlaps = overlap_over_time(report)
    plots = [_hota_plot(report, scores or {}), *sequence_plots(scores or {}, report.name)]
    # Of one target there is little to count.
    plots += [_overlap_plot(overlaps)] if overlaps is not None else [_errors_plot(report), _tracks_plot(report)]
    plots += [] if overlaps is not None else [_lengths_plot(report)]
    timing = None
    if report.timings:
        timing = timing_table(report.timings, report.frames_done, "Time by stage (stages overlap)")
    return tag(
        "details",
        tag("summary", tag("h2", report.name), tag("span", _facts(report), class_="facts")),
        notes_list(report.notes),
        tag("div", [plot for plot in plots if plot is not None], class_="plots"),
        timing,
        _pictures(thumbnails, scored=report.errors is not None),
        class_="sequence",
        id=anchor,
        open=is_open,
    )


def notes_list(notes: Seq[str]) -> Markup | None:
    """Return warnings as a list, None where there are none."""
    if not notes:
        return None
    return tag("ul", [tag("li", note) for note in notes], class_="notes", aria_label="Warnings")


def _facts(report: SequenceReport) -> str:
    lengths = report.results.track_lengths
    sequence = report.sequence
    facts = [f"{report.frames_done:,} frames"]
    if report.length is not None and report.length != report.frames_done:
        facts[0] += f" of {report.length:,}"
    if sequence is not None and sequence.width and sequence.height:
        facts.append(f"{sequence.width}×{sequence.height}")
    if sequence is not None and sequence.frame_rate:
        facts.append(f"{sequence.frame_rate:g} frames/s")
    facts.append(f"{len(lengths):,} tracks")
    if len(lengths):
        facts.append(f"{lengths.mean():.0f} frames each on average")
    if report.dropped:
        facts.append(f"{report.dropped:,} frames dropped")
    return " · ".join(facts)


def _hota_plot(report: SequenceReport, scores: Mapping[str, Any]) -> Markup | None:
    """Return HOTA and its parts over the localisation threshold, of the first metric that has the curve."""
    for tables in scores.values():
        curves = tables.get(report.name, {}).get("curves") or {}
        if "alphas" not in curves or "HOTA" not in curves:
            continue
        lines = [
            Line(name, 100 * np.array(curves[name], np.float64), style) for name, style in _CURVES if name in curves
        ]
        return line_plot(
            "HOTA over the localisation threshold",
            np.asarray(curves["alphas"], np.float64),
            lines,
            x_title="least IoU of a match (alpha)",
            y_title="percent",
            y_top=100.0,
        )
    return None


def _overlap_plot(overlaps: Float64Array) -> Markup:
    bins = Bins.for_length(len(overlaps))
    seen = np.isfinite(overlaps)
    frames = bins.sums(seen.astype(np.int64))
    means = bins.sums(np.where(seen, overlaps, 0)) / np.where(frames > 0, frames, np.nan)
    return line_plot(
        "Overlap over time",
        bins.first_frames,
        [Line("overlap with the annotation", 100 * means, "line-main")],
        x_title="frame",
        y_title=_per_frame("percent", bins),
        y_top=100.0,
    )


def _errors_plot(report: SequenceReport) -> Markup | None:
    errors = report.errors
    if errors is None:
        return None
    bins = Bins.for_length(len(errors.fp))
    return line_plot(
        "Errors over time",
        bins.first_frames,
        [
            Line("missed (FN)", bins.means(errors.fn), "line-missed", filled=True),
            Line("false positives (FP)", bins.means(errors.fp), "line-false"),
        ],
        strip=Strip("identity switches (IDSW)", bins.sums(errors.idsw), "mark-switch"),
        x_title="frame",
        y_title=_per_frame("boxes", bins),
    )


def _tracks_plot(report: SequenceReport) -> Markup:
    bins = Bins.for_length(report.span)
    lines = [Line("tracks", bins.means(report.tracks_per_frame), "line-main")]
    if report.truth is not None and report.errors is not None:
        errors = report.errors
        counted = np.zeros(report.span, np.int64)
        counted[: len(errors.tp)] = errors.tp + errors.fn
        lines.append(Line("annotated", bins.means(counted), "line-annotated"))
    return line_plot("Tracks over time", bins.first_frames, lines, x_title="frame", y_title=_per_frame("boxes", bins))


def _lengths_plot(report: SequenceReport) -> Markup:
    edges, counts = histogram(report.results.track_lengths)
    return bar_plot("Length of tracks", edges, counts, x_title="frames a track appears in", y_title="tracks")


def _per_frame(what: str, bins: Bins) -> str:
    return what if bins.width == 1 else f"{what} (mean of {bins.width} frames)"


def _pictures(pictures: Seq[Thumbnail], *, scored: bool) -> Markup | None:
    if not pictures:
        return None
    legend = None
    if scored:
        entries = (("correct", "correct"), ("false positive", "false"), ("missed", "missed"), ("new id", "switch"))
        legend = tag(
            "ul",
            [
                tag("li", tag("span", class_=f"swatch swatch-{style}", aria_hidden="true"), name)
                for name, style in entries
            ],
            class_="legend",
        )
    heading = "Worst frames" if scored else "Busiest frames"
    shown = tag("div", [_picture(picture) for picture in pictures], class_="thumbnails")
    return tag("section", tag("h3", heading), legend, shown, class_="pictures")


def _picture(picture: Thumbnail) -> Markup:
    words = {FALSE: "false positives", MISSED: "missed", SWITCH: "id switches"}
    singular = {FALSE: "false positive", MISSED: "missed", SWITCH: "id switch"}
    told = [f"{count} {(singular if count == 1 else words)[kind]}" for kind, count in picture.counts.items() if count]
    told = told or [f"{picture.tracks} track{'s' * (picture.tracks != 1)}"]
    text = f"Frame {picture.frame + 1}: {', '.join(told)}"
    width, height = picture.size
    image = tag("img", src=picture.source, alt=text, width=width, height=height, loading="lazy")
    reason = tag("span", _REASONS[picture.reason], class_=f"reason reason-{picture.reason}")
    return tag("figure", image, tag("figcaption", reason, " ", text), class_="thumbnail")
