"""Errors frame by frame: their sums and the rows they name."""

from __future__ import annotations

import pytest

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable
from vtrack_plugin_mot_metrics import Clear

A = [10.0, 20.0, 30.0, 40.0]
B = [500.0, 20.0, 30.0, 40.0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("benchmark", ["MOT15", "MOT17"])
def test_sums_equal_the_scores(seed, benchmark, crowd):
    sequence = crowd(seed, benchmark)
    clear = Clear()
    counts, errors = clear.evaluate(sequence)[0], clear.frame_errors(sequence)
    assert errors.tp.sum() == counts["CLR_TP"] > 0
    assert errors.fp.sum() == counts["CLR_FP"] == len(errors.fp_rows)
    assert errors.fn.sum() == counts["CLR_FN"] == len(errors.fn_rows)
    assert errors.idsw.sum() == counts["IDSW"] == len(errors.idsw_rows)
    for rows, table, column in (
        (errors.fp_rows, sequence.results, errors.fp),
        (errors.fn_rows, sequence.truth, errors.fn),
        (errors.idsw_rows, sequence.results, errors.idsw),
    ):
        for frame in range(sequence.length):
            assert (table.frames[rows] == frame).sum() == column[frame]


def test_rows_are_those_that_went_wrong():
    truth = TrackTable([0, 0, 1, 1, 2], [A, B, A, B, A], ids=[1, 2, 1, 2, 1])
    results = TrackTable([0, 1, 1, 2, 2], [A, A, [250.0, 0, 9, 9], A, B], ids=[7, 8, 9, 8, 7])
    errors = Clear().frame_errors(EvaluatedSequence("S", 4, ("person",), truth, results))
    assert errors.tp.tolist() == [1, 1, 1, 0]
    assert errors.fn_rows.tolist() == [1, 3]
    assert errors.fp_rows.tolist() == [2, 4]
    assert errors.idsw_rows.tolist() == [1]
    assert errors.idsw.tolist() == [0, 1, 0, 0]


def test_classes_add_up():
    truth = TrackTable([0, 0], [A, B], ids=[1, 2], labels=[0, 1])
    results = TrackTable([0, 0], [A, B], ids=[1, 2], labels=[0, 0])
    errors = Clear().frame_errors(EvaluatedSequence("S", 1, ("person", "car"), truth, results))
    assert (errors.tp.tolist(), errors.fp.tolist(), errors.fn.tolist()) == ([1], [1], [1])
    assert (errors.fp_rows.tolist(), errors.fn_rows.tolist()) == ([1], [1])


def test_nothing_to_match():
    errors = Clear().frame_errors(EvaluatedSequence("S", 2, (), TrackTable.empty(), TrackTable.empty()))
    assert errors.fp.tolist() == [0, 0]
    assert len(errors.fp_rows) == len(errors.fn_rows) == len(errors.idsw_rows) == 0
