"""What the metrics of this plugin share: boxes paired frame by frame, once per sequence and class.

The rules are those of trackeval's MOT Challenge data set (https://github.com/JonathonLuiten/TrackEval, MIT), told by
the annotations' roles instead of a benchmark's name:

1. In every frame results are matched one to one with *all* annotations, of any class and role, where boxes overlap by
   an intersection over union of at least 0.5.
2. Results matched to a `DISTRACTOR` are taken out.
3. Of the annotations only the `COUNTED` ones of the class stay.

A set without distractors thus loses no result. A distractor whose label is a class counts for results of that class;
one with label -1 for all.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtcore.tables import COUNTED, DISTRACTOR, TrackTable
from vtrack_plugin_mot_metrics.overlap import CornerBoxes

__all__ = ["PreparedClass", "counted_rows", "prepare"]

_SHARED_KEY = "vtrack_plugin_mot_metrics"
_EPSILON = float(np.finfo(np.float64).eps)
_DISTRACTOR_OVERLAP = 0.5


@attrs.frozen(eq=False)
class PreparedClass:
    """What is left to score of one class in one sequence, frame by frame.

    Attributes:
        label: Index of the class.
        truth_rows: int64 ``(G,)``, ascending rows of the sequence's annotations that are scored.
        result_rows: int64 ``(R,)``, ascending rows of the sequence's results that are scored.
        truth_ids: One int64 array per frame: identities of the scored annotations, renumbered from 0 in ascending
            order.
        result_ids: The same of the results.
        overlaps: One float64 ``(annotations, results)`` array per frame: intersection over union.
        truth_id_count: Number of identities among the annotations.
        result_id_count: Number of identities among the results.
    """

    label: int
    truth_rows: Int64Array
    result_rows: Int64Array
    truth_ids: list[Int64Array]
    result_ids: list[Int64Array]
    overlaps: list[Float64Array]
    truth_id_count: int
    result_id_count: int

    def for_trackeval(self) -> dict[str, Any]:
        """Return the data as ``eval_sequence`` of trackeval's metrics takes it."""
        return {
            "num_timesteps": len(self.overlaps),
            "num_gt_dets": len(self.truth_rows),
            "num_tracker_dets": len(self.result_rows),
            "num_gt_ids": self.truth_id_count,
            "num_tracker_ids": self.result_id_count,
            "gt_ids": self.truth_ids,
            "tracker_ids": self.result_ids,
            "similarity_scores": self.overlaps,
        }


def prepare(sequence: EvaluatedSequence) -> dict[int, PreparedClass]:
    """Return what there is to score, by label; worked out once and kept in ``sequence.shared``.

    Classes that occur neither in the annotations nor in the results are left out, except the only one of
    single-class data.

    Raises:
        DataError: An id stands twice in a frame, results carry no ids, or a label is out of range.
    """
    kept: dict[int, PreparedClass] | None = sequence.shared.get(_SHARED_KEY)
    if kept is None:
        _check(sequence)
        truth_boxes, result_boxes = CornerBoxes(sequence.truth.ltwh), CornerBoxes(sequence.results.ltwh)
        kept = {label: _prepare_class(sequence, label, truth_boxes, result_boxes) for label in _labels(sequence)}
        sequence.shared[_SHARED_KEY] = kept
    return kept


def counted_rows(truth: TrackTable) -> BoolArray:
    """Return which annotations are scored, bool ``(M,)``."""
    counted: BoolArray = (truth.roles == COUNTED) & (truth.labels >= 0)
    return counted


def _labels(sequence: EvaluatedSequence) -> list[int]:
    truth = sequence.truth
    present = set(truth.labels[counted_rows(truth)].tolist()) | set(sequence.results.labels.tolist())
    if len(sequence.classes) == 1 or not present:
        present.add(0)
    return sorted(present)


def _prepare_class(
    sequence: EvaluatedSequence, label: int, truth_boxes: CornerBoxes, result_boxes: CornerBoxes
) -> PreparedClass:
    truth, results = sequence.truth, sequence.results
    result_rows = np.flatnonzero(results.labels == label)
    distractors: BoolArray = (truth.roles == DISTRACTOR) & ((truth.labels == label) | (truth.labels == -1))
    if distractors.any() and len(result_rows):
        on_distractor = _rows_on_distractors(
            (truth.frames, truth_boxes, distractors),
            (results.frames[result_rows], result_boxes.take(result_rows)),
            sequence.length,
        )
        result_rows = result_rows[~on_distractor]
    truth_rows = np.flatnonzero((truth.roles == COUNTED) & (truth.labels == label))
    truth_bounds = _frame_bounds(truth.frames[truth_rows], sequence.length)
    result_bounds = _frame_bounds(results.frames[result_rows], sequence.length)
    truth_ids, truth_id_count = _renumbered(truth.ids[truth_rows])
    result_ids, result_id_count = _renumbered(results.ids[result_rows])
    scored_truth, scored_results = truth_boxes.take(truth_rows), result_boxes.take(result_rows)
    frames = [
        (slice(truth_bounds[frame], truth_bounds[frame + 1]), slice(result_bounds[frame], result_bounds[frame + 1]))
        for frame in range(sequence.length)
    ]
    return PreparedClass(
        label=label,
        truth_rows=truth_rows,
        result_rows=result_rows,
        truth_ids=[truth_ids[rows] for rows, _ in frames],
        result_ids=[result_ids[rows] for _, rows in frames],
        overlaps=[scored_truth.take(rows).iou(scored_results.take(columns)) for rows, columns in frames],
        truth_id_count=truth_id_count,
        result_id_count=result_id_count,
    )


def _rows_on_distractors(
    truth: tuple[Int64Array, CornerBoxes, BoolArray], results: tuple[Int64Array, CornerBoxes], length: int
) -> BoolArray:
    """Return which results are matched to a distractor: frames, boxes (and whether a distractor) of both sides."""
    truth_frames, truth_boxes, distractors = truth
    result_frames, result_boxes = results
    truth_bounds = _frame_bounds(truth_frames, length)
    result_bounds = _frame_bounds(result_frames, length)
    removed = np.zeros(len(result_frames), bool)
    for frame in np.unique(truth_frames[distractors]).tolist():
        rows = slice(truth_bounds[frame], truth_bounds[frame + 1])
        columns = slice(result_bounds[frame], result_bounds[frame + 1])
        overlaps = truth_boxes.take(rows).iou(result_boxes.take(columns))
        overlaps[overlaps < _DISTRACTOR_OVERLAP - _EPSILON] = 0
        is_distractor = distractors[rows]
        if not overlaps[is_distractor].any():
            continue
        matched_truth, matched_results = linear_sum_assignment(-overlaps)
        taken = (overlaps[matched_truth, matched_results] > _EPSILON) & is_distractor[matched_truth]
        removed[columns.start + matched_results[taken]] = True
    return removed


def _frame_bounds(frames: Int64Array, length: int) -> list[int]:
    """Return where each frame's rows begin, and after the last one where they end."""
    bounds: list[int] = np.searchsorted(frames, np.arange(length + 1)).tolist()
    return bounds


def _renumbered(ids: Int64Array) -> tuple[Int64Array, int]:
    """Return ids renumbered from 0 in ascending order, and how many there are."""
    unique, numbers = np.unique(ids, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64, copy=False), len(unique)


def _check(sequence: EvaluatedSequence) -> None:
    truth, results = sequence.truth, sequence.results
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
