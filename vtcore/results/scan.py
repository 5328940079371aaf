"""What a whole sequence's results come to, found without holding them.

A result file is read in pieces of half a megabyte, so memory grows with the number of frames and identities (eight
and sixteen bytes each), not with the number of rows.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtcore.results.read import read_results
from vtcore.tables import TrackTable

__all__ = ["ResultsOverview", "overview_of", "scan_results"]

_PIECE = 1 << 19
"""Bytes read at once."""
_MERGE_FROM = 1 << 16
"""Identities that are gathered before they are joined with those of earlier pieces."""


@attrs.frozen(eq=False)
class ResultsOverview:
    """Results of one sequence, in numbers, and rows of single frames on demand.

    Attributes:
        tracks_per_frame: int64 ``(F,)``, number of rows of each frame up to the last that has any.
        track_lengths: int64 ``(K,)``, number of rows of each identity, by ascending identity; rows without an
            identity (-1) are left out.
        rows: Returns a table with all rows of the given 0-based frames; it may hold others, too.
    """

    tracks_per_frame: Int64Array
    track_lengths: Int64Array
    rows: Callable[[Collection[int]], TrackTable]


def overview_of(table: TrackTable) -> ResultsOverview:
    """Return the overview of a table; its `rows` answers the whole table, so that row numbers stay as they are."""
    _, lengths = np.unique(table.ids[table.ids >= 0], return_counts=True)
    return ResultsOverview(np.bincount(table.frames).astype(np.int64), lengths.astype(np.int64), lambda frames: table)


def scan_results(path: Path, classes: tuple[str, ...] = ()) -> ResultsOverview:
    """Read through a result file, keeping numbers only.

    MOT text separated by commas and JSON lines are read piece by piece, and so are the rows asked for later: the file
    must still be there then. CocoVID JSON, which must be held to be read, and files of any other form go through
    `read_results`.

    Args:
        path: A file that `read_results` takes.
        classes: As there.

    Raises:
        DataError: The file cannot be read, or a row is damaged.
    """
    parse = next((parse for suffix, parse in _PARSERS.items() if path.name.endswith(suffix)), None)
    if parse is None:
        return overview_of(read_results(path, classes))
    try:
        return _scan(path, parse)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    except (KeyError, TypeError, ValueError):
        # Unusual or damaged: the strict reader takes it, or names the line.
        return overview_of(read_results(path, classes))


@attrs.frozen
class _Piece:
    """Where some whole lines stand in the file, and the frames they are of."""

    start: int
    size: int
    first: int
    last: int


def _scan(path: Path, parse: Callable[[bytes], TrackTable]) -> ResultsOverview:
    per_frame = np.zeros(0, np.int64)
    frames = 0
    lengths = _TrackLengths()
    pieces: list[_Piece] = []
    with path.open("rb") as file:
        for start, data in _read_pieces(file):
            table = parse(data)
            if len(table) == 0:
                continue
            first, last = int(table.frames[0]), int(table.frames[-1])
            if last >= len(per_frame):
                per_frame = np.concatenate([per_frame, np.zeros(max(last + 1, len(per_frame)), np.int64)])
            per_frame[first : last + 1] += np.bincount(table.frames - first)
            frames = max(frames, last + 1)
            lengths.add(table.ids)
            pieces.append(_Piece(start, len(data), first, last))

    def rows(wanted: Collection[int]) -> TrackTable:
        return _fetch(path, parse, pieces, wanted)

    return ResultsOverview(per_frame[:frames].copy(), lengths.total(), rows)


def _read_pieces(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield place and content of the file's pieces, cut where lines end."""
    start = 0
    while data := file.read(_PIECE) + file.readline():
        yield start, data
        start += len(data)


def _fetch(
    path: Path, parse: Callable[[bytes], TrackTable], pieces: list[_Piece], wanted: Collection[int]
) -> TrackTable:
    """Return the rows of some frames, reading the pieces that hold any."""
    frames = np.unique(np.fromiter(wanted, np.int64, len(wanted)))
    found = [TrackTable.empty()]
    try:
        with path.open("rb") as file:
            for piece in pieces:
                if np.searchsorted(frames, piece.first) < np.searchsorted(frames, piece.last, side="right"):
                    file.seek(piece.start)
                    table = parse(file.read(piece.size))
                    found.append(table.select(np.isin(table.frames, frames)))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    return TrackTable(
        np.concatenate([table.frames for table in found]),
        np.concatenate([table.ltwh for table in found]),
        ids=np.concatenate([table.ids for table in found]),
        scores=np.concatenate([table.scores for table in found]),
        labels=np.concatenate([table.labels for table in found]),
    )


class _TrackLengths:
    """Counts rows by identity, whatever numbers identities are."""

    def __init__(self) -> None:
        self._ids = np.zeros(0, np.int64)
        self._counts = np.zeros(0, np.int64)
        self._waiting: list[tuple[Int64Array, Int64Array]] = []
        self._size = 0

    def add(self, ids: Int64Array) -> None:
        """Count more rows."""
        found, counts = np.unique(ids[ids >= 0], return_counts=True)
        self._waiting.append((found, counts))
        self._size += len(found)
        # Joined when as many wait as are known, so that the work stays proportional to their number.
        if self._size > max(len(self._ids), _MERGE_FROM):
            self._merge()

    def total(self) -> Int64Array:
        """Return the number of rows of each identity, by ascending identity."""
        self._merge()
        return self._counts

    def _merge(self) -> None:
        ids = np.concatenate([self._ids, *(found for found, _ in self._waiting)])
        counts = np.concatenate([self._counts, *(number for _, number in self._waiting)])
        self._ids, place = np.unique(ids, return_inverse=True)
        self._counts = np.zeros(len(self._ids), np.int64)
        np.add.at(self._counts, place, counts)
        self._waiting, self._size = [], 0


def _parse_mot_text(data: bytes) -> TrackTable:
    """Parse lines as `vtcore.results.mot_text` writes them; ValueError where they are anything else."""
    if not data.strip():
        return TrackTable.empty()
    rows = np.loadtxt(io.BytesIO(data), np.float64, comments=None, delimiter=",", ndmin=2, encoding="latin-1")
    if rows.shape[1] != 10:
        raise ValueError("other columns than are written")
    # The class is -1 where there is one only, and counts from 1 otherwise.
    labels = np.maximum(rows[:, 7], 1) - 1
    return TrackTable(rows[:, 0] - 1, rows[:, 2:6], ids=rows[:, 1], scores=rows[:, 6], labels=labels)


def _parse_json_lines(data: bytes) -> TrackTable:
    """Parse lines as `vtcore.results.json_lines` writes them, without masks and embeddings."""
    frames: list[int] = []
    ids: list[int] = []
    ltwh: list[list[float]] = []
    scores: list[float] = []
    labels: list[int] = []
    for line in data.splitlines():
        if line.strip():
            entry = json.loads(line)
            count = len(entry["boxes_ltwh"])
            frames += [entry["frame"]] * count
            ids += entry.get("ids", [-1] * count)  # detections have none
            ltwh += entry["boxes_ltwh"]
            scores += entry["scores"]
            labels += entry["labels"]
    return TrackTable(frames, ltwh, ids=ids, scores=scores, labels=labels) if frames else TrackTable.empty()


_PARSERS: dict[str, Callable[[bytes], TrackTable]] = {".txt": _parse_mot_text, ".jsonl": _parse_json_lines}
