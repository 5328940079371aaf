"""VOT: states from gaps, burn-in, runs, the expected overlap, tags."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics import Vot
from vtrack_plugin_sot_metrics.reset_runs import accuracy_mask, expected_overlaps, fragments, states_of

SIZE = {"width": 200, "height": 100}


def score(metric, *sequences):
    tables = metric.report({each.name: metric.evaluate(each) for each in sequences}, ("target",))
    json.dumps(tables, allow_nan=False)
    return tables


def states(text):
    """Return states from ``x`` for a result and ``.`` for none, as text: starts, failures, pauses, tracked frames."""
    found = states_of(np.array([letter == "x" for letter in text], bool))
    return "".join("tsfp"[state] for state in found)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ("xxxx", "sttt"),
        ("xx.....xx", "stfppppst"),
        ("xx.x", "stfs"),
        ("xx.", "stf"),
        ("..xx", "ppst"),
        ("....", "fppp"),
        ("", ""),
    ],
)
def test_states(present, expected):
    assert states(present) == expected


def test_burn_in():
    found = states_of(np.array([letter == "x" for letter in "xxxxx..xxxx"]))
    assert np.flatnonzero(accuracy_mask(found, 3)).tolist() == [3, 4, 10]
    assert np.flatnonzero(accuracy_mask(found, 0)).tolist() == [0, 1, 2, 3, 4, 7, 8, 9, 10]


def test_runs():
    found = states_of(np.array([letter == "x" for letter in "xxx..xx"]))
    (first, failed), (last, lasted) = fragments(np.arange(7.0), found)
    assert (first.tolist(), failed) == ([0, 1, 2], False)
    assert (last.tolist(), lasted) == ([5, 6], True)


def test_expected_overlap():
    lost, kept = (np.array([0, 1.0, 0.5]), False), (np.array([0, 1.0, 1.0, 0.5]), True)
    # Lengths 1 to 3 of both; a lost run goes on with zeros.
    np.testing.assert_allclose(expected_overlaps([lost, kept]), [0, 1, (0.75 + 1) / 2, (0.5 + 2.5 / 3) / 2])
    np.testing.assert_allclose(expected_overlaps([lost, (np.array([0, 0.2]), True)]), [0, 0.6, 0.75])
    assert expected_overlaps([]).shape == (0,)


def test_scores(make_sequence, walk):
    results = walk + np.array([0, 0, -10, 0])
    results[4:8] = np.nan
    table = score(Vot(interval=(1, 3), burn_in=1), make_sequence(walk, results, **SIZE))["COMBINED"]
    # Run 1: frames 0 to 3, lost; run 2: frames 8 and 9. Every overlap is 0.75.
    assert table["Accuracy"] == pytest.approx(0.75)
    assert (table["Failures"], table["Robustness"], table["Frames"]) == (1, 0.1, 10)
    assert table["EAO"] == pytest.approx(0.75)
    assert table["curves"]["interval"] == [1, 3]
    assert len(table["curves"]["expected_overlap"]) == 4


def test_interval_of_the_year(make_sequence, walk):
    tables = score(Vot(year=2019), make_sequence(walk, walk, **SIZE))
    assert tables["COMBINED"]["curves"]["interval"] == [46, 291]
    assert tables["COMBINED"]["EAO"] is None


@pytest.mark.parametrize("interval", [(5,), (7, 3), (-1, 4)])
def test_no_interval(interval):
    with pytest.raises(ValueError, match="interval: must be two numbers of frames"):
        Vot(interval=interval)


def test_year_unknown():
    with pytest.raises(ValueError, match="year: must be one of 2015"):
        Vot(year=2021)


def test_videos_weigh_by_their_frames(make_sequence, walk):
    good, bad = make_sequence(walk, walk, **SIZE), make_sequence(walk[:5], walk[:5] + 60, name="bad", **SIZE)
    assert score(Vot(burn_in=1), good, bad)["COMBINED"]["Accuracy"] == pytest.approx(2 / 3)


def test_no_results_are_a_failure(make_sequence, walk):
    table = score(Vot(interval=(0, 5)), make_sequence(walk, np.full((10, 4), np.nan), **SIZE))["COMBINED"]
    assert (table["Failures"], table["Accuracy"], table["EAO"]) == (1, 0, 0)


def test_by_tag(make_sequence, walk):
    occluded = np.zeros(10, bool)
    occluded[4:] = True
    results = walk + np.array([0, 0, -10, 0])
    results[6] = np.nan
    labels = {"occlusion": occluded, "cover": np.full(10, 8), "motion": np.arange(10) < 2}
    parts = score(Vot(burn_in=1), make_sequence(walk, results, frame_labels=labels, **SIZE))["by_attribute"]
    assert set(parts) == {"occlusion", "motion", "empty"}
    assert parts["occlusion"]["COMBINED"]["Failures"] == 1
    assert parts["occlusion"]["COMBINED"]["Robustness"] == pytest.approx(1 / 6)
    assert parts["occlusion"]["COMBINED"]["Accuracy"] == pytest.approx(0.75)
    assert parts["empty"]["COMBINED"]["Frames"] == 2


def test_rotated_annotations_are_compared_as_polygons():
    corners = [[10, 10, 40, 10, 40, 30, 10, 30]] * 3
    truth = TrackTable(range(3), [[10, 10, 30, 20]] * 3, ids=[0] * 3, polygons=corners)
    results = TrackTable(range(3), [[10, 10, 30, 20]] * 3, ids=[0] * 3)
    (track,) = Vot().evaluate(EvaluatedSequence("box", 3, (), truth, results, **SIZE))["targets"].values()
    assert track["overlaps"].tolist() == [0, 600 / (31 * 21), 600 / (31 * 21)]


def test_runs_of_one_pass_are_told_of(make_sequence, walk):
    results = walk.copy()
    results[6:] += 60
    (line,) = Vot().diagnose(make_sequence(walk, results, **SIZE))
    assert "4 results do not meet their target" in line
    assert "vot-reset" in line
    assert Vot().diagnose(make_sequence(walk, walk, **SIZE)) == []


def test_nothing_to_score():
    nothing = EvaluatedSequence("nothing", 1, (), TrackTable.empty(), TrackTable.empty())
    table = score(Vot(), nothing)["COMBINED"]
    assert (table["EAO"], table["Accuracy"], table["Robustness"], table["Failures"]) == (None, None, None, 0)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 12))
def test_every_frame_has_one_state(present, burn_in):
    found = states_of(np.array(present))
    runs = fragments(np.ones(len(present)), found)
    assert sum(not lasted for _, lasted in runs) == max((found == 2).sum(), 0)
    assert sum(len(run) for run, _ in runs) == (sum(present) if any(present) else 1)
    curve = expected_overlaps(runs)
    assert ((curve >= 0) & (curve <= 1)).all()
    assert not accuracy_mask(found, burn_in)[~np.array(present)].any()


def test_why_there_is_no_score(make_sequence, walk):
    def told(metric, *sequences):
        return metric.explain({each.name: metric.evaluate(each) for each in sequences})

    whole = make_sequence(walk, walk, **SIZE)
    assert told(Vot(year=2018), whole) == [
        "vot: there is no EAO: it is the mean over lengths of 100 to 356 frames, and the longest run has 10; set the "
        "metric's interval",
        "vot: no frame counts for the accuracy, which is 0 therefore: each is one of the first 10 from a start, or was "
        "not tracked; lower the metric's burn_in",
    ]
    assert told(Vot(interval=(9, 12), burn_in=9), whole) == []
    assert told(Vot(interval=(10, 12), burn_in=9), whole) != []
    assert Vot(interval=(9, 12)).report({"walk": Vot().evaluate(whole)}, ())["COMBINED"]["EAO"] is not None
    assert Vot(interval=(10, 12)).report({"walk": Vot().evaluate(whole)}, ())["COMBINED"]["EAO"] is None
    assert told(Vot()) == []


def test_a_frame_without_annotation_is_no_result_that_misses(make_sequence, walk):
    truth = walk.copy()
    truth[4] = np.nan
    assert Vot().diagnose(make_sequence(truth, walk, **SIZE)) == []
    away = walk.copy()
    away[4] = [0, 0, 5, 5]
    (told,) = Vot().diagnose(make_sequence(walk, away, **SIZE))
    assert "1 results do not meet their target, and the tracker was not started again" in told
