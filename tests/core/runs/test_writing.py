"""Writers at work: whole files, in the background, with errors told to who writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vtcore.errors import OutputError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.results.mot_text import MotTextWriter
from vtcore.runs.writing import SequenceWriting, finished_path


class Street(Sequence):
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()


class Recorder:
    """A writer that keeps what it is told, and fails where it is asked to."""

    folder = "results"
    suffix = ".rec"

    def __init__(self, *, fail_at: int | None = None, fail_on_close: bool = False) -> None:
        self.frames: list[int] = []
        self.threads: set[int] = set()
        self.closed: bool | None = None
        self._fail_at = fail_at
        self._fail_on_close = fail_on_close

    def open(self, sequence: Sequence, path: Path) -> None:
        path.touch()

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        if frame.index == self._fail_at:
            raise OSError(28, "No space left on device")
        self.frames.append(frame.index)
        self.threads.add(threading.get_ident())

    def close(self, *, complete: bool) -> None:
        self.closed = complete
        if self._fail_on_close:
            raise OSError(28, "No space left on device")


def _write(writing: SequenceWriting, frames: int) -> None:
    for index in range(frames):
        writing.write(Frame(index), Instances.empty(), Instances([[0, 0, 1, 1]], ids=[1]))


def test_frames_arrive_in_order_in_one_other_thread_and_the_file_gets_its_name(tmp_path: Path) -> None:
    recorder = Recorder()
    writing = SequenceWriting([recorder, MotTextWriter()], tmp_path, Street("street"))
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"street.rec.partial", "street.txt.partial"}
    _write(writing, 100)
    writing.finish()
    assert recorder.frames == list(range(100))
    assert len(recorder.threads) == 1
    assert threading.get_ident() not in recorder.threads
    assert recorder.closed is True
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"street.rec", "street.txt"}
    assert finished_path(recorder, tmp_path, "street").exists()
    assert len((tmp_path / "results/street.txt").read_text().splitlines()) == 100


def test_abandoning_keeps_the_partial_name(tmp_path: Path) -> None:
    recorder = Recorder()
    writing = SequenceWriting([recorder], tmp_path, Street("street"))
    _write(writing, 3)
    writing.abandon()
    assert recorder.frames == [0, 1, 2]
    assert recorder.closed is False
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["street.rec.partial"]


def test_a_failing_write_is_told_with_the_file_and_nothing_hangs(tmp_path: Path) -> None:
    writing = SequenceWriting([Recorder(fail_at=2)], tmp_path, Street("street"))
    with pytest.raises(OutputError, match=r"street\.rec: cannot be written: No space left on device; free some space"):
        _write(writing, 10_000)
    writing.abandon()
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["street.rec.partial"]


def test_a_failure_on_the_last_frame_is_told_by_finish(tmp_path: Path) -> None:
    writing = SequenceWriting([Recorder(fail_at=0)], tmp_path, Street("street"))
    writing.write(Frame(0), Instances.empty(), Instances.empty())
    with pytest.raises(OutputError, match="No space left"):
        writing.finish()


def test_a_failing_close_leaves_no_finished_file(tmp_path: Path) -> None:
    writing = SequenceWriting([Recorder(fail_on_close=True)], tmp_path, Street("street"))
    with pytest.raises(OutputError, match="No space left"):
        writing.finish()
    assert not finished_path(Recorder(), tmp_path, "street").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match=r"street\.txt: cannot be written"):
        SequenceWriting([MotTextWriter()], tmp_path, Street("street"))
