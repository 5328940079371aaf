"""What cannot be scored, told by sequence and frame."""

from __future__ import annotations

import numpy as np

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Int64Array
from vtcore.tables import COUNTED, TrackTable

__all__ = ["check_results", "check_truth", "counted_rows"]


def counted_rows(truth: TrackTable) -> BoolArray:
    """Return which annotations are scored, bool ``(M,)``."""
    counted: BoolArray = (truth.roles == COUNTED) & (truth.labels >= 0)
    return counted


def check_results(sequence: EvaluatedSequence) -> None:
    """Refuse results that cannot be scored.

    Raises:
        DataError: An id stands twice in a frame, results carry no ids, or a label is out of range.
    """
    results = sequence.results
    known = len(sequence.classes)
    foreign = np.flatnonzero((results.labels < 0) | (results.labels >= (known or np.inf)))
    if len(foreign):
        row = int(foreign[0])
        named = f"the data has the classes {', '.join(sequence.classes)}" if known else "the data names no classes"
        raise DataError(
            f"sequence {sequence.name!r}: frame {_spoken(results.frames[row])}: a result has label "
            f"{results.labels[row]}, but {named}: labels count from 0"
        )
    repeated = _repeated(results.frames, results.ids, np.zeros(len(results), np.int64))
    if repeated is not None:
        where = f"sequence {sequence.name!r}: frame {_spoken(results.frames[repeated])}"
        if results.ids[repeated] == -1:
            raise DataError(f"{where}: the results carry no ids (-1): these metrics score tracks, so run a tracker")
        raise DataError(
            f"{where}: id {results.ids[repeated]} stands twice in the results; an id may appear once in a frame"
        )


def check_truth(sequence: EvaluatedSequence) -> None:
    """Refuse annotations that cannot be scored against.

    Raises:
        DataError: An id stands twice in a frame.
    """
    truth = sequence.truth
    scored = np.flatnonzero(counted_rows(truth))
    repeated = _repeated(truth.frames[scored], truth.ids[scored], truth.labels[scored])
    if repeated is not None:
        row = int(scored[repeated])
        raise DataError(
            f"sequence {sequence.name!r}: frame {_spoken(truth.frames[row])}: id {truth.ids[row]} stands twice in the "
            "annotations; an id may appear once in a frame"
        )


def _repeated(frames: Int64Array, ids: Int64Array, labels: Int64Array) -> int | None:
    """Return the first row whose frame, label and id another row before it has."""
    order = np.lexsort((ids, labels, frames))
    same = np.ones(max(len(order) - 1, 0), bool)
    for column in (frames, labels, ids):
        same &= column[order][1:] == column[order][:-1]
    again = order[1:][same]
    return int(again.min()) if len(again) else None


def _spoken(frame: np.int64) -> str:
    return f"{frame + 1} (counted from 1)"
