"""Overlap of one target's results with its annotations, frame by frame."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array
from vtcore.report.contents import SequenceReport
from vtcore.tables import TrackTable

__all__ = ["overlap_over_time"]


def overlap_over_time(report: SequenceReport) -> Float64Array | None:
    """Return the intersection over union of each frame, where annotations and results are of one target each.

    Args:
        report: A sequence, scored or not.

    Returns:
        float64 ``(span,)``: 0 in a frame without a result, NaN in one without an annotation of a visible target. None
        where there are no annotations, or several targets on either side.
    """
    truth = report.truth
    if truth is None or len(np.unique(truth.ids)) != 1 or len(report.results.track_lengths) > 1:
        return None
    results = report.results.rows(range(report.span))
    if len(np.unique(results.ids)) > 1:
        return None
    shown, found = _by_frame(truth, report.span), _by_frame(results, report.span)
    low = np.maximum(shown[:, :2], found[:, :2])
    high = np.minimum(shown[:, :2] + shown[:, 2:], found[:, :2] + found[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    union = shown[:, 2:].prod(axis=1) + found[:, 2:].prod(axis=1) - common
    overlaps: Float64Array = np.full(report.span, np.nan)
    frames = truth.frames[(truth.visibility > 0) & (truth.frames < report.span)]
    overlaps[frames] = common[frames] / np.where(union > 0, union, 1)[frames]
    return overlaps


def _by_frame(table: TrackTable, span: int) -> Float64Array:
    """Return the boxes frame by frame, zeros where there is none."""
    boxes = np.zeros((span, 4))
    rows = table.frames < span
    boxes[table.frames[rows]] = table.ltwh[rows]
    return boxes
