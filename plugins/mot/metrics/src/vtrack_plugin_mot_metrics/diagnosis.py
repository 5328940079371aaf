"""Why nothing, or next to nothing, matches: no results, no annotations, or boxes that fit after one simple change.

The likely causes are tried on a sample of the results: classes ignored, corners read as sizes, another image size,
frames shifted. Each is told only if with it a good share of the boxes overlaps an annotation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import attrs
import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import Float64Array, Int64Array
from vtrack_plugin_mot_metrics.checks import counted_rows
from vtrack_plugin_mot_metrics.overlap import CornerBoxes
from vtrack_plugin_mot_metrics.preparation import PreparedClass, prepare

__all__ = ["diagnose"]

_OVERLAP = 0.5
_SAMPLE = 400
"""Result rows that are tried."""
_CROWD = 20_000
"""Annotations that are compared in one go when frames are shifted."""
_POOR_SHARE = 0.05
"""Share of the results that match by accident, in a crowd, where something is wrong."""
_GOOD_SHARE = 0.3
"""Share of the boxes that must fit before a cause is named."""
_VOTE_WIDTH = 0.01
"""Resolution of a scale factor's logarithm."""
_AGREEMENT = 0.15
"""How much size and position may disagree on the logarithm of a scale factor."""


@attrs.frozen(eq=False)
class _Boxes:
    """Some boxes and where they stand: frames int64 ``(N,)``, ltwh float64 ``(N, 4)``, labels int64 ``(N,)``."""

    frames: Int64Array
    ltwh: Float64Array
    labels: Int64Array


def diagnose(sequence: EvaluatedSequence) -> list[str]:
    """Say why a sequence has no result, or hardly any, that overlaps an annotation of its class by half.

    Returns:
        One line, or none where results match, or hardly match for no reason that could be named.

    Raises:
        DataError: As `prepare`.
    """
    truth, results = sequence.truth, sequence.results
    counted = np.flatnonzero(counted_rows(truth))
    matching = _matching_share(prepare(sequence).values())
    if matching > _POOR_SHARE or not len(truth) + len(results):
        return []
    if not len(results):
        cause = f"there are no results at all, for {len(counted)} annotations"
    elif not len(counted):
        left_out = f" (all {len(truth)} are ignored or distractors)" if len(truth) else ""
        cause = f"there are no annotations to score{left_out}, for {len(results)} results"
    else:
        sample = np.unique(np.linspace(0, len(results) - 1, _SAMPLE).astype(np.int64))
        tried = _Boxes(results.frames[sample], results.ltwh[sample], results.labels[sample])
        wanted = _Boxes(truth.frames[counted], truth.ltwh[counted], truth.labels[counted])
        found = f"only {matching:.1%} of the results overlap" if matching else "no result overlaps"
        explanation = _explanation(sequence, tried, wanted)
        if not explanation and not matching:
            explanation = _no_explanation(tried, wanted)
        if not explanation:
            return []
        cause = f"{found} an annotation by half, {explanation}"
    return [f"sequence {sequence.name!r}: {cause}"]


def _matching_share(parts: Iterable[PreparedClass]) -> float:
    """Return the share of the results that overlap an annotation of their class by half."""
    matching = total = 0
    for part in parts:
        total += len(part.result_rows)
        matching += sum(int((overlaps >= _OVERLAP).any(axis=0).sum()) for overlaps in part.overlaps)
    return matching / max(total, 1)


def _explanation(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    for explain in (_other_class, _corners_as_sizes, _centres_as_corners, _scaled, _shifted):
        explanation = explain(sequence, tried, wanted)
        if explanation:
            return f"but {explanation}"
    return None


def _no_explanation(tried: _Boxes, wanted: _Boxes) -> str:
    if not len(np.intersect1d(tried.frames, wanted.frames)):
        return (
            f"since no frame has both: results stand in frames {_span(tried.frames)}, annotations in frames "
            f"{_span(wanted.frames)} (counted from 1)"
        )
    best = _best_overlaps(tried, wanted).max()
    return (
        f"the best by {best:.2f}, and neither another class, box format, scale nor frame offset explains it: do "
        "results and annotations belong to the same video?"
    )


def _span(frames: Int64Array) -> str:
    return f"{frames.min() + 1} to {frames.max() + 1}"


def _other_class(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    said: list[tuple[int, int]] = []
    fitting = 0
    for rows, columns in _frames_of_both(tried, wanted):
        overlaps = CornerBoxes(tried.ltwh[rows]).iou(CornerBoxes(wanted.ltwh[columns]))
        fits = overlaps.max(axis=1) >= _OVERLAP
        fitting += int(fits.sum())
        theirs = wanted.labels[columns][overlaps.argmax(axis=1)]
        said += zip(tried.labels[rows][fits].tolist(), theirs[fits].tolist(), strict=True)
    confused = Counter(pair for pair in said if pair[0] != pair[1])
    share = fitting / len(tried.frames)
    if share < _GOOD_SHARE or not confused:
        return None
    ours, theirs_name = (
        repr(sequence.classes[label]) if label < len(sequence.classes) else str(label)
        for label in confused.most_common(1)[0][0]
    )
    return (
        f"{share:.0%} of the boxes do when classes are ignored: most often results of class {ours} lie on annotations "
        f"of class {theirs_name}"
    )


def _corners_as_sizes(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    ltwh = tried.ltwh.copy()
    ltwh[:, 2:] = np.maximum(ltwh[:, 2:] - ltwh[:, :2], 0)
    share = _share(tried, ltwh, wanted)
    if share < _GOOD_SHARE:
        return None
    return (
        f"{share:.0%} of the boxes do when read as x1, y1, x2, y2: the results hold corners where left, top, width, "
        "height belong"
    )


def _centres_as_corners(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    ltwh = tried.ltwh.copy()
    ltwh[:, :2] -= ltwh[:, 2:] / 2
    share = _share(tried, ltwh, wanted)
    if share < _GOOD_SHARE:
        return None
    return f"{share:.0%} of the boxes do when their first two numbers are read as the centre instead of the corner"


def _scaled(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    scale = _likely_scale(tried, wanted)
    if scale is None:
        return None
    share = _share(tried, tried.ltwh * np.tile(scale, 2), wanted)
    if share < _GOOD_SHARE:
        return None
    x, y = scale.tolist()
    factor = f"{(x + y) / 2:.4g}" if abs(x / y - 1) < 2 * _VOTE_WIDTH else f"{x:.4g} in x and {y:.4g} in y"
    return f"{share:.0%} of the boxes do when multiplied by {factor}: were the results made on resized frames?"


def _shifted(sequence: EvaluatedSequence, tried: _Boxes, wanted: _Boxes) -> str | None:
    offset = _likely_offset(tried, wanted)
    if not offset:
        return None
    moved = attrs.evolve(tried, frames=tried.frames + offset)
    share = float((_best_overlaps(moved, wanted) >= _OVERLAP).mean())
    if share < _GOOD_SHARE:
        return None
    return (
        f"{share:.0%} of the boxes do when shifted by {offset:+d} frame{'s' if abs(offset) > 1 else ''}: do results "
        "and annotations count frames alike?"
    )


def _share(tried: _Boxes, ltwh: Float64Array, wanted: _Boxes) -> float:
    """Return the share of the tried boxes, with other numbers, that overlap an annotation by half."""
    return float((_best_overlaps(attrs.evolve(tried, ltwh=ltwh), wanted) >= _OVERLAP).mean())


def _best_overlaps(tried: _Boxes, wanted: _Boxes) -> Float64Array:
    """Return the greatest overlap of each tried box with an annotation of its frame, of whatever class."""
    best = np.zeros(len(tried.frames))
    for rows, columns in _frames_of_both(tried, wanted):
        overlaps = CornerBoxes(tried.ltwh[rows]).iou(CornerBoxes(wanted.ltwh[columns]))
        best[rows] = overlaps.max(axis=1)
    return best


def _frames_of_both(tried: _Boxes, wanted: _Boxes) -> Iterator[tuple[slice, slice]]:
    """Yield where the rows of each frame stand that has tried boxes and annotations."""

    def bounds(frames: Int64Array) -> Callable[[int], slice]:
        return lambda frame: slice(int(np.searchsorted(frames, frame)), int(np.searchsorted(frames, frame + 1)))

    rows_of, columns_of = bounds(tried.frames), bounds(wanted.frames)
    for frame in np.intersect1d(tried.frames, wanted.frames).tolist():
        yield rows_of(frame), columns_of(frame)


def _likely_scale(tried: _Boxes, wanted: _Boxes) -> Float64Array | None:
    """Return the factors in x and y, float64 ``(2,)``, that most pairs of boxes agree on.

    Every pair of a result and an annotation in one frame votes for the ratio of their centres, if the ratio of
    their sizes is about the same: pairs that belong together all vote alike.
    """
    votes = []
    for rows, columns in _frames_of_both(tried, wanted):
        ours, theirs = tried.ltwh[rows], wanted.ltwh[columns]
        theirs = theirs[(theirs[:, 2:] > 0).all(axis=1)]
        ours = ours[(ours[:, 2:] > 0).all(axis=1)]
        our_centres, their_centres = ours[:, :2] + ours[:, 2:] / 2, theirs[:, :2] + theirs[:, 2:] / 2
        inside, inside_theirs = (our_centres > 0).all(axis=1), (their_centres > 0).all(axis=1)
        by_size = _log_ratios(ours[inside, 2:], theirs[inside_theirs, 2:])
        by_centre = _log_ratios(our_centres[inside], their_centres[inside_theirs])
        votes.append(by_centre[(np.abs(by_size - by_centre) < _AGREEMENT).all(axis=1)])
    ballot = np.concatenate([np.zeros((0, 2)), *votes])
    if not len(ballot):
        return None
    bins, counts = np.unique(np.round(ballot / _VOTE_WIDTH), axis=0, return_counts=True)
    peak = bins[counts.argmax()] * _VOTE_WIDTH
    near = ballot[(np.abs(ballot - peak) < 2 * _VOTE_WIDTH).all(axis=1)]
    factors: Float64Array = np.exp(np.median(near, axis=0))
    return factors


def _log_ratios(ours: Float64Array, theirs: Float64Array) -> Float64Array:
    """Return the logarithms of theirs over ours for every pair, float64 ``(N * M, 2)``."""
    return (np.log(theirs)[np.newaxis] - np.log(ours)[:, np.newaxis]).reshape(-1, 2)


def _likely_offset(tried: _Boxes, wanted: _Boxes) -> int:
    """Return the number of frames to add to the results' that most overlapping pairs agree on."""
    some = np.unique(np.linspace(0, len(tried.frames) - 1, 100).astype(np.int64))
    ours = CornerBoxes(tried.ltwh[some])
    offsets = []
    for start in range(0, len(wanted.frames), _CROWD):
        rows, columns = np.nonzero(ours.iou(CornerBoxes(wanted.ltwh[start : start + _CROWD])) >= _OVERLAP)
        offsets.append(wanted.frames[start + columns] - tried.frames[some[rows]])
    seen, counts = np.unique(np.concatenate(offsets), return_counts=True)
    if not len(seen):
        return 0
    # Of offsets that fit about as well the smallest: people who stand still fit many.
    candidates = seen[counts >= 0.95 * counts.max()]
    return int(candidates[np.abs(candidates).argmin()])
