"""Overlap and distance of boxes, frame by frame, as the evaluators of single-object tracking compute them.

Sources: the analysis of PyTracking as OSTrack has it (Ye et al., ECCV 2022, https://github.com/botaoye/OSTrack,
``lib/test/analysis``, MIT); mmtracking 0.x (https://github.com/open-mmlab/mmtracking, ``eval_sot_ope``, Apache-2.0),
whose overlaps are single precision. What each of them does with frames that have no valid box is part of it, since it
is part of the numbers in papers.
"""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack

__all__ = ["BoxErrors", "mmtracking_errors", "overlaps_of", "pytracking_errors"]

_MISS = np.inf
_HIT = -1.0
"""A distance that is below every threshold."""


@attrs.frozen(eq=False)
class BoxErrors:
    """How far results are off, frame by frame; each array ``(N,)`` float64.

    Attributes:
        overlaps: Intersection over union; -1 where the frame has no valid annotation.
        centres: Distance of the centres in pixels; infinite for a miss whatever the threshold, -1 for a hit.
        normalised: The same, divided by the annotation's width and height.
        frames: By how many frames the counts of hits are divided.
        average_overlap: Mean overlap of the frames that have a valid annotation; None without any.
    """

    overlaps: Float64Array
    centres: Float64Array
    normalised: Float64Array
    frames: int
    average_overlap: float | None


def pytracking_errors(track: TargetTrack, *, hidden: str, exclude_invisible: bool) -> BoxErrors:
    """Return a track's errors as PyTracking and OSTrack compute them.

    A result of no width or height is replaced by the one before; what is missing at the end is a box of zeros; the
    first result is replaced by the annotation. Areas and overlaps are those of the boxes as they are; centres lie half
    a pixel before the middle, which makes no difference as long as sizes are right.

    Args:
        track: Annotations and results.
        hidden: As `OpeConfig.hidden`.
        exclude_invisible: Whether hits are divided by the frames with a valid, visible annotation.
    """
    labels_count = hidden in ("lasot", "lasot-extension")
    has_box = track.is_annotated & (track.truth[:, 2:] > 0).all(axis=1)
    valid = has_box & track.is_visible if labels_count else has_box
    results = _filled(track, breaks=~track.is_annotated if hidden == "uav" else np.zeros(len(track), bool))
    if len(track) and track.is_annotated[0]:
        results[0] = track.truth[0]
    overlaps = np.full(len(track), -1.0)
    centres = np.full(len(track), _HIT if hidden == "uav" else _MISS)
    normalised = np.full(len(track), _HIT)
    if hidden == "lasot":
        normalised[~track.is_visible] = _MISS
    boxes, truth = results[valid], track.truth[valid]
    overlaps[valid] = _inclusive_overlaps(boxes, truth)
    middle, true_middle = boxes[:, :2] + 0.5 * (boxes[:, 2:] - 1), truth[:, :2] + 0.5 * (truth[:, 2:] - 1)
    centres[valid] = _distances(middle, true_middle)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = _distances(middle / truth[:, 2:], true_middle / truth[:, 2:])
    normalised[valid] = np.where(np.isnan(scaled), _MISS, scaled)
    return BoxErrors(
        overlaps=overlaps,
        centres=centres,
        normalised=normalised,
        frames=int(valid.sum()) if exclude_invisible else len(track),
        average_overlap=float(overlaps[valid].mean()) if valid.any() else None,
    )


def mmtracking_errors(track: TargetTrack, *, exclude_invisible: bool) -> BoxErrors:
    """Return a track's errors as mmtracking 0.x computes them.

    An annotation whose centre is not right of and below the picture's origin counts as met by any result, and so does a
    missing one. A missing result, which mmtracking does not know, is missed in any other frame.

    Args:
        track: Annotations and results.
        exclude_invisible: Whether frames without a visible annotation are left out; the number that hits are divided
            by stays that of all frames.
    """
    kept = track.is_annotated & track.is_visible if exclude_invisible else np.ones(len(track), bool)
    truth, results = _corners(track.truth[kept]), _corners(track.results[kept])
    answered, annotated = track.has_result[kept], track.is_annotated[kept]
    valid = annotated & (truth[:, 2] > truth[:, 0]) & (truth[:, 3] > truth[:, 1])
    overlaps = np.full(len(truth), -1.0)
    overlaps[valid] = np.where(answered[valid], _single_overlaps(truth[valid], results[valid]), 0)
    middle, true_middle = 0.5 * (results[:, 2:] + results[:, :2]), 0.5 * (truth[:, 2:] + truth[:, :2])
    sizes = truth[:, 2:] - truth[:, :2] + 1e-16
    measured = annotated & (true_middle > 0).all(axis=1)
    distances = []
    for scale in (np.ones_like(sizes), sizes):
        errors = np.full(len(truth), _HIT)
        with np.errstate(over="ignore", invalid="ignore"):
            found = _distances(true_middle / scale, middle / scale)
        found = np.where(answered & ~np.isnan(found), found, _MISS)
        errors[measured] = found[measured]
        distances.append(errors)
    return BoxErrors(
        overlaps=overlaps,
        centres=distances[0],
        normalised=distances[1],
        frames=len(track),
        average_overlap=float(overlaps[valid].mean()) if valid.any() else None,
    )


def overlaps_of(first: Float64Array, second: Float64Array) -> Float64Array:
    """Return the intersection over union of boxes, pair by pair, as the GOT-10k toolkit 0.1.3 (MIT) computes it.

    Args:
        first: float64 ``(N, 4)``, left, top, width, height.
        second: The same.

    Returns:
        float64 ``(N,)``, 0 where both are empty.
    """
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    union = first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - common
    overlaps: Float64Array = np.clip(common / (union + np.finfo(np.float64).eps), 0, 1)
    return overlaps


def _filled(track: TargetTrack, breaks: BoolArray) -> Float64Array:
    """Return results with those of no width or height replaced by the one before, up to the last result.

    Args:
        track: Results, zeros where there are none.
        breaks: Frames whose result stays as it is; the frames behind repeat it.
    """
    own = (track.results[:, 2:] != 0).all(axis=1) | breaks
    own[:1] = True
    source = np.maximum.accumulate(np.where(own, np.arange(len(own)), 0))
    filled: Float64Array = track.results[source].copy()
    answered = np.flatnonzero(track.has_result)
    filled[answered[-1] + 1 if len(answered) else 0 :] = 0
    return filled


def _inclusive_overlaps(boxes: Float64Array, truth: Float64Array) -> Float64Array:
    low = np.maximum(boxes[:, :2], truth[:, :2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:] - 1, truth[:, :2] + truth[:, 2:] - 1)
    common = np.maximum(high - low + 1, 0).prod(axis=1)
    union = boxes[:, 2:].prod(axis=1) + truth[:, 2:].prod(axis=1) - common
    # Areas of the smallest numbers are zero.
    overlaps: Float64Array = np.divide(common, union, out=np.zeros(len(union)), where=union != 0)
    return overlaps


def _single_overlaps(first: Float64Array, second: Float64Array) -> Float32Array:
    """Return the intersection over union of corner boxes, in single precision, pair by pair."""
    one, other = first.astype(np.float32), second.astype(np.float32)
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    sides = np.maximum(high - low, np.float32(0))
    common = sides[:, 0] * sides[:, 1]
    union = _single_areas(one) + _single_areas(other) - common
    overlaps: Float32Array = common / np.maximum(union, np.float32(1e-6))
    return overlaps


def _single_areas(corners: Float32Array) -> Float32Array:
    areas: Float32Array = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    return areas


def _corners(ltwh: Float64Array) -> Float64Array:
    corners: Float64Array = ltwh.copy()
    corners[:, 2:] += corners[:, :2]
    return corners


def _distances(first: Float64Array, second: Float64Array) -> Float64Array:
    distances: Float64Array = np.sqrt(np.sum((first - second) ** 2, axis=1))
    return distances
