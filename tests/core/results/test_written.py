"""Results in memory equal those read back from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.results.mot_text import MotTextWriter, table_text
from vtcore.results.read import read_results
from vtcore.results.rounding import rounded_ltwh, rounded_scores, written_scores
from vtcore.results.written import as_written, written_tracks
from vtcore.tables import TrackTable

COLUMNS = ("frames", "ids", "ltwh", "scores", "labels")


class _Sequence(Sequence):
    def frames(self, *, images: bool = True):  # type: ignore[no-untyped-def]
        return iter(())


def _tracks(seed: int, classes: int) -> list[tuple[int, Instances]]:
    random = np.random.default_rng(seed)
    found = []
    for index in range(6):
        count = int(random.integers(0, 5))
        corners = random.normal(200, 300, (count, 2))
        sizes = random.random((count, 2)) * 10.0 ** random.integers(-3, 4)
        boxes = np.concatenate((corners, corners + sizes), 1).astype(np.float32)
        scores = random.random(count) * 10.0 ** random.integers(-7, 3)
        ids = random.permutation(50)[:count]
        found.append((index, Instances(boxes, scores, random.integers(0, classes, count), ids=ids)))
    return found


def _assert_same(found: TrackTable, expected: TrackTable) -> None:
    for column in COLUMNS:
        assert np.array_equal(getattr(found, column), getattr(expected, column)), column
        assert getattr(found, column).dtype == getattr(expected, column).dtype


@pytest.mark.parametrize("classes", [("a",), ("a", "b", "c")])
def test_tracks_equal_those_read_back(tmp_path: Path, classes: tuple[str, ...]) -> None:
    for seed in range(20):
        tracks = _tracks(seed, len(classes))
        writer = MotTextWriter()
        writer.open(_Sequence("s", classes=classes), tmp_path / "s.txt")
        for index, instances in tracks:
            writer.write(Frame(index), Instances.empty(), instances)
        writer.close(complete=True)
        read = read_results(tmp_path / "s.txt", classes)
        _assert_same(written_tracks(tracks, classes), read)
        moved = TrackTable(read.frames, read.ltwh + 1 / 3, ids=read.ids, scores=read.scores / 3, labels=read.labels)
        (tmp_path / "t.txt").write_text(table_text(moved, number_classes=len(classes) > 1))
        _assert_same(as_written(moved, classes), read_results(tmp_path / "t.txt", classes))


def test_nothing_stays_nothing() -> None:
    assert len(written_tracks([(0, Instances.empty())], ("a",))) == 0


def test_a_label_without_a_class_is_refused() -> None:
    tracks = [(0, Instances([[0, 0, 1, 1]], labels=[2], ids=[1]))]
    with pytest.raises(DataError, match=r"a result has label 2, but the classes are a, b: 0 is the first"):
        written_tracks(tracks, ("a", "b"))


@given(st.lists(st.floats(-1e12, 1e12), min_size=4, max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_number_is_rounded_as_its_text(numbers: list[float]) -> None:
    values = np.array(numbers[: len(numbers) // 4 * 4]).reshape(-1, 4)
    assert rounded_ltwh(values).tolist() == [[float(f"{value:.2f}") for value in row] for row in values.tolist()]


def test_halves_of_a_hundredth_are_rounded_as_their_text() -> None:
    values = (np.arange(-4000, 4000) / 1000 + 0.005).reshape(-1, 4)
    for shift in (0.0, 1e5, 1e9):
        moved = values + shift
        assert rounded_ltwh(moved).tolist() == [[float(f"{value:.2f}") for value in row] for row in moved.tolist()]


def test_scores_are_rounded_as_they_are_written() -> None:
    scores = np.random.default_rng(0).random(500).astype(np.float32) ** 4
    assert rounded_scores(scores).tolist() == written_scores(scores)
