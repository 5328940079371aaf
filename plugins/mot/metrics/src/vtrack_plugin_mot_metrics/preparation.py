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

import itertools
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtcore.tables import COUNTED, DISTRACTOR
from vtrack_plugin_mot_metrics.checks import check_results, check_truth, counted_rows
from vtrack_plugin_mot_metrics.frame_pairs import FramePairs, frame_pairs
from vtrack_plugin_mot_metrics.overlap import CornerBoxes

__all__ = ["PreparedClass", "prepare"]

_SHARED_KEY = "vtrack_plugin_mot_metrics"
_EPSILON = float(np.finfo(np.float64).eps)
_DISTRACTOR_OVERLAP = 0.5


@attrs.frozen(eq=False)
class PreparedClass:
    """What is left to score of one class in one sequence.

    Identities are renumbered from 0 in ascending order.

    Attributes:
        label: Index of the class.
        truth_rows: int64 ``(G,)``, ascending rows of the sequence's annotations that are scored.
        result_rows: int64 ``(R,)``, ascending rows of the sequence's results that are scored.
        truth_numbers: int64 ``(G,)``, identities of the scored annotations.
        result_numbers: int64 ``(R,)``, identities of the scored results.
        truth_bounds: int64 ``(length + 1,)``, where each frame's scored annotations begin.
        result_bounds: int64 ``(length + 1,)``, where each frame's scored results begin.
        pairs: All pairs of both in the same frame, some frames at a time.
        truth_id_count: Number of identities among the annotations.
        result_id_count: Number of identities among the results.
    """

    label: int
    truth_rows: Int64Array
    result_rows: Int64Array
    truth_numbers: Int64Array
    result_numbers: Int64Array
    truth_bounds: Int64Array
    result_bounds: Int64Array
    pairs: list[FramePairs]
    truth_id_count: int
    result_id_count: int

    @property
    def length(self) -> int:
        """Number of frames."""
        return len(self.truth_bounds) - 1

    @property
    def is_one_sided(self) -> bool:
        """Whether there are no annotations, or no results."""
        return not len(self.truth_rows) or not len(self.result_rows)

    @cached_property
    def truth_ids(self) -> list[Int64Array]:
        """Identities of each frame's annotations."""
        return _by_frame(self.truth_numbers, self.truth_bounds)

    @cached_property
    def result_ids(self) -> list[Int64Array]:
        """Identities of each frame's results."""
        return _by_frame(self.result_numbers, self.result_bounds)

    @cached_property
    def overlaps(self) -> list[Float64Array]:
        """Each frame's intersection over union, float64 ``(annotations, results)``."""
        return [block for pairs in self.pairs for block in pairs.blocks(pairs.overlaps)]

    def cells(self, pairs: FramePairs) -> Int64Array:
        """Return where each pair stands in a flattened matrix of the identities, truth by results."""
        truth, results = pairs.rows()
        found: Int64Array = self.truth_numbers[truth] * self.result_id_count + self.result_numbers[results]
        return found

    def id_counts(self) -> tuple[Float64Array, Float64Array]:
        """Return in how many frames each identity is, float64 ``(truth, 1)`` and ``(1, results)``."""
        truth = np.bincount(self.truth_numbers, minlength=self.truth_id_count).astype(np.float64)
        results = np.bincount(self.result_numbers, minlength=self.result_id_count).astype(np.float64)
        return truth[:, np.newaxis], results[np.newaxis, :]

    def for_trackeval(self) -> dict[str, Any]:
        """Return the data as ``eval_sequence`` of trackeval's metrics takes it."""
        return {
            "num_timesteps": self.length,
            "num_gt_dets": len(self.truth_rows),
            "num_tracker_dets": len(self.result_rows),
            "num_gt_ids": self.truth_id_count,
            "num_tracker_ids": self.result_id_count,
            "gt_ids": self.truth_ids,
            "tracker_ids": self.result_ids,
            "similarity_scores": self.overlaps,
        }


@attrs.frozen(eq=False)
class _TruthClass:
    """One class of the annotations: what results are compared with, whatever they are."""

    rows: Int64Array
    numbers: Int64Array
    id_count: int
    bounds: Int64Array
    boxes: CornerBoxes
    distractors: BoolArray


@attrs.define(eq=False)
class _Truth:
    """What follows from the annotations alone."""

    boxes: CornerBoxes
    bounds: Int64Array
    classes: dict[int, _TruthClass] = attrs.field(factory=dict)


def prepare(sequence: EvaluatedSequence) -> dict[int, PreparedClass]:
    """Return what there is to score, by label; worked out once and kept in ``sequence.shared``.

    What follows from the annotations alone is kept in ``sequence.of_truth``. Classes that occur neither in the
    annotations nor in the results are left out, except the only one of single-class data.

    Raises:
        DataError: An id stands twice in a frame, results carry no ids, or a label is out of range.
    """
    kept: dict[int, PreparedClass] | None = sequence.shared.get(_SHARED_KEY)
    if kept is None:
        check_results(sequence)
        truth = _prepared_truth(sequence)
        boxes = CornerBoxes(sequence.results.ltwh)
        kept = {label: _prepare_class(sequence, label, truth, boxes) for label in _labels(sequence)}
        sequence.shared[_SHARED_KEY] = kept
    return kept


def _labels(sequence: EvaluatedSequence) -> list[int]:
    truth = sequence.truth
    present = set(truth.labels[counted_rows(truth)].tolist()) | set(sequence.results.labels.tolist())
    if len(sequence.classes) == 1 or not present:
        present.add(0)
    return sorted(present)


def _prepared_truth(sequence: EvaluatedSequence) -> _Truth:
    kept: _Truth | None = sequence.of_truth.get(_SHARED_KEY)
    if kept is None:
        check_truth(sequence)
        truth = sequence.truth
        kept = _Truth(CornerBoxes(truth.ltwh), _frame_bounds(truth.frames, sequence.length))
        sequence.of_truth[_SHARED_KEY] = kept
    return kept


def _truth_class(sequence: EvaluatedSequence, label: int, prepared: _Truth) -> _TruthClass:
    if label not in prepared.classes:
        truth = sequence.truth
        rows = np.flatnonzero((truth.roles == COUNTED) & (truth.labels == label))
        numbers, id_count = _renumbered(truth.ids[rows])
        prepared.classes[label] = _TruthClass(
            rows=rows,
            numbers=numbers,
            id_count=id_count,
            bounds=_frame_bounds(truth.frames[rows], sequence.length),
            boxes=prepared.boxes.take(rows),
            distractors=(truth.roles == DISTRACTOR) & ((truth.labels == label) | (truth.labels == -1)),
        )
    return prepared.classes[label]


def _prepare_class(
    sequence: EvaluatedSequence, label: int, prepared: _Truth, result_boxes: CornerBoxes
) -> PreparedClass:
    truth, results = _truth_class(sequence, label, prepared), sequence.results
    result_rows = np.flatnonzero(results.labels == label)
    if truth.distractors.any() and len(result_rows):
        on_distractor = _rows_on_distractors(
            (prepared.boxes, prepared.bounds),
            (result_boxes.take(result_rows), _frame_bounds(results.frames[result_rows], sequence.length)),
            truth.distractors,
        )
        result_rows = result_rows[~on_distractor]
    result_bounds = _frame_bounds(results.frames[result_rows], sequence.length)
    result_numbers, result_id_count = _renumbered(results.ids[result_rows])
    return PreparedClass(
        label=label,
        truth_rows=truth.rows,
        result_rows=result_rows,
        truth_numbers=truth.numbers,
        result_numbers=result_numbers,
        truth_bounds=truth.bounds,
        result_bounds=result_bounds,
        pairs=list(frame_pairs((truth.boxes, truth.bounds), (result_boxes.take(result_rows), result_bounds))),
        truth_id_count=truth.id_count,
        result_id_count=result_id_count,
    )


def _rows_on_distractors(
    truth: tuple[CornerBoxes, Int64Array], results: tuple[CornerBoxes, Int64Array], distractors: BoolArray
) -> BoolArray:
    """Return which results are matched to a distractor.

    Args:
        truth: Boxes of all annotations, and where each frame's begin.
        results: Boxes of the results, and where each frame's begin.
        distractors: bool, which annotations are distractors.
    """
    removed = np.zeros(len(results[0]), bool)
    for pairs in frame_pairs(truth, results):
        if not len(pairs.overlaps):
            continue
        truth_rows, result_rows = pairs.rows()
        worth = pairs.overlaps
        worth[worth < _DISTRACTOR_OVERLAP - _EPSILON] = 0
        matched = pairs.matched(worth)
        removed[result_rows[matched[distractors[truth_rows[matched]]]]] = True
    return removed


def _frame_bounds(frames: Int64Array, length: int) -> Int64Array:
    """Return where each frame's rows begin, and after the last one where they end, int64 ``(length + 1,)``."""
    bounds: Int64Array = np.searchsorted(frames, np.arange(length + 1)).astype(np.int64, copy=False)
    return bounds


def _by_frame(column: Int64Array, bounds: Int64Array) -> list[Int64Array]:
    places = bounds.tolist()
    return [column[start:stop] for start, stop in itertools.pairwise(places)]


def _renumbered(ids: Int64Array) -> tuple[Int64Array, int]:
    """Return ids renumbered from 0 in ascending order, and how many there are."""
    unique, numbers = np.unique(ids, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64, copy=False), len(unique)
