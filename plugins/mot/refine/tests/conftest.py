"""Tables of tracks: drawn by hypothesis, and walked by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from vtcore.tables import TrackTable

ROWS = st.tuples(
    st.integers(0, 60),  # frame
    st.integers(-1, 5),  # id
    st.floats(-500, 2000, width=32),
    st.floats(-500, 2000, width=32),
    st.floats(0, 400, width=32),
    st.floats(0, 400, width=32),
    st.floats(0, 1, width=32),  # score
    st.integers(0, 2),  # label
)


def _table(rows: list[tuple[Any, ...]], indexed: bool) -> TrackTable:
    """Make a table in which no id stands twice in a frame; rows come in any order."""
    rows = list({(row[0], row[1]) if row[1] >= 0 else (row[0], object()): row for row in rows}.values())
    array = np.array(rows, np.float64).reshape(-1, 8)
    return TrackTable(
        array[:, 0],
        array[:, 2:6],
        ids=array[:, 1],
        scores=array[:, 6],
        labels=array[:, 7],
        detection_index=np.arange(len(array)) if indexed else None,
    )


@pytest.fixture(scope="session")
def tables() -> st.SearchStrategy[TrackTable]:
    """Strategy for any table of few frames and ids, so that tracks are long and have gaps."""
    return st.builds(_table, st.lists(ROWS, max_size=120), st.booleans())


@pytest.fixture
def walk() -> Callable[..., TrackTable]:
    """Make tracks that walk at constant speed: a list of (id, frames, start, speed), with further columns."""

    def make(*walks: tuple[int, Any, tuple[float, float], tuple[float, float]], **columns: Any) -> TrackTable:
        frames = np.concatenate([np.asarray(list(walked)) for _, walked, _, _ in walks])
        ids = np.concatenate([np.full(len(list(walked)), number) for number, walked, _, _ in walks])
        places = np.concatenate(
            [np.array(start) + np.asarray(list(walked))[:, None] * speed for _, walked, start, speed in walks]
        )
        return TrackTable(frames, np.concatenate([places, np.full((len(frames), 2), 40.0)], 1), ids=ids, **columns)

    return make
