"""Which frames went wrong, for the report's plots over time and pictures of the worst frames."""

from __future__ import annotations

import numpy as np

from vtcore.evaluation import EvaluatedSequence, FrameErrors
from vtcore.instances import BoolArray, Int64Array
from vtcore.tables import TrackTable
from vtrack_plugin_sot_metrics.box_errors import overlaps_of
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack, target_tracks

__all__ = ["frame_errors"]

_MET_FROM = 0.5


def frame_errors(sequence: EvaluatedSequence) -> FrameErrors:
    """Return hits and misses frame by frame; a result is a hit where its overlap with its target is above 0.5.

    A visible target without such a result is missed, and a result on a visible target that is no hit is false. Frames
    in which the target is not to be seen count for neither. There are no switches.

    Args:
        sequence: Annotations and results.

    Raises:
        DataError: An id stands twice in a frame.
    """
    hits, false, missed = (np.zeros(sequence.length, np.int64) for _ in range(3))
    fp_rows: list[Int64Array] = []
    fn_rows: list[Int64Array] = []
    tracks = target_tracks(sequence)
    for track in tracks:
        inside = slice(track.start, track.start + len(track))
        counted = track.is_annotated & track.is_visible & (track.truth[:, 2:] > 0).all(axis=1)
        met = counted & track.has_result & (overlaps_of(track.results, track.truth) > _MET_FROM)
        wrong, lost = counted & track.has_result & ~met, counted & ~met
        hits[inside] += met
        false[inside] += wrong
        missed[inside] += lost
        fn_rows.append(_rows(sequence.truth, track, lost, track.id))
        fp_rows.append(_rows(sequence.results, track, wrong, track.id if len(tracks) > 1 else None))
    none = np.zeros(0, np.int64)
    return FrameErrors(
        tp=hits,
        fp=false,
        fn=missed,
        idsw=np.zeros(sequence.length, np.int64),
        fp_rows=np.sort(np.concatenate([none, *fp_rows])),
        fn_rows=np.sort(np.concatenate([none, *fn_rows])),
        idsw_rows=none,
    )


def _rows(table: TrackTable, track: TargetTrack, frames: BoolArray, number: int | None) -> Int64Array:
    """Return the rows of a table in some of a track's frames; those of one id where it is given."""
    chosen = np.isin(table.frames, track.start + np.flatnonzero(frames))
    return np.flatnonzero(chosen if number is None else chosen & (table.ids == number))
