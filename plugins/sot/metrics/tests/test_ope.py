"""One-pass evaluation: both conventions, hidden frames, missing results, several targets, attributes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics import Ope

CONVENTIONS = ("pytracking", "mmtracking")
FIELDS = ("AUC", "OP50", "OP75", "Precision", "NormPrecision", "AverageOverlap")


def score(metric, *sequences):
    tables = metric.report({each.name: metric.evaluate(each) for each in sequences}, ("target",))
    json.dumps(tables, allow_nan=False)
    return tables


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_perfect_results(make_sequence, walk, convention):
    table = score(Ope(convention=convention), make_sequence(walk, walk))["COMBINED"]
    # An overlap of 1 is above every threshold but the last, which is 1.
    assert table["AUC"] == pytest.approx(20 / 21)
    assert [table[name] for name in FIELDS[1:]] == [1, 1, 1, 1, 1]
    assert (table["Tracks"], table["Frames"]) == (1, 10)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_curves_are_of_the_paper(make_sequence, walk, convention):
    curves = score(Ope(convention=convention), make_sequence(walk, walk + np.array([4, 0, 0, 0])))["COMBINED"]["curves"]
    assert curves["overlap_thresholds"] == [round(0.05 * step, 2) for step in range(21)]
    assert curves["centre_thresholds"] == list(range(51))
    assert curves["normalised_thresholds"] == [step / 100 for step in range(51)]
    # PyTracking replaces the first result by the annotation.
    first = 0.1 if convention == "pytracking" else 0.0
    assert curves["precision"][3:5] == [first, 1.0]
    assert (curves["normalised_precision"][9], curves["normalised_precision"][11]) == (first, 1.0)
    # 36 of 44 columns are common: 0.818.
    assert curves["success"][15:18] == [1.0, 1.0, first]


def test_the_first_result_does_not_count_with_pytracking(make_sequence, walk):
    results = walk.copy()
    results[0] += 500
    assert score(Ope(), make_sequence(walk, results))["COMBINED"]["OP50"] == 1
    assert score(Ope(convention="mmtracking"), make_sequence(walk, results))["COMBINED"]["OP50"] == 0.9


def test_an_empty_result_repeats_the_one_before_with_pytracking(make_sequence, walk):
    results = walk.copy()
    results[4:6, 2:] = 0
    assert score(Ope(), make_sequence(walk, results))["COMBINED"]["OP50"] == 1
    assert score(Ope(convention="mmtracking"), make_sequence(walk, results))["COMBINED"]["OP50"] == 0.8


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_results_missing_at_the_end_are_missed(make_sequence, walk, convention):
    table = score(Ope(convention=convention), make_sequence(walk, walk[:6]))["COMBINED"]
    assert (table["OP50"], table["Precision"], table["NormPrecision"]) == (0.6, 0.6, 0.6)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_no_results(make_sequence, walk, convention):
    table = score(Ope(convention=convention), make_sequence(walk, np.full((10, 4), np.nan)))["COMBINED"]
    first = 0.1 if convention == "pytracking" else 0.0
    assert (table["OP50"], table["Precision"], table["NormPrecision"]) == (first, first, first)


HIDDEN_SHARES = {
    # Of ten frames, two have no annotation, and one of these is labelled as hidden; results are right everywhere.
    "lasot": (0.8, 0.8, 0.9),
    "lasot-extension": (0.8, 0.8, 1.0),
    "uav": (0.8, 1.0, 1.0),
    "unlabelled": (0.8, 0.8, 1.0),
}


@pytest.mark.parametrize("hidden", HIDDEN_SHARES)
def test_frames_without_annotation(make_sequence, walk, hidden):
    truth = walk.copy()
    truth[3:5] = np.nan
    label = np.zeros(10, np.uint8)
    label[3] = 1
    sequence = make_sequence(truth, walk, frame_labels={"out_of_view": label})
    table = score(Ope(hidden=hidden), sequence)["COMBINED"]
    assert (table["OP50"], table["Precision"], table["NormPrecision"]) == pytest.approx(HIDDEN_SHARES[hidden])


def test_labels_hide_annotated_frames_too(make_sequence, walk):
    visible = np.arange(10) % 5 != 3
    sequence = make_sequence(walk, walk, visible=visible)
    assert score(Ope(), sequence)["COMBINED"]["Precision"] == 0.8
    assert score(Ope(hidden="unlabelled"), sequence)["COMBINED"]["Precision"] == 1
    assert score(Ope(convention="mmtracking"), sequence)["COMBINED"]["Precision"] == 1


@pytest.mark.parametrize(("convention", "share"), [("pytracking", 1.0), ("mmtracking", 0.8)])
def test_invisible_frames_left_out(make_sequence, walk, convention, share):
    sequence = make_sequence(walk, walk, visible=np.arange(10) % 5 != 3)
    table = score(Ope(convention=convention, exclude_invisible=True), sequence)["COMBINED"]
    assert table["Precision"] == pytest.approx(share)


def test_mmtracking_takes_centres_beyond_the_origin_for_met(make_sequence, walk):
    truth = walk - [200, 0, 0, 0]
    assert score(Ope(convention="mmtracking"), make_sequence(truth, walk + 300))["COMBINED"]["Precision"] == 1


def test_each_target_is_a_track_of_its_own(walk, rows_table):
    # The second target is there in frames 4 to 7 only, and lost.
    truth = TrackTable([*range(10), *range(3, 7)], np.vstack([walk, walk[3:7]]), ids=[1] * 10 + [2] * 4)
    results = TrackTable([*range(10), *range(3, 7)], np.vstack([walk, walk[3:7] + 300]), ids=[1] * 10 + [2] * 4)
    tables = score(Ope(), EvaluatedSequence("pair", 10, ("target",), truth, results))
    assert tables["pair"]["targets"]["1"]["OP50"] == 1
    assert tables["pair"]["targets"]["2"]["OP50"] == 0.25
    assert tables["pair"]["OP50"] == tables["COMBINED"]["OP50"] == 0.625
    assert tables["COMBINED"]["Tracks"] == 2
    assert tables["COMBINED"]["Frames"] == 14


def test_sequences_weigh_alike(make_sequence, walk):
    long = make_sequence(np.tile(walk, (5, 1)), np.tile(walk, (5, 1)) + 300, name="long")
    tables = score(Ope(), make_sequence(walk, walk), long)
    assert tables["COMBINED"]["OP50"] == pytest.approx((1 + 0.02) / 2)


def test_by_attribute(make_sequence, walk):
    good = make_sequence(walk, walk, name="good", attributes=("IV", "FM"))
    bad = make_sequence(walk, walk + 300, name="bad", attributes=("FM",))
    parts = score(Ope(), good, bad)["by_attribute"]
    assert list(parts) == ["IV", "FM"]
    assert parts["IV"]["COMBINED"]["OP50"] == 1
    assert parts["FM"]["COMBINED"]["OP50"] == pytest.approx(0.55)
    assert parts["FM"]["COMBINED"]["Tracks"] == 2


def test_nothing_to_score(rows_table):
    nothing = EvaluatedSequence("nothing", 3, (), TrackTable.empty(), TrackTable.empty())
    for convention in CONVENTIONS:
        table = score(Ope(convention=convention), nothing)["COMBINED"]
        assert [table[name] for name in FIELDS] == [None] * 6
        assert set(table["curves"]["success"]) == {None}
        assert table["Tracks"] == 0


def test_a_sequence_without_visible_frames_is_left_out_of_the_mean(make_sequence, walk):
    hidden = make_sequence(walk, walk, visible=np.zeros(10), name="hidden")
    tables = score(Ope(exclude_invisible=True), make_sequence(walk, walk), hidden)
    assert tables["hidden"]["AUC"] is None
    assert tables["COMBINED"]["OP50"] == 1


def test_an_id_twice_in_a_frame(walk, rows_table):
    twice = TrackTable([0, 0], walk[:2], ids=[1, 1])
    with pytest.raises(DataError, match=r"'walk': frame 1 .* id 1 stands twice in the results"):
        Ope().evaluate(EvaluatedSequence("walk", 10, (), rows_table(walk), twice))
    with pytest.raises(DataError, match="several results without an id"):
        Ope().evaluate(EvaluatedSequence("walk", 10, (), rows_table(walk), TrackTable([0, 0], walk[:2])))


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (lambda walk: np.full((10, 4), np.nan), "there are no results"),
        (lambda walk: np.hstack([walk[:, :2], walk[:, :2] + walk[:, 2:]]), None),
        (lambda walk: walk[[0, *range(9)]] + np.array([2, 0, 0, 0]), None),
        (lambda walk: walk + 300, "no result beyond the first frame meets the annotation"),
    ],
)
def test_diagnosis(make_sequence, walk, results, words):
    lines = Ope().diagnose(make_sequence(walk, results(walk)))
    assert lines == ([] if words is None else [f"sequence 'walk': {words}"])


def test_diagnosis_of_data_that_only_a_server_can_score(make_sequence, walk):
    truth = walk.copy()
    truth[1:] = np.nan
    (line,) = Ope().diagnose(make_sequence(truth, walk))
    assert "only the first frame is annotated" in line
    assert "vtcore submission" in line


@pytest.mark.parametrize("name", ["convention", "hidden"])
def test_no_such_choice(name):
    with pytest.raises(ValueError, match=f"{name}: must be one of"):
        Ope(**{name: "other"})


def test_frame_errors(make_sequence, walk):
    results = walk.copy()
    results[6] += 100
    results[8] = np.nan
    visible = np.ones(10)
    visible[9] = 0
    errors = Ope().frame_errors(make_sequence(walk, results, visible=visible))
    assert errors.tp.tolist() == [1, 1, 1, 1, 1, 1, 0, 1, 0, 0]
    assert errors.fp.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert errors.fn.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]
    assert errors.fp_rows.tolist() == [6]
    assert errors.fn_rows.tolist() == [6, 8]
    assert not errors.idsw.any()


NUMBER = st.floats(-1e4, 1e4, allow_nan=False)
SIZE = st.one_of(st.just(0.0), st.floats(0, 1e4, allow_nan=False))
BOX = st.one_of(st.none(), st.tuples(NUMBER, NUMBER, SIZE, SIZE))


@example([((0.0, 0.0, 2.3e-308, 2.3e-308), None, False)], False)
@given(st.lists(st.tuples(BOX, BOX, st.booleans()), min_size=1, max_size=12), st.booleans())
def test_numbers_are_numbers_whatever_comes(frames, exclude):
    def table(boxes, visible):
        rows = [(index, box) for index, box in enumerate(boxes) if box is not None]
        return TrackTable(
            [index for index, _ in rows],
            [box for _, box in rows],
            ids=[0] * len(rows),
            visibility=[visible[index] for index, _ in rows],
        )

    seen = [frame[2] for frame in frames]
    sequence = EvaluatedSequence(
        "any", len(frames), (), table([f[0] for f in frames], seen), table([f[1] for f in frames], seen)
    )
    for convention in CONVENTIONS:
        for hidden in HIDDEN_SHARES:
            metric = Ope(convention=convention, exclude_invisible=exclude, hidden=hidden)
            table_ = score(metric, sequence)["COMBINED"]
            for name in ("AUC", "OP50", "OP75", "Precision"):
                assert table_[name] is None or 0 <= table_[name] <= 1 or hidden == "uav"
            metric.diagnose(sequence)
            metric.frame_errors(sequence)
