"""What the network is shown of tracks."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_plugin_aflink.features import beginnings, endings, standardised


@pytest.fixture
def tracks():
    lengths = np.array([1, 5, 7, 12])
    values = np.random.default_rng(2).normal(50, 30, (lengths.sum(), 3))
    return values, np.cumsum(lengths) - lengths, lengths


@pytest.mark.parametrize("size", [5, 7, 12, 20])
def test_windows(tracks, size):
    values, starts, lengths = tracks
    last, first = endings(values, starts, lengths, size), beginnings(values, starts, lengths, size)
    for number, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        rows = values[start : start + length]
        padding = max(size - length, 0)
        assert np.array_equal(last[number], np.pad(rows, ((padding, 0), (0, 0)))[-size:])
        assert np.array_equal(first[number], np.pad(rows, ((0, padding), (0, 0)))[:size])


def test_a_pair_is_on_its_own_scale():
    draw = np.random.default_rng(3)
    first, second = draw.normal(100, 50, (2, 6, 30, 3))
    scaled = np.concatenate(standardised(first, second), 1)
    assert scaled.min() == pytest.approx(-1, abs=1e-6)
    assert scaled.max() == pytest.approx(1, abs=1e-6)
    together = np.concatenate((first, second), 1)
    least, most = together.min(1, keepdims=True), together.max(1, keepdims=True)
    assert np.allclose(scaled, 2 * (together - least) / (most - least) - 1, atol=1e-6)


def test_what_stands_still_is_nought():
    still = np.full((1, 30, 3), 7.0)
    assert all((scaled == 0).all() for scaled in standardised(still, still))


def test_no_pairs():
    none = np.empty(0, np.int64)
    assert endings(np.empty((0, 3)), none, none).shape == (0, 30, 3)
    assert beginnings(np.ones((4, 3)), none, none, 25).shape == (0, 25, 3)
