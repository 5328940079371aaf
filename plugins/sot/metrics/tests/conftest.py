"""Sequences made up of boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable

MakeSequence = Callable[..., EvaluatedSequence]


def boxes_table(boxes: npt.ArrayLike, visible: npt.ArrayLike | None = None, number: int = 0) -> TrackTable:
    """Return one box a frame as a table; a frame whose box holds NaN has no row."""
    rows = np.asarray(boxes, np.float64).reshape(-1, 4)
    there = np.flatnonzero(np.isfinite(rows).all(axis=1))
    seen = np.ones(len(rows)) if visible is None else np.asarray(visible, np.float64)
    return TrackTable(there, rows[there], ids=np.full(len(there), number), visibility=seen[there])


@pytest.fixture
def make_sequence() -> MakeSequence:
    def make(
        truth: npt.ArrayLike, results: npt.ArrayLike, *, visible: npt.ArrayLike | None = None, **fields: Any
    ) -> EvaluatedSequence:
        shown = np.asarray(truth, np.float64).reshape(-1, 4)
        name, length = fields.pop("name", "walk"), fields.pop("length", len(shown))
        return EvaluatedSequence(
            name, length, ("target",), boxes_table(shown, visible), boxes_table(results, number=7), **fields
        )

    return make


@pytest.fixture
def walk() -> npt.NDArray[np.float64]:
    """Ten frames of a box of 40x20 that moves by three pixels a frame."""
    steps = np.arange(10)[:, None]
    return np.hstack([100 + 3.0 * steps, 50 + 0.0 * steps, 40 + 0.0 * steps, 20 + 0.0 * steps])


@pytest.fixture
def rows_table() -> Callable[..., TrackTable]:
    return boxes_table
