"""Filters put right along the way that tracks took while they were not seen."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.observation_centric import replay as module
from vtrack_common_mot.overlap import BoxReader


@pytest.mark.parametrize("include_last", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_few_tracks_come_out_as_many_do_digit_by_digit(
    seed: int, include_last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(seed)
    box_filter, reader, count = XysrFilter(), BoxReader(), 9
    corners = random.uniform(0, 900, (2, count, 2)).astype(np.float32)
    boxes = np.concatenate((corners, corners + random.uniform(0, 200, (2, count, 2)).astype(np.float32)), 2)
    ends = [reader.read(some)[0].copy() for some in boxes]
    measured = box_filter.measure(ends[0][6:].copy())
    states = box_filter.start(measured)
    for _ in range(seed):
        states = box_filter.predict(states)
        box_filter.update(states, measured + random.normal(0, 1, measured.shape))
    gaps = random.integers(1, 31, count)
    outcomes = []
    for few in (0, count):
        monkeypatch.setattr(module, "_FEW", few)
        before = states.copy()
        after = module.replay(
            box_filter, states, (ends[0][:6], ends[1][:6]), gaps, include_last=include_last, predict=True
        )
        assert (states == before).all()
        outcomes.append(after[:20].tolist())
    assert outcomes[0] == outcomes[1]
