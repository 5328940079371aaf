from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.report.series import MOST_POINTS, Bins, histogram


@given(st.integers(1, 5000))
def test_bins_cover_every_frame_once(length: int) -> None:
    bins = Bins.for_length(length)
    values = np.arange(length)
    assert len(bins.starts) <= MOST_POINTS
    assert bins.sums(values).sum() == values.sum()
    assert bins.sums(np.ones(length, np.int64)).max() == bins.width


def test_the_mean_of_a_short_last_bin_is_of_its_own_frames() -> None:
    bins = Bins(7, 3)
    assert bins.means(np.array([1, 2, 3, 4, 5, 6, 10])).tolist() == [2, 5, 10]
    assert bins.first_frames.tolist() == [1, 4, 7]


def test_no_frames() -> None:
    assert len(Bins.for_length(0).means(np.zeros(0, np.int64))) == 0


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=50))
def test_a_histogram_counts_every_value_in_few_bars(values: list[int]) -> None:
    edges, counts = histogram(np.array(values))
    assert counts.sum() == len(values)
    assert len(edges) == len(counts) + 1 <= 27
    assert len(set(np.diff(edges).tolist())) == 1
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        assert count == sum(low <= value < high for value in values)


@pytest.mark.parametrize(("values", "edges"), [([1, 1], [1, 2]), ([], [0, 1])])
def test_small_histograms(values: list[int], edges: list[int]) -> None:
    assert histogram(np.array(values, np.int64))[0].tolist() == edges
