"""Reading through results without holding them gives what holding them gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Writer
from vtcore.results import scan
from vtcore.results.coco_video import CocoVideoWriter
from vtcore.results.json_lines import JsonLinesWriter
from vtcore.results.mot_text import MotTextWriter
from vtcore.results.read import read_results
from vtcore.results.scan import ResultsOverview, overview_of, scan_results
from vtcore.tables import TrackTable


class Named(Sequence):
    def frames(self, *, images: bool = True) -> object:  # type: ignore[override]
        raise AssertionError("nothing here reads frames")


def write(writer: Writer, folder: Path, frames: int, classes: tuple[str, ...] = ("person",), ids: bool = True) -> Path:
    """Write 0 to 4 tracks a frame, none in some frames; identities come, go and come again."""
    sequence = Named("clip", length=frames, classes=classes)
    path = folder / f"clip{writer.suffix}"
    writer.open(sequence, path)
    random = np.random.default_rng(5)
    for index in range(frames):
        count = int(random.integers(0, 5))
        corners = random.uniform(0, 500, (count, 2))
        tracks = Instances(
            np.concatenate([corners, corners + random.uniform(1, 90, (count, 2))], axis=1),
            random.random(count),
            random.integers(0, len(classes), count),
            ids=random.permutation(40)[:count] + index // 10 if ids else None,
        )
        writer.write(Frame(index, sequence=sequence), tracks, tracks)
    writer.close(complete=True)
    return path


def same(found: TrackTable, expected: TrackTable) -> None:
    for name in ("frames", "ids", "ltwh", "scores", "labels"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def numbers(overview: ResultsOverview) -> tuple[list[int], list[int]]:
    return overview.tracks_per_frame.tolist(), overview.track_lengths.tolist()


@pytest.fixture(params=[MotTextWriter, JsonLinesWriter, CocoVideoWriter])
def writer(request: pytest.FixtureRequest) -> Writer:
    made: Writer = request.param()
    return made


@pytest.mark.parametrize("classes", [("person",), ("car", "person", "bus")])
@pytest.mark.parametrize("piece", [1, 700, 1 << 19])
def test_every_format_in_pieces_of_any_size_is_as_read_whole(
    writer: Writer, tmp_path: Path, classes: tuple[str, ...], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_PIECE", piece)
    monkeypatch.setattr(scan, "_MERGE_FROM", 10)
    path = write(writer, tmp_path, 200, classes)
    table = read_results(path, classes)
    overview = scan_results(path, classes)
    assert numbers(overview) == numbers(overview_of(table))
    assert overview.tracks_per_frame.sum() == len(table) > 300
    wanted = {0, 7, 8, 121, 199, 5000}
    found = overview.rows(wanted)
    same(found.select(np.isin(found.frames, list(wanted))), table.select(np.isin(table.frames, list(wanted))))
    assert len(overview.rows(()).select(np.zeros(0, np.int64))) == 0


def test_numbers_of_a_small_table() -> None:
    table = TrackTable([0, 0, 2, 5], [[0.0, 0.0, 1.0, 1.0]] * 4, ids=[7, 9, 7, -1])
    assert numbers(overview_of(table)) == ([2, 0, 1, 0, 0, 1], [2, 1])
    assert overview_of(table).rows({0}) is table
    assert numbers(overview_of(TrackTable.empty())) == ([], [])


def test_rows_without_ids_are_no_tracks(writer: Writer, tmp_path: Path) -> None:
    overview = scan_results(write(writer, tmp_path, 50, ids=False))
    assert overview.tracks_per_frame.sum() > 50
    assert len(overview.track_lengths) == 0


def test_only_pieces_with_wanted_frames_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_PIECE", 500)
    parsed: list[bytes] = []
    parse = scan._PARSERS[".txt"]
    monkeypatch.setitem(scan._PARSERS, ".txt", lambda data: (parsed.append(data), parse(data))[1])
    overview = scan_results(write(MotTextWriter(), tmp_path, 200))
    assert len(parsed) > 20
    parsed.clear()
    overview.rows({100})
    assert 1 <= len(parsed) <= 2


@pytest.mark.parametrize("name", ["clip.txt", "clip.jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_rows(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert numbers(scan_results(tmp_path / name)) == ([], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("clip.txt", "1 4 10 20 30 40\n3 4 10 20 30 40\n"),
        ("clip.txt", "\ufeff1,4,10,20,30,40,1,-1,-1,-1\n3,4,10,20,30,40,1,-1,-1,-1\n"),
        (
            "clip.jsonl",
            '{"frame":2,"boxes_ltwh":[[1,2,3,4]],"ids":[4]}\n{"frame":0,"boxes_ltwh":[[1,2,3,4]],"ids":[4]}',
        ),
    ],
)
def test_other_forms_that_can_be_read_are_taken_too(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert numbers(scan_results(tmp_path / name)) == ([1, 0, 1], [2])


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("clip.txt", "31,1,10,20", r"clip\.txt:31: expected at least 6 columns, got 4"),
        ("clip.txt", "0,1,1,1,1,1,1,-1,-1,-1", r"clip\.txt:31: frame is 0, but frames count from 1"),
        ("clip.txt", "31,1,1,1,nan,1,1,-1,-1,-1", r"clip\.txt:31: 'nan' in column 5 \(width\) is not finite"),
        ("clip.jsonl", '{"frame":30', r"clip\.jsonl:31: not JSON: "),
        ("clip.jsonl", '{"frame":30}', r"clip\.jsonl:31: not a frame of results: lacks 'boxes_ltwh'"),
    ],
)
def test_damage_is_told_with_its_line(tmp_path: Path, name: str, line: str, message: str) -> None:
    make: dict[str, Callable[[int], str]] = {
        "clip.txt": lambda index: f"{index + 1},1,10.00,20.00,30.00,40.00,0.5,-1,-1,-1\n",
        "clip.jsonl": lambda index: f'{{"frame":{index},"boxes_ltwh":[],"scores":[],"labels":[],"ids":[]}}\n',
    }
    (tmp_path / name).write_text("".join(map(make[name], range(30))) + line + "\n")
    with pytest.raises(DataError, match=message):
        scan_results(tmp_path / name)


@pytest.mark.parametrize("name", ["clip.txt", "clip.jsonl", "clip.coco.json", "clip.csv"])
def test_a_missing_or_unknown_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"{name}: (cannot be read: |results are read from )"):
        scan_results(tmp_path / name)


def test_rows_of_a_file_that_is_gone(tmp_path: Path) -> None:
    path = write(MotTextWriter(), tmp_path, 20)
    overview = scan_results(path)
    path.unlink()
    with pytest.raises(DataError, match=r"clip\.txt: cannot be read: "):
        overview.rows({3})


@pytest.mark.parametrize("suffix", [".txt", ".jsonl"])
def test_memory_is_bounded_by_a_piece_and_not_by_the_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    frames = 20_000
    with path.open("w") as file:
        for index in range(frames):
            if suffix == ".txt":
                file.write(f"{index + 1},{index // 50 + 1},100.25,200.50,30.75,60.00,0.987654,-1,-1,-1\n" * 6)
            else:
                boxes = ",".join(["[100.25,200.5,30.75,60.0]"] * 6)
                ids = ",".join(str(6 * (index // 50) + number) for number in range(6))
                scores = ",".join(["0.987654"] * 6)
                file.write(
                    f'{{"frame":{index},"time":null,"boxes_ltwh":[{boxes}],"scores":[{scores}],'
                    f'"labels":[0,0,0,0,0,0],"ids":[{ids}]}}\n'
                )
    assert path.stat().st_size > 4_000_000
    scan_results(path).rows({1})  # what is loaded once does not count
    tracemalloc.start()
    try:
        overview = scan_results(path)
        found = overview.rows({10, 10_000, 19_999})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert overview.tracks_per_frame.tolist() == [6] * frames
    assert len(found) == 18
    # Held whole, the rows alone would be 120,000 times 69 bytes.
    assert peak < 6_000_000
