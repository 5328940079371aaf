"""Curves of scores in the report: all sequences, each sequence, attributes, several runs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from vtcore.report import ReportInput, SequenceReport
from vtcore.report.curves import combined_plots, comparison_plot, line_style, score_curves, sequence_plots
from vtcore.report.page import report_page
from vtcore.report.target_overlap import overlap_over_time
from vtcore.score_table import ScoreTable
from vtcore.tables import TrackTable

TABLE = {
    "AUC": 0.5,
    "Precision": 0.75,
    "curves": {
        "overlap_thresholds": [0, 0.5, 1],
        "success": [1, 0.5, 0],
        "centre_thresholds": [0, 20, 50],
        "precision": [0, 0.75, 1],
    },
}
EXPECTED = {"EAO": 0.4, "curves": {"lengths": [0, 1, 2, 3], "expected_overlap": [0, 0.6, 0.5, 0.4], "interval": [1, 9]}}
SCORES = {
    "ope": {
        "COMBINED": TABLE,
        "walk": TABLE,
        "by_attribute": {"IV": {"COMBINED": TABLE | {"AUC": 0.3}}, "FM": {"COMBINED": TABLE | {"AUC": 0.6}}},
    },
    "vot": {"COMBINED": EXPECTED, "walk": {"EAO": None}},
}


def titles(plots):
    return [re.search(r"<figcaption>(.*?)</figcaption>", plot)[1] for plot in plots]


def legends(plot):
    return re.findall(r"</svg>([^<]+)</li>", plot)


def test_curves_of_a_table():
    success, precision = score_curves(TABLE, "mine")
    assert (success.kind.title, success.legend, success.y.tolist()) == ("Success", "mine [50.0]", [100, 50, 0])
    assert (precision.kind.title, precision.value) == ("Precision", 0.75)
    (expected,) = score_curves(EXPECTED, "mine")
    assert expected.band == (1, 9)


@pytest.mark.parametrize(
    "curves",
    [
        None,
        {},
        {"overlap_thresholds": [0, 1], "success": [None, 1]},
        {"overlap_thresholds": [0, 1], "success": [1]},
        {"overlap_thresholds": [], "success": []},
        {"alphas": [0.5], "HOTA": [0.4]},
    ],
)
def test_what_is_no_curve_is_left_out(curves):
    assert list(score_curves({"AUC": 0.5, "curves": curves}, "mine")) == []


def test_a_curve_without_number_has_its_name_only():
    (curve,) = score_curves({"AUC": None, "curves": {"overlap_thresholds": [0, 1], "success": [1, 0]}}, "mine")
    assert curve.legend == "mine"


def test_plots_of_a_run():
    plots = combined_plots(SCORES, "mine")
    assert titles(plots) == ["ope: Success", "ope: Precision", "ope: Success by attribute", "vot: Expected overlap"]
    assert legends(plots[2]) == ["FM [60.0]", "IV [30.0]"]
    assert 'class="band"' in plots[3]
    assert titles(combined_plots({"ope": SCORES["ope"]}, "mine"))[0] == "Success"


def test_plots_of_a_sequence():
    plots = sequence_plots(SCORES, "walk")
    assert titles(plots) == ["Success", "Precision"]
    assert legends(plots[0]) == ["AUC [50.0]"]
    assert sequence_plots(SCORES, "other") == []


def test_runs_of_unlike_length_in_one_plot():
    short = {"EAO": 0.7, "curves": {"lengths": [0, 1], "expected_overlap": [0, 0.7]}}
    curves = [curve for name, table in (("a", EXPECTED), ("b", short)) for curve in score_curves(table, name)]
    plot = comparison_plot(curves, "Both")
    assert legends(plot) == ["b [70.0]", "a [40.0]"]
    assert plot.count("<polyline") == 2


def test_styles_repeat_in_dashes():
    assert line_style(0) == "line-run run-0"
    assert line_style(12) == "line-run run-2 run-dashed"


def sequence_report(**more):
    boxes = np.array([[10, 10, 20, 20]] * 4, float)
    truth = TrackTable(range(4), boxes, ids=[0] * 4, visibility=[1, 1, 0, 1])
    results = TrackTable([0, 1, 2], boxes[:3] + np.array([[0], [10], [0]]) * [1, 0, 0, 0], ids=[5] * 3)
    return SequenceReport(**({"name": "walk", "results": results, "truth": truth, "frames_done": 4} | more))


def test_overlap_over_time():
    overlaps = overlap_over_time(sequence_report())
    np.testing.assert_allclose(overlaps, [1, 1 / 3, np.nan, 0])


@pytest.mark.parametrize(
    "more",
    [
        {"truth": None},
        {"truth": TrackTable.empty()},
        {"truth": TrackTable([0, 0], [[1, 1, 1, 1]] * 2, ids=[0, 1])},
        {"results": TrackTable([0, 0], [[1, 1, 1, 1]] * 2, ids=[0, 1])},
    ],
)
def test_overlap_of_one_target_only(more):
    assert overlap_over_time(sequence_report(**more)) is None


def test_page_of_a_run_with_one_target():
    page = report_page(ReportInput(title="mine", scores=SCORES, sequences=[sequence_report()]))
    assert titles(re.findall(r"<figure.*?</figure>", page)) == [
        "ope: Success",
        "ope: Precision",
        "ope: Success by attribute",
        "vot: Expected overlap",
        "Success",
        "Precision",
        "Overlap over time",
    ]
    assert "Scores by attribute" in page
    assert "by_attribute" not in page


def test_attributes_in_the_terminal():
    from rich.console import Console

    console = Console(width=120, record=True, file=None)
    with console.capture() as shown:
        console.print(ScoreTable(SCORES, {"ope": ("AUC",), "vot": ("EAO",)}))
    lines = [line.split() for line in shown.get().splitlines()]
    assert ["attribute", "FM", "│", "60.000", "│", "-"] in lines
    assert not any("by_attribute" in line for line in lines)
