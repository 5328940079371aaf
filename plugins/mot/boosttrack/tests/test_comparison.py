"""What is measured of tracks and detections, against the formulas of the papers written out pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtrack_plugin_boosttrack.comparison import Comparison

some_scenes = pytest.mark.parametrize("scene", [(3, 4), (8, 8), (1, 70), (40, 1), (25, 30)], indirect=True, ids=str)


def full(scene: Any, pairs: Comparison, values: Any, elsewhere: float = 0.0) -> Any:
    """Return the values of the near pairs as a matrix; others have nothing to be measured."""
    assert len(set(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))) == len(pairs.rows)
    table = np.full((len(scene.theirs), len(scene.mine)), elsewhere)
    table[pairs.rows, pairs.columns] = values
    return table


def close(wanted: Any) -> Any:
    return pytest.approx(wanted, rel=1e-5, abs=1e-6)


@some_scenes
def test_overlap(scene: Any) -> None:
    for buffered in (False, True):
        pairs = scene.compare(buffered=buffered)
        assert full(scene, pairs, pairs.overlap) == close(scene.overlap())


@some_scenes
def test_overlap_is_buffered_by_confidence(scene: Any) -> None:
    pairs = scene.compare()
    assert full(scene, pairs, pairs.buffered()) == close(scene.buffered())


@some_scenes
def test_closeness_is_the_softmax_of_what_is_left_to_the_limit(scene: Any) -> None:
    pairs = scene.compare(buffered=False)
    assert full(scene, pairs, pairs.closeness()) == close(scene.closeness())
    chosen = (pairs.columns % 2 == 0).nonzero()[0]
    values = np.zeros(len(pairs.rows))
    values[chosen] = pairs.closeness(chosen, (len(scene.mine) + 1) // 2)
    even = slice(None, None, 2)
    assert full(scene, pairs, values)[:, even] == close(scene.closeness(even)[:, even])


@some_scenes
def test_within_is_what_the_filter_expects(scene: Any) -> None:
    pairs = scene.compare(buffered=False)
    assert (full(scene, pairs, pairs.within) == (scene.distance() <= 13.2767)).all()


@some_scenes
@pytest.mark.parametrize("by_width", [False, True])
def test_shape(scene: Any, by_width: bool) -> None:
    pairs, wanted = scene.compare(by_width=by_width), scene.shape(by_width)
    assert pairs.shape == close(wanted[pairs.rows, pairs.columns])
    some = np.arange(0, len(scene.mine), 3)
    assert pairs.likeness(some) == close(wanted[:, ::3].max(0))


@pytest.mark.parametrize("scene", [(30, 40, 5000.0)], indirect=True)
def test_far_pairs_are_left_out(scene: Any) -> None:
    assert 15 <= len(scene.compare().rows) < 30 * 40 / 4
