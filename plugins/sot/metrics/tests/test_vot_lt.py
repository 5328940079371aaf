"""VOT-LT: thresholds, precision and recall by confidence, the best F-score."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

from vtcore.results.read import read_results
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics import VotLt
from vtrack_plugin_sot_metrics.vot_lt import confidence_thresholds, precision_and_recall

SIZE = {"width": 200, "height": 100}


def score(metric, *sequences):
    tables = metric.report({each.name: metric.evaluate(each) for each in sequences}, ("target",))
    json.dumps(tables, allow_nan=False)
    return tables


@pytest.fixture
def absent(make_sequence, walk):
    """The target is away in frames 3 to 6; the tracker loses it, goes on elsewhere, and says so by its score."""

    def made(scores, name="walk"):
        truth, results = walk.copy(), walk.copy()
        truth[3:7] = np.nan
        results[3:7, 1] = 0
        results[8] += [10, 0, 0, 0]
        sequence = make_sequence(truth, results, name=name, **SIZE)
        rows = sequence.results
        return attrs.evolve(sequence, results=TrackTable(rows.frames, rows.ltwh, ids=rows.ids, scores=scores))

    return made


SURE = [1, 0.9, 0.8, 0.2, 0.1, 0.1, 0.2, 0.9, 0.5, 0.9]


def test_the_best_threshold_leaves_out_where_the_target_is_away(absent):
    tables = score(VotLt(), absent(SURE))
    table = tables["COMBINED"]
    # Tracked: 1, 2, 7, 9 wholly, 8 by 0.6; the first frame counts for the recall alone, the target is there in 6.
    assert table["Precision"] == pytest.approx(4.6 / 5)
    assert table["Recall"] == pytest.approx(4.6 / 6)
    assert table["F"] == pytest.approx(2 * 4.6 / 11)
    assert table["Threshold"] == pytest.approx(0.5)
    assert table["Frames"] == 10
    assert tables["walk"]["F"] == table["F"]
    curves = table["curves"]
    assert curves["recalls"][-1] == 0.76
    assert curves["precision_at_recall"][:60] == [1.0] * 60
    assert curves["score_thresholds"][0] == pytest.approx(0.9)


def test_a_tracker_that_is_always_sure(absent):
    metric = VotLt()
    sequence = absent([1.0] * 10)
    table = score(metric, sequence)["COMBINED"]
    assert table["Precision"] == pytest.approx(4.6 / 9)
    (told,) = metric.explain({"walk": metric.evaluate(sequence)})
    assert told.startswith("vot-lt: all results have the score 1, so that no threshold leaves out a frame")
    assert metric.explain({"walk": metric.evaluate(absent(SURE))}) == []


def test_targets_weigh_alike_at_one_threshold(absent):
    one, other = absent(SURE), absent([1, *[0.05] * 9], name="other")
    tables = score(VotLt(), one, other)
    for field in ("Precision", "Recall"):
        assert tables["COMBINED"][field] == pytest.approx((tables["walk"][field] + tables["other"][field]) / 2)
    assert tables["other"]["Recall"] in (0, pytest.approx(4.6 / 6))


def test_nothing_to_score(make_sequence, walk, absent):
    assert score(VotLt())["COMBINED"]["F"] is None
    never = make_sequence(walk, walk, visible=np.zeros(10), **SIZE)
    assert score(VotLt(), never)["COMBINED"]["F"] is None
    lost = make_sequence(walk, walk + np.array([0, 40, 0, 0]), **SIZE)
    table = score(VotLt(), lost)["COMBINED"]
    assert [table[name] for name in ("F", "Precision", "Recall", "Threshold")] == [0, 0, 0, None]
    silent = make_sequence(walk, np.full((10, 4), np.nan), **SIZE)
    table = score(VotLt(), silent)["COMBINED"]
    assert [table[name] for name in ("F", "Recall", "Threshold")] == [0, 0, None]


def test_thresholds():
    few = confidence_thresholds(np.array([0.1, np.nan, 0.3]))
    assert few.tolist() == [np.inf, 0.3, 0.1, -np.inf]
    # As vot-toolkit 0.9.0 chooses them.
    for count, first, last in ((99, [97, 96, 95], [2, 1, 0]), (250, [247, 244, 242], [6, 4, 1])):
        found = confidence_thresholds(np.arange(count, dtype=float))
        assert len(found) == 100
        assert found[1:4].tolist() == first
        assert found[-4:-1].tolist() == last
    assert len(confidence_thresholds(np.arange(1000.0), 20)) == 20


def test_curves_are_sums_over_frames():
    random = np.random.default_rng(3)
    for _ in range(50):
        count = int(random.integers(1, 60))
        scores = random.integers(0, 9, count) / 8
        scores[random.random(count) < 0.2] = np.nan
        overlaps = random.random(count)
        thresholds = confidence_thresholds(scores, int(random.integers(3, 20)))
        found = precision_and_recall({"overlaps": overlaps, "scores": scores, "present": count + 2}, thresholds)
        for threshold, precision, recall in zip(thresholds, *found, strict=True):
            chosen = overlaps[scores >= threshold]
            assert precision == pytest.approx(chosen.mean() if len(chosen) else 1)
            assert recall == pytest.approx(chosen.sum() / (count + 2))


def test_scores_beside_results_of_others(tmp_path):
    path = tmp_path / "bag_001.txt"
    path.write_text("1\n10,20,30,40\n11,20,30,40\n0\n")
    assert read_results(path).scores.tolist() == [1, 1, 1]
    beside = tmp_path / "bag_001_confidence.value"
    beside.write_text("\n0.5\nnan\n0.25\n")
    table = read_results(path)
    assert table.frames.tolist() == [0, 1, 2]
    assert table.scores.tolist() == [0, 0.5, 0]
    for text, message in (("\n0.5\n", "has scores of 2 frames, but bag_001.txt has 4"), ("x\n", "no list of scores")):
        beside.write_text(text)
        with pytest.raises(Exception, match=rf"bag_001_confidence\.value: .*{message}"):
            read_results(path)
