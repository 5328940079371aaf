"""What is computed over many frames at a time is what trackeval computes frame by frame, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import DISTRACTOR, TrackTable
from vtrack_plugin_mot_metrics import frame_pairs as pairing
from vtrack_plugin_mot_metrics.metrics import Clear, Hota, Identity
from vtrack_plugin_mot_metrics.preparation import prepare

METRICS = [Hota(), Clear(), Clear(threshold=0.05), Clear(threshold=1e-9), Identity(), Identity(threshold=0.3)]


def _table(random: np.random.Generator, length: int, crowd: int, *, roles: bool, steps: int) -> TrackTable:
    """A table in which boxes keep meeting: places on a coarse grid, so that overlaps tie as well."""
    rows = []
    for frame in range(length):
        for identity in random.permutation(2 * crowd)[: random.integers(0, crowd + 1)]:
            left, top = random.integers(0, steps, 2) * 7.0
            size = random.integers(0, 3, 2) * 10.0 if random.random() < 0.1 else [20.0, 20.0]
            rows.append((frame, identity, left, top, *size, random.choice([0, 0, 0, DISTRACTOR])))
    columns = np.array(rows, float).reshape(-1, 7)
    return TrackTable(
        columns[:, 0],
        columns[:, 2:6] + (random.random((len(columns), 4)) if random.random() < 0.7 else 0),
        ids=columns[:, 1],
        roles=columns[:, 6].astype(np.uint8) if roles else None,
    )


def _sequence(seed: int, length: int, crowd: int, steps: int) -> EvaluatedSequence:
    random = np.random.default_rng(seed)
    truth = _table(random, length, crowd, roles=True, steps=steps)
    return EvaluatedSequence("s", length, ("x",), truth, _table(random, length, crowd, roles=False, steps=steps))


def _assert_same(metric: Any, sequence: EvaluatedSequence) -> None:
    for part in prepare(sequence).values():
        expected = metric._scorer.eval_sequence(part.for_trackeval())
        found = metric._record(part)
        for field in metric._scorer.fields:
            assert np.array_equal(found[field], expected[field]), field


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{type(metric).__name__} {metric.config}")
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(1, 12),
    crowd=st.integers(0, 20),
    steps=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_any_sequence(metric: Any, seed: int, length: int, crowd: int, steps: int) -> None:
    _assert_same(metric, _sequence(seed, length, crowd, steps))


@pytest.mark.parametrize("limit", [1, 40])
def test_however_frames_are_taken_together(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "_PAIRS", limit)
    monkeypatch.setattr(pairing, "_BIG_FRAME", 10)
    for seed in range(5):
        for metric in METRICS:
            _assert_same(metric, _sequence(seed, 15, 9, 6))


def test_what_is_known_of_the_annotations_is_used_again() -> None:
    first, second = _sequence(3, 20, 8, 5), _sequence(4, 20, 8, 5)
    alone = EvaluatedSequence("s", 20, ("x",), first.truth, second.results)
    prepare(first)
    together = EvaluatedSequence("s", 20, ("x",), first.truth, second.results, of_truth=first.of_truth)
    assert prepare(together)[0].truth_rows is prepare(first)[0].truth_rows
    for metric in METRICS:
        for found, expected in zip(metric.evaluate(together).values(), metric.evaluate(alone).values(), strict=True):
            assert all(np.array_equal(found[field], expected[field]) for field in expected)
