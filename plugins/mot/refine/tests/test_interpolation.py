"""Gaps filled along a line."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.masks import Masks
from vtcore.tables import TrackTable
from vtrack_plugin_mot_refine import LinearInterpolation, MinimumLength, ScoreFloor


def test_a_gap_is_filled_on_the_line(walk):
    table = walk(
        (7, [0, 1, 2, 3, 4, 8], (10, 20), (3, -1)),
        scores=[0.5, 0.5, 0.5, 0.5, 0.4, 0.8],
        labels=[2, 2, 2, 2, 2, 1],
        detection_index=range(6),
    )
    filled = LinearInterpolation().refine(table)
    assert filled.frames.tolist() == list(range(9))
    assert np.allclose(filled.ltwh[:, 0], 10 + 3 * np.arange(9))
    assert np.allclose(filled.ltwh[:, 1], 20 - np.arange(9))
    assert np.allclose(filled.scores[4:], [0.4, 0.5, 0.6, 0.7, 0.8])
    assert filled.labels[5:8].tolist() == [2, 2, 2]
    assert filled.detection_index.tolist() == [0, 1, 2, 3, 4, -1, -1, -1, 5]
    assert set(filled.ids.tolist()) == {7}


@pytest.mark.parametrize(("missing", "filled"), [(1, True), (18, True), (19, False)])
def test_the_longest_gap(walk, missing, filled):
    table = walk((1, [0, 1, 2, 3, 4, 5 + missing], (0, 0), (1, 1)))
    assert len(LinearInterpolation().refine(table)) == (6 + missing if filled else 6)


@pytest.mark.parametrize(("rows", "filled"), [(5, False), (6, True)])
def test_the_shortest_track(walk, rows, filled):
    table = walk((1, [*range(rows - 1), rows], (0, 0), (1, 1)))
    assert len(LinearInterpolation().refine(table)) == rows + filled


def test_compat_scores_one_and_drops_two_rows(walk):
    table = walk((1, [0, 1], (0, 0), (1, 1)), (2, [0, 1, 2, 3, 4, 6], (0, 0), (1, 1)), scores=[0.5] * 8)
    filled = LinearInterpolation(compat="mmtracking").refine(table)
    assert set(filled.ids.tolist()) == {2}
    assert filled.scores.tolist() == [0.5] * 5 + [1.0, 0.5]


def test_nothing_is_filled_between_tracks(walk):
    table = walk((1, range(6), (0, 0), (1, 1)), (2, range(8, 14), (0, 0), (1, 1)))
    assert LinearInterpolation().refine(table) is table


def test_masks_and_embeddings_stay_only_where_nothing_is_filled(walk):
    rle = {"size": [4, 4], "counts": "`0`0"}
    whole = walk((1, range(6), (0, 0), (1, 1)), masks=Masks([rle] * 6), embeddings=np.ones((6, 3)))
    assert LinearInterpolation().refine(whole).masks is not None
    gap = TrackTable([0, 1, 2, 3, 4, 6], whole.ltwh, ids=whole.ids, masks=whole.masks, embeddings=whole.embeddings)
    filled = LinearInterpolation().refine(gap)
    assert (filled.masks, filled.embeddings) == (None, None)


def test_short_and_doubtful_tracks_are_dropped(walk):
    table = walk(
        (1, range(4), (0, 0), (1, 1)),
        (2, range(5), (50, 50), (1, 1)),
        (-1, range(2), (90, 90), (1, 1)),
        scores=[0.9] * 4 + [0.4, 0.5, 0.6, 0.5, 0.4] + [0.1] * 2,
    )
    assert sorted(set(MinimumLength(min_length=5).refine(table).ids.tolist())) == [-1, 2]
    assert sorted(set(ScoreFloor(min_score=0.5).refine(table).ids.tolist())) == [-1, 1]
    assert ScoreFloor(min_score=0.1).refine(table) is table


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearInterpolation(max_gap=-1), "max_gap: must be >= 0, got -1"),
        (lambda: LinearInterpolation(compat="x"), "compat: must be one of '', 'mmtracking', got 'x'"),
        (lambda: MinimumLength(min_length=0), "min_length: must be >= 1, got 0"),
        (lambda: ScoreFloor(min_score=2), "min_score: must be <= 1, got 2"),
    ],
)
def test_options_out_of_bounds(make, message):
    with pytest.raises(ValueError, match=message.replace("'", ".").replace(">=", ".=")):
        make()
