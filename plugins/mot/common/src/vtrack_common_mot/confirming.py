"""Trackers by the rules of mmtracking: tracks are reported at once and kept when seen often enough.

ByteTrack and OC-SORT of mmtracking (https://github.com/open-mmlab/mmtracking, Apache-2.0) share these rules, in which
they differ from the original code of either:

- Every track is reported from its first detection on, with the box of the detection.
- A track is tentative until it has been seen in so many frames, one born in the first frame until the next frame. A
  tentative track is not predicted, is matched after the others, and ends with the first frame without it.
- Detections that are left start tracks whatever they score above the high threshold; where there are no tracks, only
  those above the threshold for new ones.
- A frame without detections leaves all other tracks as they were.
- Heights of lost tracks stop changing.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import Pairs, match_above
from vtrack_common_mot.kalman import XyahFilter
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.tracker import BoxTracker

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["CONFIRMED", "FACTS", "HITS", "ConfirmingTracker"]

HITS = 4
"""Row of the facts: frames in which the track was seen."""
CONFIRMED = 5
"""Row of the facts: 1 for a track that is kept while it is not seen."""
FACTS = 6
"""Rows of the facts that this tracker uses; a subclass may ask for more."""

_HEIGHT_SPEED = 7
_NO_MATCH = -1.0


class ConfirmingTracker(BoxTracker):
    """What these trackers share; a subclass associates."""

    _STATE: ClassVar[tuple[str, ...]] = ("_rows",)

    def __init__(self, *, new_track_threshold: float, hits: int, max_age: int, per_class: bool) -> None:
        """Keep the options.

        Args:
            new_track_threshold: Where there are no tracks, detections scoring more start some [init_track_thr].
            hits: Frames in which a track is seen before it is kept [num_tentatives].
            max_age: A track that was not seen for so many frames ends [num_frames_retain].
            per_class: Match within a class only.
        """
        self._birth = np.float32(new_track_threshold)
        self._hits = hits
        self._max_age = max_age
        self._per_class = per_class
        self._reader = BoxReader()
        self._filter = XyahFilter()
        super().__init__()

    def _start(self, sequence: Sequence | None) -> None:
        self._rows = TrackRows(FACTS)

    @abstractmethod
    def _associate(self, edges: Float64Array, detections: Instances) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Return tracks, the detection of each, and the detections that start a track.

        Args:
            edges: ``(6, m)`` of the detections.
            detections: Of the frame, at least one; there is at least one track.
        """

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        scores, labels = detections.scores, detections.labels
        shapes, measured = self._reader.read(detections.boxes)
        edges = shapes[:6]
        self._filter.measure(measured)
        found = np.empty(0, np.int64)
        if len(self._rows) == 0 or len(scores) == 0:
            fresh = (scores > self._birth).nonzero()[0]
        else:
            self._predict()
            tracks, found, fresh = self._associate(edges, detections)
            self._correct(tracks, edges.take(found, 1), measured.take(found, 1))
            self._note(tracks, labels.take(found))
        seen = self._rows.facts[LAST] == self._tick
        ids = np.empty(0, np.int64)
        if len(found):
            ids = self._rows.facts[ID].take(tracks)
        if len(fresh):
            self._begin(edges.take(fresh, 1), measured.take(fresh, 1), labels.take(fresh))
            ids = np.concatenate((ids, self._rows.facts[ID, len(seen) :]))
        self._drop()
        index = np.concatenate((found, fresh))
        return Instances.trusted(detections.boxes.take(index, 0), scores.take(index), labels.take(index), ids, index)

    def _predict(self) -> None:
        """Expect the confirmed tracks where they are now; the tentative stay as they were."""
        rows = self._rows
        confirmed = rows.facts[CONFIRMED] > 0
        rows.motion[_HEIGHT_SPEED, confirmed & (rows.facts[LAST] != self._last_tick)] = 0
        self._save()
        ahead = self._filter.predict(rows.motion, self._elapsed)
        rows.motion = np.where(confirmed, ahead, rows.motion)

    def _save(self) -> None:
        """Keep what a subclass needs from before the prediction."""
        return

    def _correct(self, tracks: Int64Array, edges: Float64Array, measured: Float64Array) -> None:
        """Correct the tracks that were seen.

        Args:
            tracks: int64 ``(k,)``.
            edges: ``(6, k)`` of their detections.
            measured: ``(4, k)``, coordinates of the filter.
        """
        motion = self._rows.motion.take(tracks, 1)
        self._filter.update(motion, measured)
        self._rows.motion[:, tracks] = motion

    def _note(self, tracks: Int64Array, labels: Int64Array) -> None:
        """Note that tracks were seen, and confirm those seen often enough."""
        facts = self._rows.facts
        facts[LAST, tracks] = self._tick
        facts[LABEL, tracks] = labels
        facts[HITS, tracks] += 1
        facts[CONFIRMED, tracks] |= facts[HITS, tracks] >= self._hits

    def _begin(self, edges: Float64Array, measured: Float64Array, labels: Int64Array) -> None:
        """Start a track at each of the given boxes."""
        facts = np.zeros((len(self._rows.facts), len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        facts[HITS] = 1
        facts[CONFIRMED] = self._frame == 1
        self._rows.append(self._filter.start(measured), facts)

    def _drop(self) -> None:
        """Drop tracks that were not seen for too long, and tentative ones that were not seen now."""
        facts = self._rows.facts
        missed = self._tick - facts[LAST]
        stay = (missed < self._max_age) & ((facts[CONFIRMED] > 0) | (missed == 0))
        if not stay.all():
            self._rows.keep(stay.nonzero()[0])

    def _pairs(
        self,
        tracks: tuple[Int64Array, Float64Array],
        offered: tuple[Int64Array, Float64Array],
        detections: Instances,
        least: float,
        *,
        fuse_score: bool,
        extra: Float64Array | None = None,
    ) -> Pairs:
        """Match some tracks with some detections by overlap.

        Args:
            tracks: Columns of the tracks, and edges ``(6, n)`` of theirs.
            offered: Rows of the detections, and their edges ``(6, m)``.
            detections: All of the frame.
            least: What the overlap of a pair must exceed.
            fuse_score: Multiply overlap by score.
            extra: ``(n, m)``, added to it.

        Returns:
            Tracks and detections, int64 ``(k,)`` each, the detections ascending.
        """
        known, rows = tracks[0], offered[0]
        if len(known) == 0 or len(rows) == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        gain = overlaps(tracks[1], offered[1])
        if fuse_score:
            gain *= detections.scores.take(rows)
        if extra is not None:
            gain += extra
        if self._per_class:
            same = self._rows.facts[LABEL].take(known)[:, None] == detections.labels.take(rows)
            gain = np.where(same, gain, _NO_MATCH)
        some, which = match_above(gain, np.array(least, np.float64))
        order = which.argsort()
        return known.take(some.take(order)), rows.take(which.take(order))
