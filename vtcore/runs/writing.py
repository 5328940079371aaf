"""Writers at work: in a thread of their own, each file whole or not at all."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence as Seq
from pathlib import Path

import attrs

from vtcore.errors import OutputError, VtcoreError
from vtcore.files import PARTIAL
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Writer

__all__ = ["SequenceWriting", "finished_path"]

_DEPTH = 4
"""Frames that may wait to be written: enough to ride out a slow one. Those that wait when the last is tracked are
written while nothing else is left to do."""


def finished_path(writer: Writer, folder: Path, sequence: str) -> Path:
    """Return where a writer's file of a sequence is when it is done."""
    return folder / writer.folder / f"{sequence}{writer.suffix}"


@attrs.frozen
class _Item:
    frame: Frame
    detections: Instances
    tracks: Instances


class SequenceWriting:
    """Writes one sequence with all writers, in the background.

    Attributes:
        seconds: Time spent writing so far.
    """

    def __init__(self, writers: Seq[Writer], folder: Path, sequence: Sequence) -> None:
        """Open the sequence's files.

        Raises:
            OutputError: A file cannot be written.
        """
        self.seconds = 0.0
        self._final = {finished_path(writer, folder, sequence.name): writer for writer in writers}
        self._opened: list[Writer] = []
        self._queue: queue.Queue[_Item | None] = queue.Queue(_DEPTH)
        self._error: BaseException | None = None
        for path, writer in self._final.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                writer.open(sequence, path.with_name(path.name + PARTIAL))
            except OSError as error:
                self._close_all(complete=False)
                raise _cannot_write(path, error) from error
            self._opened.append(writer)
        self._thread = threading.Thread(target=self._work, name=f"write {sequence.name}", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Hand over one frame.

        Raises:
            OutputError: An earlier frame could not be written.
        """
        self._raise_error()
        self._queue.put(_Item(frame, detections, tracks))

    def finish(self) -> None:
        """Write what waits, close the files and give them their final names.

        Raises:
            OutputError: Something could not be written; the files keep their ``.partial`` names.
        """
        self._stop()
        if self._error is not None:
            self._close_all(complete=False)
            self._raise_error()
        self._close_all(complete=True)
        self._raise_error()
        for path in self._final:
            try:
                path.with_name(path.name + PARTIAL).replace(path)
            except OSError as error:
                raise _cannot_write(path, error) from error

    def abandon(self) -> None:
        """Close the files as they stand; they keep their ``.partial`` names."""
        self._stop()
        self._close_all(complete=False)

    def _stop(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is not None:
                continue  # keep emptying the queue, so that who fills it never waits for a dead writer
            began = time.perf_counter()
            for path, writer in self._final.items():
                try:
                    writer.write(item.frame, item.detections, item.tracks)
                except OSError as error:
                    self._error = _cannot_write(path, error)
                except BaseException as error:  # noqa: BLE001 - handed to the thread of the run
                    self._error = error
            self.seconds += time.perf_counter() - began

    def _close_all(self, *, complete: bool) -> None:
        for path, writer in self._final.items():
            if writer not in self._opened:
                continue
            try:
                writer.close(complete=complete)
            except OSError as error:
                self._error = self._error or _cannot_write(path, error)
            except VtcoreError as error:
                self._error = self._error or error
        self._opened = []

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {error.strerror or error}; free some space or choose another run.output"
    )
