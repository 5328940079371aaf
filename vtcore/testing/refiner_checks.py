"""What a refiner must answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.tables import TrackTable
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import define
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.scenes import SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["odd_tables", "tables_right", "tables_unmodified"]


def _refined(refiner: Any, table: TrackTable, what: str, length: int | None) -> TrackTable:
    before = plain_copy(table)
    try:
        refined = refiner.refine(table, sequence="scene", length=length)
    except Exception as error:
        raise CheckFailure(
            f"refine fails with {what}: {type(error).__name__}: {error}; a sequence may have no rows, and "
            "nobody may know "
            "its length"
        ) from error
    told = difference(before, plain_copy(table))
    expect(not told, f"with {what} it changes the table that it is given ({told}); work on a copy")
    if not isinstance(refined, TrackTable):
        raise CheckFailure(f"with {what} it answers {type(refined).__name__}, not a vtcore.TrackTable")
    pairs = np.stack([refined.frames, refined.ids], axis=1)[refined.ids >= 0]
    twice = len(np.unique(pairs, axis=0)) != len(pairs)
    expect(not twice, f"with {what} an id stands twice in a frame; join rows of one id, or give one a new id")
    expect(
        length is None or not len(refined) or refined.frames[-1] < length,
        f"with {what} it answers rows beyond the last frame; none may stand at `length` or later",
    )
    return refined


@define("refiner")
def tables_right(subject: Subject) -> None:
    """No id stands twice in a frame, no row beyond the end, and rows that it adds name no detection."""
    sequence = SceneSequence(0, 40)
    table = sequence.results()
    refined = _refined(subject.make(), table, "results of 40 frames", sequence.length)
    expect(
        refined.detection_index is not None,
        "the table that it is given has a detection_index, its answer has none; keep it, -1 for rows that you add",
    )
    index = np.asarray(refined.detection_index)
    known = dict(zip(np.asarray(table.detection_index).tolist(), table.frames.tolist(), strict=True))
    wrong = [row for row in np.flatnonzero(index >= 0) if known.get(int(index[row])) != int(refined.frames[row])]
    expect(not wrong, "a row names a detection of another frame; rows that you add have a detection_index of -1")


@define("refiner")
def odd_tables(subject: Subject) -> None:
    """No rows, one row, rows without an identity, and a length that nobody knows are taken."""
    sequence = SceneSequence(0, 20)
    table = sequence.results()
    refiner = subject.make()
    _refined(refiner, TrackTable([], np.zeros((0, 4)), ids=[]), "no rows", 20)
    _refined(refiner, TrackTable([3], [[10, 10, 20, 40]], ids=[1]), "one row", 20)
    _refined(refiner, table, "a length that nobody knows", None)
    nameless = TrackTable(table.frames, table.ltwh, ids=np.full(len(table), -1), scores=table.scores)
    _refined(refiner, nameless, "rows without an identity", 20)
    bare = TrackTable(table.frames, table.ltwh, ids=table.ids, scores=table.scores, labels=table.labels)
    _refined(refiner, bare, "rows without a detection_index", 20)


@define("refiner")
def tables_unmodified(subject: Subject) -> None:
    """The table that it is given stays as it is, in all columns."""
    sequence = SceneSequence(1, 30)
    table = sequence.results()
    for column in (table.frames, table.ids, table.ltwh, table.scores, table.labels, table.detection_index):
        if column is not None:
            column.flags.writeable = False
    _refined(subject.make(), table, "a table that cannot be written to", sequence.length)
