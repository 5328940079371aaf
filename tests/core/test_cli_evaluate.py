"""``vtcore eval`` on files made elsewhere, and on a run's folder."""

from __future__ import annotations

import json
import re

import pytest

from vtcore.cli import main

pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")
pytest.importorskip("vtrack_plugin_mot_metrics", reason="vtrack-plugin-mot-metrics is not installed")


@pytest.fixture
def data(tmp_path):
    """A data set of two sequences with two people each, and results that miss one of them once."""
    for name in ("A-01", "A-02"):
        folder = tmp_path / "data" / "train" / name
        (folder / "gt").mkdir(parents=True)
        (folder / "seqinfo.ini").write_text(
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate=25\nseqLength=6\nimWidth=640\nimHeight=480\nimExt=.jpg\n"
        )
        rows = [(frame, person) for frame in range(1, 7) for person in (1, 2)]
        (folder / "gt" / "gt.txt").write_text(
            "".join(f"{frame},{person},{100 * person},{10 * frame},40,80,1,1,1.0\n" for frame, person in rows)
        )
        results = tmp_path / "results"
        results.mkdir(exist_ok=True)
        (results / f"{name}.txt").write_text(
            "".join(
                f"{frame},{person + 6},{100 * person}.00,{10 * frame}.00,40.00,80.00,0.9,-1,-1,-1\n"
                for frame, person in rows
                if (frame, person) != (3, 1)
            )
        )
    return tmp_path


@pytest.fixture
def evaluate(data, monkeypatch, capsys):
    """Run the command in the folder of the data; return exit status, output and errors."""
    monkeypatch.chdir(data)

    def run(*arguments, dataset=True):
        words = ["eval", *map(str, arguments)]
        if dataset:
            words += ["--dataset", "mot-challenge", "-o", "dataset.root=data", "-o", "dataset.split=train"]
            words += ["-o", "dataset.benchmark=MOT17"]
        status = main(words)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_table(evaluate):
    status, out, err = evaluate("results")
    assert (status, err) == (0, "")
    lines = {re.split(r"\s*[│┃]\s*", line.strip())[0]: line for line in out.splitlines()}
    assert {"A-01", "A-02", "COMBINED"} <= set(lines)
    heading = next(line for line in out.splitlines() if "MOTA" in line)
    for name in ("HOTA", "DetA", "AssA", "LocA", "IDSW", "CLR_FP", "CLR_FN", "Frag", "IDF1", "GT_Dets", "GT_IDs"):
        assert name in heading
    assert "91.667" in lines["COMBINED"]


def test_json(evaluate):
    status, out, _ = evaluate("results", "--json", "--metrics", "clear", "count")
    scores = json.loads(out)
    assert status == 0
    assert list(scores) == ["clear", "count"]
    assert scores["clear"]["COMBINED"]["CLR_TP"] == 22
    assert scores["clear"]["A-02"]["MOTA"] == pytest.approx(11 / 12)
    assert scores["count"]["A-01"] == {"Dets": 11, "GT_Dets": 12, "IDs": 2, "GT_IDs": 2}


def test_a_data_set_may_say_what_it_is_scored_by(evaluate, monkeypatch):
    from vtrack_datasets.config import MotChallengeConfig

    monkeypatch.setattr(MotChallengeConfig, "metrics", ("count",), raising=False)
    assert json.loads(evaluate("results", "--json")[1]).keys() == {"count"}
    assert json.loads(evaluate("results", "--json", "--metrics", "clear")[1]).keys() == {"clear"}


def test_output_folder(evaluate, data):
    status, out, _ = evaluate("results", "--output", "scores", "--json")
    assert status == 0
    assert json.loads((data / "scores" / "metrics.json").read_text()) == json.loads(out)
    assert [path.name for path in (data / "scores").iterdir()] == ["metrics.json"]


def test_nothing_is_written_unless_asked_for(evaluate, data):
    before = sorted(path for path in data.rglob("*"))
    evaluate("results")
    assert sorted(path for path in data.rglob("*")) == before


def test_one_file(evaluate, data):
    status, out, _ = evaluate("results/A-02.txt", "--json")
    assert status == 0
    assert set(json.loads(out)["clear"]) == {"COMBINED", "A-02"}


def test_file_of_no_sequence(evaluate, data):
    (data / "results" / "A-03.txt").write_text("")
    status, _, err = evaluate("results/A-03.txt")
    assert status == 2
    assert "the data set has no sequence 'A-03'; did you mean" in err


def test_missing_results(evaluate, data):
    (data / "results" / "A-01.txt").unlink()
    status, out, err = evaluate("results")
    assert (status, out) == (2, "")
    assert err.startswith("vtcore: error: results: there is no result file for A-01: expected <sequence>.txt")
    status, out, _ = evaluate("results", "--only-found", "--json")
    assert status == 0
    assert set(json.loads(out)["hota"]) == {"COMBINED", "A-02"}


def test_no_results_at_all(evaluate, data):
    (data / "empty").mkdir()
    status, _, err = evaluate("empty", "--only-found")
    assert status == 2
    assert "empty: there is no result file for any sequence of the data set: A-01, A-02" in err
    status, _, err = evaluate("nowhere")
    assert status == 2
    assert err == "vtcore: error: nowhere: there is no such file or folder of results\n"


def test_chosen_sequences(evaluate):
    status, out, _ = evaluate("results", "-o", 'run.sequences=["A-02"]', "--json")
    assert status == 0
    assert set(json.loads(out)["hota"]) == {"COMBINED", "A-02"}
    status, _, err = evaluate("results", "-o", 'run.sequences=["B-02"]')
    assert status == 2
    assert "the data set has no sequence 'B-02'" in err


def test_experiment_says_data_set_and_metrics(evaluate, data):
    (data / "mine.toml").write_text(
        '[dataset]\ntype = "mot-challenge"\nroot = "data"\nsplit = "train"\nbenchmark = "MOT17"\n'
        '[[metrics]]\ntype = "clear"\nthreshold = 0.7\n[run]\nmax_frames = 2\n'
    )
    status, out, _ = evaluate("results", "--dataset", "mine.toml", "--json", dataset=False)
    assert status == 0
    scores = json.loads(out)
    assert list(scores) == ["clear"]
    assert scores["clear"]["COMBINED"]["CLR_TP"] == 8
    status, out, _ = evaluate("results", "--dataset", "mine.toml", "--json", "--metrics", "identity", dataset=False)
    assert status == 0
    assert list(json.loads(out)) == ["identity"]


def test_run_folder_needs_no_data_set(evaluate, data):
    (data / "experiment.toml").write_text(
        '[dataset]\ntype = "mot-challenge"\nroot = "data"\nsplit = "train"\nbenchmark = "MOT17"\n'
        '[tracker]\ntype = "not-installed-here"\n[[metrics]]\ntype = "hota"\n'
        '[run]\nsequences = ["A-01"]\noutput = "elsewhere"\n'
    )
    status, out, err = evaluate(data, "--json", dataset=False)
    assert (status, err) == (0, "")
    assert set(json.loads(out)) == {"hota"}
    assert set(json.loads(out)["hota"]) == {"COMBINED", "A-01"}


def test_folder_without_data_set(evaluate):
    status, _, err = evaluate("results", dataset=False)
    assert status == 2
    assert err == (
        "vtcore: error: results: is not a run's folder (it has no experiment.toml): say by --dataset what the results "
        "are of\n"
    )


def test_experiment_without_data_set(evaluate, data):
    (data / "mine.toml").write_text('[[metrics]]\ntype = "clear"\n')
    status, _, err = evaluate("results", "--dataset", "mine.toml", dataset=False)
    assert status == 2
    assert err == "vtcore: error: mine.toml: has no [dataset]: name a data set by --dataset\n"


def test_unknown_metric_and_data_set(evaluate):
    status, _, err = evaluate("results", "--metrics", "hotta")
    assert status == 2
    assert "unknown metric 'hotta'; did you mean 'hota'?" in err
    status, _, err = evaluate("results", "--dataset", "mot-chalenge", dataset=False)
    assert status == 2
    assert "did you mean 'mot-challenge'?" in err


def test_scores_of_zero_are_explained(evaluate, data):
    for path in (data / "results").iterdir():
        rows = [line.split(",") for line in path.read_text().splitlines()]
        halved = [[*row[:2], *(str(float(number) / 2) for number in row[2:6]), *row[6:]] for row in rows]
        path.write_text("".join(",".join(row) + "\n" for row in halved))
    status, out, err = evaluate("results", "--json")
    assert status == 0
    assert json.loads(out)["clear"]["COMBINED"]["CLR_TP"] == 0
    assert err.splitlines() == [
        f"note: sequence '{name}': no result overlaps an annotation by half, but 100% of the boxes do when multiplied "
        "by 2: were the results made on resized frames?"
        for name in ("A-01", "A-02")
    ]


def test_damaged_results(evaluate, data):
    with (data / "results" / "A-01.txt").open("a") as file:
        file.write("7,1,0,0,40,80,0.9,-1,-1,-1\n")
    status, _, err = evaluate("results")
    assert status == 2
    assert err.startswith("vtcore: error: results/A-01.txt: has rows for frame 7 (counted from 1), but the sequence")
