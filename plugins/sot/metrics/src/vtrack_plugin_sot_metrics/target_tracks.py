"""From tables of a sequence to one pair of annotation and result per frame, target by target.

Each target of a sequence is scored as a track of its own, as if it were a sequence of its own. Its frames go from the
first in which it is annotated (and visible, where there is such a frame) to the last frame of the sequence; where a
sequence has several targets, to the last frame in which it is annotated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtcore.tables import COUNTED, TrackTable

__all__ = ["TargetTrack", "target_tracks"]

_HIDING = ("full_occlusion", "out_of_view", "absence")
"""Labels of frames in which a target is not to be seen, as data sets name them."""


@attrs.frozen(eq=False)
class TargetTrack:
    """Annotations and results of one target, frame by frame.

    Attributes:
        id: The target's id in the annotations.
        start: Index of its first frame in the sequence.
        truth: float64 ``(F, 4)``, left, top, width, height in pixels; zeros where there is no annotation.
        is_annotated: bool ``(F,)``, whether there is an annotation, of whatever size.
        is_visible: bool ``(F,)``, whether the target can be seen, as far as the data tells.
        visibility: float32 ``(F,)``, visible share of the target as annotated; 0 where there is no annotation.
        results: float64 ``(F, 4)`` like `truth`; zeros where there is no result.
        has_result: bool ``(F,)``.
        truth_polygons: float64 ``(F, 8)``, corners of rotated annotations, None where the data has plain boxes.
        result_polygons: The same of results.
        scores: float64 ``(F,)``, how sure the tracker is; 0 where there is no result.
    """

    id: int
    start: int
    truth: Float64Array
    is_annotated: BoolArray
    is_visible: BoolArray
    visibility: Float64Array
    results: Float64Array
    has_result: BoolArray
    truth_polygons: Float64Array | None
    result_polygons: Float64Array | None
    scores: Float64Array

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.truth)


def target_tracks(sequence: EvaluatedSequence) -> list[TargetTrack]:
    """Return the tracks of a sequence's targets, in order of their ids.

    Where annotations and results are of one target each, they belong together whatever their ids are; otherwise the
    ids must be the same. Results of ids that no annotation has are left out.

    Raises:
        DataError: An id stands twice in a frame.
    """
    truth = sequence.truth.select((sequence.truth.roles == COUNTED) & (sequence.truth.labels >= 0))
    results = sequence.results
    targets, found = np.unique(truth.ids), np.unique(results.ids)
    pairs: Iterable[tuple[int, int]] = ((int(number), int(number)) for number in targets)
    if len(targets) == 1 and len(found) == 1:
        pairs = [(int(targets[0]), int(found[0]))]
    return list(_tracks(sequence, truth, results, pairs, several=len(targets) > 1))


def _tracks(
    sequence: EvaluatedSequence,
    truth: TrackTable,
    results: TrackTable,
    pairs: Iterable[tuple[int, int]],
    *,
    several: bool,
) -> Iterator[TargetTrack]:
    seen = _seen(sequence)
    for target, answered in pairs:
        annotated = truth.select(truth.ids == target)
        answer = results.select(results.ids == answered)
        _refuse_repeated(sequence.name, "annotations", annotated)
        _refuse_repeated(sequence.name, "results", answer)
        first = _first_frame(annotated)
        end = int(annotated.frames[-1]) + 1 if several else sequence.length
        length = end - first
        visibility = np.zeros(sequence.length)
        visibility[annotated.frames] = annotated.visibility
        is_annotated = _mask(annotated.frames, sequence.length)
        visible = np.where(is_annotated, visibility > 0, True) & seen
        yield TargetTrack(
            id=target,
            start=first,
            truth=_spread(annotated.frames, annotated.ltwh, first, length),
            is_annotated=is_annotated[first:end],
            is_visible=visible[first:end],
            visibility=visibility[first:end],
            results=_spread(answer.frames, answer.ltwh, first, length),
            has_result=_mask(answer.frames, sequence.length)[first:end],
            truth_polygons=_polygons(annotated, first, length),
            result_polygons=_polygons(answer, first, length),
            scores=_spread(answer.frames, answer.scores.astype(np.float64)[:, None], first, length)[:, 0],
        )


def _seen(sequence: EvaluatedSequence) -> BoolArray:
    """Return in which frames nothing says that the target is hidden, bool ``(length,)``."""
    seen = np.ones(sequence.length, bool)
    for name in _HIDING:
        if name in sequence.frame_labels:
            seen &= np.asarray(sequence.frame_labels[name])[: sequence.length] == 0
    return seen


def _first_frame(annotated: TrackTable) -> int:
    visible = annotated.frames[annotated.visibility > 0]
    return int(visible[0] if len(visible) else annotated.frames[0])


def _mask(frames: Int64Array, length: int) -> BoolArray:
    mask = np.zeros(length, bool)
    mask[frames] = True
    return mask


def _spread(frames: Int64Array, values: Float64Array, first: int, length: int) -> Float64Array:
    """Return rows frame by frame, zeros where there is none."""
    spread = np.zeros((length, values.shape[1]))
    inside = (frames >= first) & (frames < first + length)
    spread[frames[inside] - first] = values[inside]
    return spread


def _polygons(table: TrackTable, first: int, length: int) -> Float64Array | None:
    return None if table.polygons is None else _spread(table.frames, table.polygons, first, length)


def _refuse_repeated(sequence: str, what: str, table: TrackTable) -> None:
    again = np.flatnonzero(np.diff(table.frames) == 0)
    if not len(again):
        return
    frame, number = int(table.frames[again[0]]) + 1, int(table.ids[again[0]])
    where = f"sequence {sequence!r}: frame {frame} (counted from 1)"
    if number < 0:
        raise DataError(
            f"{where} has several {what} without an id: single-object scores need one box per target and frame, "
            "so give each target its own id"
        )
    raise DataError(f"{where}: id {number} stands twice in the {what}; an id may appear once in a frame")
