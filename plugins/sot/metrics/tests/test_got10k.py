"""GOT-10k: clipping, visible frames, frames and sequences weighed alike."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics import Got10k


def score(metric, *sequences):
    tables = metric.report({each.name: metric.evaluate(each) for each in sequences}, ("target",))
    json.dumps(tables, allow_nan=False)
    return tables


def test_the_first_frame_and_hidden_frames_do_not_count(make_sequence, walk):
    results = walk.copy()
    results[[0, 3]] += 300
    visible = np.full(10, 1 / 8)
    visible[3] = 0
    table = score(Got10k(clip=False), make_sequence(walk, results, visible=visible))["COMBINED"]
    assert (table["AO"], table["SR50"], table["SR75"]) == pytest.approx((1, 1, 1))
    assert (table["Frames"], table["Length"]) == (8, 9)


def test_clipping_moves_corners_and_keeps_sizes(make_sequence):
    # Beyond the left border a box is moved in whole, beyond the right one it is cut.
    truth = [[0, 0, 10, 10], [0, 0, 10, 10], [90, 0, 20, 10]]
    results = [[0, 0, 10, 10], [-10, 0, 10, 10], [90, 0, 10, 10]]
    clipped = score(Got10k(), make_sequence(truth, results, width=100, height=50))["COMBINED"]
    assert clipped["AO"] == pytest.approx(1)
    whole = score(Got10k(clip=False), make_sequence(truth, results))["COMBINED"]
    assert whole["AO"] == pytest.approx((0 + 0.5) / 2)


def test_the_curve_counts_frames_above_each_of_101_thresholds(make_sequence, walk):
    results = walk + np.array([0, 0, -10, 0])  # an overlap of 0.75 in every frame
    curve = score(Got10k(clip=False), make_sequence(walk, results))["COMBINED"]["curves"]
    assert len(curve["success"]) == 101
    assert curve["success"][74] == 1
    assert curve["success"][75] == 0
    assert curve["overlap_thresholds"][75] == 0.75


def test_combined_weighs_frames_and_the_average_sequences(make_sequence, walk):
    short = make_sequence(walk[:3], walk[:3] + 300, name="short")
    tables = score(Got10k(clip=False), make_sequence(walk, walk), short)
    assert tables["COMBINED"]["AO"] == pytest.approx(9 / 11)
    assert tables["SEQUENCE_AVERAGED"]["AO"] == pytest.approx(1 / 2)


def test_missing_results_overlap_nothing(make_sequence, walk):
    assert score(Got10k(clip=False), make_sequence(walk, walk[:4]))["COMBINED"]["AO"] == pytest.approx(3 / 9)


def test_size_unknown(make_sequence, walk):
    with pytest.raises(DataError, match=r"'walk': boxes are to be clipped .* size is not known.* clip = false"):
        Got10k().evaluate(make_sequence(walk, walk))


def test_nothing_to_score(make_sequence, walk):
    nothing = EvaluatedSequence("nothing", 1, (), TrackTable.empty(), TrackTable.empty())
    tables = score(Got10k(), nothing, make_sequence(walk[:1], walk[:1], name="one"))
    for name in ("COMBINED", "SEQUENCE_AVERAGED", "nothing", "one"):
        assert [tables[name][field] for field in ("AO", "SR50", "SR75")] == [None] * 3
