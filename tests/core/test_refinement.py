"""Refining of tables and files, with refiners made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import DataError, OutputError, PluginError
from vtcore.refinement import TableSize, refine_file, refine_table
from vtcore.results.read import find_results, read_results
from vtcore.tables import TrackTable


class Later:
    """Moves everything to later frames, and notes what it was told."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.told: list[tuple[str, int | None]] = []

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        self.told.append((sequence, length))
        return TrackTable(
            table.frames + self.frames, table.ltwh, ids=table.ids, scores=table.scores, labels=table.labels
        )


class One:
    """Gives everything the same id."""

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        return TrackTable(table.frames, table.ltwh, ids=np.ones(len(table)))


def table() -> TrackTable:
    boxes = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    return TrackTable([0, 0, 3], boxes, ids=[1, 2, -1], scores=[0.5, 1 / 3, 1], labels=[1, 0, 0])


def test_refiners_run_in_order_and_know_the_sequence() -> None:
    first, second = Later(2), Later(3)
    refined = refine_table(table(), [("first", first), ("second", second)], sequence="street", length=9)
    assert refined.frames.tolist() == [5, 5, 8]
    assert first.told == second.told == [("street", 9)]


def test_what_a_refiner_may_not_answer() -> None:
    with pytest.raises(
        PluginError, match=r"refiner 'later' made rows for frame 5 \(counted from 1\) of 's', which has 4"
    ):
        refine_table(table(), [("later", Later(1))], sequence="s", length=4)
    with pytest.raises(PluginError, match="refiner 'one' gave an id twice in a frame of 's'"):
        refine_table(table(), [("one", One())], sequence="s")


def test_rows_without_an_id_may_share_a_frame() -> None:
    crowd = TrackTable([0, 0], np.ones((2, 4)))
    assert refine_table(crowd, [("later", Later(1))]).ids.tolist() == [-1, -1]
    assert TableSize.of(crowd) == TableSize(rows=2, tracks=0)


def test_a_file_is_written_as_it_was_read(tmp_path: Path) -> None:
    source = tmp_path / "raw" / "street.txt"
    source.parent.mkdir()
    source.write_text("1,1,1.00,2.00,3.00,4.00,0.5,2,-1,-1\n1,2,5.00,6.00,7.00,8.00,0.333333,1,-1,-1\n")
    target = tmp_path / "new" / "street.txt"
    sizes = refine_file(source, target, [], sequence="street", classes=("person", "car"), number_classes=True)
    assert target.read_bytes() == source.read_bytes()
    assert sizes == (TableSize(2, 2), TableSize(2, 2))
    refine_file(source, target, [("later", Later(1))], sequence="street", number_classes=False)
    assert target.read_text().splitlines()[0] == "2,1,1.00,2.00,3.00,4.00,0.5,-1,-1,-1"
    assert not list(target.parent.glob("*.partial"))


def test_damaged_files_and_full_disks_are_told(tmp_path: Path) -> None:
    source = tmp_path / "street.txt"
    source.write_text("9,1,1,2,3,4\n")
    with pytest.raises(
        DataError, match=r"street\.txt: has rows for frame 9 \(counted from 1\), but the sequence has 5"
    ):
        refine_file(source, tmp_path / "out.txt", [], sequence="street", length=5)
    with pytest.raises(OutputError, match="cannot be written"):
        refine_file(source, source / "out.txt", [], sequence="street")


def test_of_a_run_the_refined_results_are_found(tmp_path: Path) -> None:
    for name, row in (("results", "1,1,1,2,3,4\n"), ("refined", "2,1,1,2,3,4\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "street.txt").write_text(row)
    assert read_results(find_results(tmp_path, ["street"])["street"]).frames.tolist() == [1]
    assert read_results(find_results(tmp_path / "results", ["street"])["street"]).frames.tolist() == [0]
    # Only a run's folder has both: elsewhere "refined" is a folder like any other.
    assert read_results(find_results(tmp_path / "refined", ["street"])["street"]).frames.tolist() == [1]
