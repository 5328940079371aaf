"""Why results of a sequence do not meet their target, in words."""

from __future__ import annotations

import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Float64Array
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack, target_tracks

__all__ = ["diagnose"]


def diagnose(sequence: EvaluatedSequence) -> list[str]:
    """Return one line for each target that no result beyond its first frame meets; nothing for all others.

    Args:
        sequence: Annotations and results.

    Raises:
        DataError: An id stands twice in a frame.
    """
    tracks = target_tracks(sequence)
    lines = []
    if not tracks:
        lines.append(f"sequence {sequence.name!r} has no annotation of a target")
    for track in tracks:
        reason = _reason(track, sequence)
        if reason is not None:
            name = f"sequence {sequence.name!r}" + (f", target {track.id}" if len(tracks) > 1 else "")
            lines.append(f"{name}: {reason}")
    return lines


def _reason(track: TargetTrack, sequence: EvaluatedSequence) -> str | None:
    both = track.is_annotated & track.has_result
    if len(track) > 1 and track.is_annotated[0] and not track.is_annotated[1:].any():
        return (
            "only the first frame is annotated, so these scores mean nothing: a server scores such data (vtcore "
            "submission)"
        )
    if not both.any():
        if track.has_result.any():
            return "results are of other frames than annotations: do both count frames alike?"
        there = np.unique(sequence.results.ids).tolist()
        known = f"; results have the ids {', '.join(map(str, there[:5]))}" if there else ""
        return f"there are no results{known}"
    later = both.copy()
    later[0] = False
    if not later.any() or _meet(track.truth, track.results)[later].any():
        return None
    as_corners = track.results.copy()
    as_corners[:, 2:] = np.maximum(as_corners[:, 2:] - as_corners[:, :2], 0)
    if _meet(track.truth, as_corners)[later].mean() > 0.5:
        return "results look like corners (x1,y1,x2,y2), but are read as left, top, width, height"
    return "no result beyond the first frame meets the annotation"


def _meet(first: Float64Array, second: Float64Array) -> BoolArray:
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    met: BoolArray = np.all(high > low, axis=1)
    return met
