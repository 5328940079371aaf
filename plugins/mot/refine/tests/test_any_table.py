"""Whatever the tracks: every refiner answers with a valid table and leaves what it was given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtcore.interfaces import Refiner
from vtcore.tables import TrackTable
from vtrack_plugin_mot_refine import GaussianSmoothing, LinearInterpolation, Merge, MinimumLength, ScoreFloor

REFINERS = [
    LinearInterpolation(),
    LinearInterpolation(max_gap=60, min_length=1),
    LinearInterpolation(compat="mmtracking"),
    GaussianSmoothing(),
    GaussianSmoothing(tau=2, max_gap=0, compat="mmdetection"),
    Merge(),
    Merge(max_gap=0, max_distance=1e6, min_size_ratio=0, history=1),
    Merge(max_gap=60, max_distance=50, min_size_ratio=0, history=3),
    MinimumLength(),
    ScoreFloor(),
]
COLUMNS = ("frames", "ltwh", "ids", "scores", "labels", "roles", "visibility", "detection_index")
every_refiner = pytest.mark.parametrize("refiner", REFINERS, ids=lambda each: repr(each.config))
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def columns(table: TrackTable) -> dict[str, np.ndarray]:
    return {name: getattr(table, name).copy() for name in COLUMNS if getattr(table, name) is not None}


def same(first: TrackTable, second: TrackTable) -> bool:
    a, b = columns(first), columns(second)
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@every_refiner
@few
@given(data=st.data())
def test_a_valid_table_comes_out(refiner: Refiner, tables: st.SearchStrategy[TrackTable], data: st.DataObject) -> None:
    table = data.draw(tables)
    before = columns(table)
    refined = refiner.refine(table, sequence="any", length=61)
    after = columns(table)
    assert all(np.array_equal(before[name], after[name]) for name in before), "the given table was changed"
    assert (np.diff(refined.frames) >= 0).all()
    assert np.isfinite(refined.ltwh).all()
    assert len(refined) == 0 or refined.ltwh[:, 2:].min() >= 0
    keys = [key for key in zip(refined.frames.tolist(), refined.ids.tolist(), strict=True) if key[1] >= 0]
    assert len(keys) == len(set(keys)), "an id stands twice in a frame"
    assert set(refined.ids.tolist()) <= set(table.ids.tolist())
    assert (refined.detection_index is None) == (table.detection_index is None)
    _unidentified_rows_stay(table, refined)
    _every_detection_is_itself(table, refined)
    assert same(refiner.refine(table, sequence="any", length=61), refined)


@pytest.mark.parametrize(
    "refiner",
    [each for each in REFINERS if not isinstance(each, GaussianSmoothing)],
    ids=lambda each: repr(each.config),
)
@few
@given(data=st.data())
def test_twice_is_once(refiner: Refiner, tables: st.SearchStrategy[TrackTable], data: st.DataObject) -> None:
    once = refiner.refine(data.draw(tables))
    assert same(refiner.refine(once), once)


@every_refiner
def test_no_rows(refiner: Refiner) -> None:
    assert len(refiner.refine(TrackTable.empty())) == 0
    assert isinstance(refiner, Refiner)


def _unidentified_rows_stay(table: TrackTable, refined: TrackTable) -> None:
    before, after = table.select(table.ids < 0), refined.select(refined.ids < 0)
    assert same(before, after)


def _every_detection_is_itself(table: TrackTable, refined: TrackTable) -> None:
    """Rows that say which detection they are have its frame, score and label; each detection stands once at most."""
    if table.detection_index is None or refined.detection_index is None:
        return
    assert (refined.detection_index >= -1).all()
    real = np.flatnonzero(refined.detection_index >= 0)
    index = refined.detection_index[real]
    assert len(np.unique(index)) == len(index)
    row = np.argsort(table.detection_index)[index]
    for name in ("frames", "scores", "labels"):
        assert np.array_equal(getattr(refined, name)[real], getattr(table, name)[row])
