"""Overlaps equal trackeval's bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vtrack_plugin_mot_metrics.overlap import CornerBoxes

numbers = st.floats(-50, 50).map(lambda value: round(value, 2))
sizes = st.floats(0, 60).map(lambda value: round(value, 2))


def boxes(count):
    corner, size = arrays(np.float64, (count, 2), elements=numbers), arrays(np.float64, (count, 2), elements=sizes)
    return st.tuples(corner, size).map(lambda parts: np.concatenate(parts, axis=1))


@given(st.integers(0, 4).flatmap(boxes), st.integers(0, 4).flatmap(boxes))
def test_equals_trackeval(first, second):
    from trackeval.datasets._base_dataset import _BaseDataset

    official = _BaseDataset._calculate_box_ious(first, second)
    ours = CornerBoxes(first).iou(CornerBoxes(second))
    assert ours.shape == (len(first), len(second))
    assert (ours == official).all()
