"""The compiled loops do what the numpy code does, to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_common_mot import native
from vtrack_common_mot.kalman import ROWS, XysrFilter
from vtrack_common_mot.observation_centric.matching import direction_gain
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.overlap import BoxReader, overlaps

loops = pytest.importorskip("vtrack_native_mot", reason="vtrack-native-mot is not installed, or was not compiled")

Floats = npt.NDArray[np.float64]
COUNTS = st.integers(0, 40)
SEEDS = st.integers(0, 2**32 - 1)


def both(answer: Callable[[], Floats]) -> tuple[Floats, Floats]:
    """Return what is answered with the compiled loops, and without."""
    before = native.loops
    try:
        native.loops = loops
        compiled = answer()
        native.loops = None
        return compiled, answer()
    finally:
        native.loops = before


def edges(draw: np.random.Generator, count: int) -> Floats:
    """Return edges of boxes, some of them empty, equal, or far away."""
    corners = draw.uniform(-50, 400, (count, 4))
    corners[:, 2:] = corners[:, :2] + draw.uniform(0, 200, (count, 2)) * (draw.random((count, 2)) > 0.1)
    corners *= np.where(draw.random((count, 1)) > 0.9, 1e7, 1)
    if count > 1:
        corners[-1] = corners[0]
    read: Floats = BoxReader().read(corners.astype(np.float32))[0]
    return read[:6]


@given(COUNTS, COUNTS, SEEDS)
def test_overlaps(rows: int, columns: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    first, second = edges(draw, rows), edges(draw, columns)
    compiled, plain = both(lambda: overlaps(first, second))
    assert compiled.shape == (rows, columns)
    np.testing.assert_array_equal(compiled, plain)


def test_overlaps_of_some_of_the_columns() -> None:
    draw = np.random.default_rng(0)
    first, second = edges(draw, 30), edges(draw, 40)[:, :25]
    assert not second.flags.c_contiguous
    np.testing.assert_array_equal(*both(lambda: overlaps(first, second)))


def test_arrays_laid_out_in_other_ways() -> None:
    draw = np.random.default_rng(0)
    first, second = np.asfortranarray(edges(draw, 30)), np.asfortranarray(edges(draw, 20))
    np.testing.assert_array_equal(*both(lambda: overlaps(first, second)))
    origins, centres = np.asfortranarray(draw.random((2, 30))), np.asfortranarray(draw.random((2, 20)))
    np.testing.assert_array_equal(*both(lambda: direction_gain(origins, origins, centres)))


@given(COUNTS, COUNTS, SEEDS)
def test_directions(rows: int, columns: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    origins, centres = draw.uniform(-100, 900, (2, rows)), draw.uniform(-100, 900, (2, columns))
    if rows and columns:
        centres[:, 0] = origins[:, 0]  # no step at all
    angles = draw.uniform(0, 7, rows)
    directions = np.stack((np.cos(angles), np.sin(angles))) * (draw.random(rows) > 0.2)
    compiled, plain = both(lambda: direction_gain(origins, directions, centres))
    np.testing.assert_array_equal(compiled, plain)


@given(COUNTS, COUNTS, SEEDS)
def test_weighted_sum(rows: int, columns: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    gain, weights, overlap = draw.normal(size=(rows, columns)), draw.random(columns), draw.random((rows, columns))
    wanted = gain * weights + overlap
    loops.add_weighted(gain, weights, overlap)
    np.testing.assert_array_equal(gain, wanted)


@given(st.integers(1, 20), st.booleans(), SEEDS)
def test_replay(count: int, include_last: bool, seed: int) -> None:
    draw = np.random.default_rng(seed)
    box_filter = XysrFilter()
    states = box_filter.start(draw.uniform(1, 300, (4, count)))
    for _ in range(3):
        states = box_filter.predict(states)
        box_filter.update(states, states[:4] + draw.normal(size=(4, count)))
    ends = edges(draw, count), edges(draw, count)
    gaps = draw.integers(1, 30, count)
    kept = states.copy()

    def answer() -> Floats:
        return replay(box_filter, states, ends, gaps, include_last=include_last, predict=True)

    compiled, plain = both(answer)
    assert compiled.shape == (ROWS, count)
    np.testing.assert_array_equal(compiled, plain)
    np.testing.assert_array_equal(states, kept)


def rows(count: int, columns: int = 3) -> Floats:
    return np.ones((count, columns))


def _walk_arguments() -> list[Any]:
    whole = np.ones(3, np.int64)
    return [rows(ROWS), rows(6), rows(6), whole, whole, np.ones(8), np.ones(4), rows(ROWS)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: loops.overlaps(rows(5), rows(6, 2), rows(3, 2)), "first must have at least 6 rows"),
        (lambda: loops.overlaps(rows(6), rows(6, 2), rows(2, 3)), "out has shape"),
        (lambda: loops.overlaps(rows(6).astype(np.float32), rows(6, 2), rows(3, 2)), "first must be float64"),
        (lambda: loops.overlaps(rows(6), rows(2, 6).T, rows(3, 2)), "contiguous along its last axis"),
        (lambda: loops.overlaps(rows(6), rows(6, 2)), "takes 3 arguments"),
        (lambda: loops.direction_cosines(rows(2), rows(2, 4), rows(2, 2), rows(3, 2)), "directions has shape"),
        (lambda: loops.direction_cosines(rows(2), rows(2), rows(3, 2), rows(3, 2)), "centres has shape"),
        (lambda: loops.add_weighted(rows(3, 2), np.ones(3), rows(3, 2)), "weights has shape"),
        (lambda: loops.add_weighted(np.ones((3, 2, 1)), np.ones(2), rows(3, 2)), "one or two axes"),
        (lambda: loops.walk(*_walk_arguments()[:7]), "takes 8 arguments"),
        (lambda: loops.walk(rows(4), *_walk_arguments()[1:]), "states has shape"),
        (lambda: loops.walk(*_walk_arguments()[:3], np.ones(3), *_walk_arguments()[4:]), "gaps must be int64"),
        (lambda: loops.walk(rows(ROWS), rows(3), *_walk_arguments()[2:]), "before must have at least 4 rows"),
    ],
)
def test_wrong_arrays_are_refused(call: Callable[[], None], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_results_are_not_written_where_nobody_may_write() -> None:
    out = np.ones((3, 2))
    out.flags.writeable = False
    with pytest.raises((BufferError, ValueError), match=r"read-only|not writable"):
        loops.overlaps(np.ones((6, 3)), np.ones((6, 2)), out)


@pytest.mark.parametrize(("value", "used"), [("1", True), ("0", False)])
def test_the_environment_turns_them_off(value: str, used: bool) -> None:
    code = "from vtrack_common_mot import native; print(native.loops is not None)"
    environment = os.environ | {"VTRACK_NATIVE": value}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    assert done.stdout.strip() == str(used)


def test_trackers_go_on_where_they_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vtrack_native_mot", None)
    monkeypatch.delenv("VTRACK_NATIVE", raising=False)
    assert native._compiled() is None
