"""``vtcore plots``: curves of several runs in one picture or page."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from vtcore.cli import main
from vtrack_plugin_sot_metrics import Ope, Vot
from vtrack_plugin_sot_metrics.comparison import ScoredRun, compared_plots, unlike_sequences
from vtrack_plugin_sot_metrics.plot_pictures import HEIGHT, WIDTH, draw_plots


@pytest.fixture
def runs(tmp_path, make_sequence, walk):
    """Folders of three runs, each worse than the one before."""
    folders = []
    for number, name in enumerate(["good", "fair", "poor"]):
        answer = walk + np.array([8 * number, 0, 0, 0])
        sequence = make_sequence(walk, answer, width=200, height=100, attributes=("FM",))
        scores = {
            name: metric.report({"walk": metric.evaluate(sequence)}, ())
            for name, metric in (("ope", Ope()), ("vot", Vot(interval=(1, 5))))
        }
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text(json.dumps(scores))
        folders.append(tmp_path / name)
    return folders


def read(folders):
    return [ScoredRun(folder.name, json.loads((folder / "metrics.json").read_text())) for folder in folders]


def test_plots_of_all_kinds(runs):
    plots = compared_plots(read(runs), by_attribute=True)
    assert [plot.title for plot in plots] == [
        "Success (ope)",
        "Precision (ope)",
        "Normalised precision (ope)",
        "Success: FM (1)",
        "Precision: FM (1)",
        "Normalised precision: FM (1)",
        "Expected overlap (vot)",
    ]
    assert [curve.legend for curve in plots[0].curves] == ["good [95.2]", "fair [69.5]", "poor [48.1]"]


def test_some_plots_only(runs):
    plots = compared_plots(read(runs), metrics=["ope"], kinds=["Precision"])
    assert [plot.title for plot in plots] == ["Precision (ope)"]


def test_picture(runs, tmp_path, capsys):
    out = tmp_path / "pictures" / "all.png"
    assert main(["plots", *map(str, reversed(runs)), "--metrics", "ope", "--output", str(out)]) == 0
    assert "3 plots of 3 runs" in capsys.readouterr().out
    picture = cv2.imread(str(out))
    assert picture.shape == (HEIGHT, 3 * WIDTH, 3)
    # The best is red wherever it stands among the runs: 214, 39, 40. It is drawn last, so none covers it.
    red = np.abs(picture.astype(int) - (40, 39, 214)).max(axis=2) < 40
    assert red[:, :WIDTH].sum() > 500
    assert list(out.parent.iterdir()) == [out]


def test_many_runs_have_their_legend_beside_the_plot(runs):
    many = [ScoredRun(f"tracker {number}", run.scores) for number, run in enumerate(read(runs) * 8)]
    picture = draw_plots(compared_plots(many, metrics=["ope"], kinds=["success"]))
    assert picture.shape[1] > WIDTH + 100
    assert picture.dtype == np.uint8


def test_one_run_of_one_frame(make_sequence, walk):
    metric = Vot(interval=(0, 5))
    sequence = make_sequence(walk[:1], walk[:1], width=200, height=100)
    run = ScoredRun("é", {"vot": metric.report({"walk": metric.evaluate(sequence)}, ())})
    assert draw_plots(compared_plots([run])).shape == (HEIGHT, WIDTH, 3)


def test_page(runs, tmp_path):
    out = tmp_path / "all.html"
    words = ["plots", *map(str, runs), "--names", "A", "B", "<C>", "--by-attribute", "--output", str(out)]
    assert main(words) == 0
    page = out.read_text()
    assert "A [95.2]" in page
    assert "&lt;C&gt; [48.1]" in page
    assert "Success: FM (1)" in page
    assert "all sequences combined" in page


def test_runs_without_attributes(runs, tmp_path, capsys):
    for run in runs:
        scores = json.loads((run / "metrics.json").read_text())
        scores["ope"].pop("by_attribute")
        (run / "metrics.json").write_text(json.dumps({"ope": scores["ope"]}))
    words = ["plots", *map(str, runs), "--output", str(tmp_path / "a.png")]
    assert main([*words, "--by-attribute"]) == 0
    assert "note: no run has scores by attribute: the data tell no attributes" in capsys.readouterr().err
    assert main(words) == 0
    assert not capsys.readouterr().err


def test_runs_of_other_sequences_are_told_of(runs, tmp_path, capsys):
    scores = json.loads((runs[1] / "metrics.json").read_text())
    scores["ope"]["other"] = scores["ope"]["walk"]
    (runs[1] / "metrics.json").write_text(json.dumps(scores))
    assert len(list(unlike_sequences(read(runs)))) == 1
    assert main(["plots", *map(str, runs), "--output", str(tmp_path / "a.png")]) == 0
    assert "fair was scored by ope on 2 sequences, good on 1, 1 of them the same" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--output", "a.pdf"], "must end in .png or .html"),
        (["--names", "one"], "--names has 1 names for 3 runs"),
        (["--metrics", "opee"], "no run has scores of the metric 'opee'; did you mean 'ope'"),
        (["--plots", "sucess"], "there is no plot 'sucess'; did you mean 'success'"),
        (["--plots", "robustness"], "there is no plot 'robustness'; there are 'success', 'precision',"),
        (["--plots", "expected overlap", "--metrics", "ope"], "there is no curve to draw"),
    ],
)
def test_refused(runs, tmp_path, monkeypatch, capsys, more, words):
    monkeypatch.chdir(tmp_path)
    assert main(["plots", *map(str, runs), *more]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[1]", "does not hold scores"),
        ('{"ope": {}}', "no curve to draw"),
    ],
)
def test_no_scores(tmp_path, capsys, content, words):
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    assert main(["plots", str(tmp_path), "--output", str(tmp_path / "a.png")]) == 2
    assert words in capsys.readouterr().err
