"""SORT: boxes followed by a Kalman filter and matched by overlap.

Paper: Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016, https://arxiv.org/abs/1602.00763. Written from
the paper; the original code (https://github.com/abewley/sort) is under the GPL and was not consulted. Results are
equal to its, see the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import left_over, match_then_cut
from vtrack_common_mot.classes import ClassGate
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_sort.config import SortConfig
from vtrack_plugin_sort.mmtracking import MmtrackingSort

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["Sort"]

STREAK = 4
"""Row of the facts: detections in a row that continued the track, its first not counted."""


class Sort(BoxTracker):
    """Tracks boxes by overlap with where a Kalman filter expects them.

    Args:
        max_age: Frames that a track lives on without a detection.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least overlap of a detection with the predicted box it continues.
        per_class: Match within a class only.
        convention: ``original`` or ``mmtracking``.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_classes", "_other")

    def __init__(
        self,
        *,
        max_age: int = 1,
        min_hits: int = 3,
        iou_threshold: float = 0.3,
        per_class: bool = True,
        convention: str = "original",
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = SortConfig(
            max_age=max_age,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            per_class=per_class,
            convention=convention,
            clock=clock,
            persist=persist,
        )
        self._other = MmtrackingSort(self.config) if convention == "mmtracking" else None
        self._least = np.array(iou_threshold, np.float64)
        self._reader = BoxReader()
        self._filter = XysrFilter()
        super().__init__(clock=clock, persist=persist)

    def _start(self, sequence: Sequence | None) -> None:
        if self._other is not None:
            self._other.reset(sequence)
        self._rows = TrackRows(5)
        self._classes = ClassGate()

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._advance_by(self._other, frame, detections)
        edges, measured = self._reader.read(detections.boxes)
        self._filter.measure(measured)
        ahead = self._filter.predict(self._rows.motion, self._elapsed)
        tracks, found = self._match(overlaps(self._filter.edges(ahead), edges), detections.labels)
        self._settle(ahead, tracks, measured.take(found, 1))
        fresh = left_over(len(detections), found)
        if len(fresh):
            self._begin(measured.take(fresh, 1), detections.labels.take(fresh))
        return self._report(detections, found, fresh)

    def _match(self, overlap: Float64Array, labels: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return tracks, ascending, and the detection of each."""
        if not self.config.per_class:
            return match_then_cut(overlap, self._least)
        known = self._rows.facts[LABEL]
        self._classes.part(overlap, known, labels)
        return match_then_cut(overlap, self._least, (known, labels) if self._classes.several else None)

    def _settle(self, ahead: Float64Array, tracks: Int64Array, measured: Float64Array) -> None:
        """Keep the tracks that were seen, corrected by what was measured, then those missing not too long."""
        rows, seen = self._rows, len(tracks)
        missing = left_over(len(rows), tracks)
        if len(missing):
            missing = missing[self._tick - rows.facts[LAST].take(missing) <= self.config.max_age]
        motion = ahead.take(tracks, 1)
        self._filter.update(motion, measured)
        rows.motion = np.concatenate((motion, ahead.take(missing, 1)), 1)
        rows.facts = rows.facts.take(np.concatenate((tracks, missing)), 1)
        rows.facts[LAST, :seen] = self._tick
        rows.facts[STREAK, :seen] += 1
        rows.facts[STREAK, seen:] = 0

    def _begin(self, measured: Float64Array, labels: Int64Array) -> None:
        """Start a track at each of the measured boxes."""
        facts = np.zeros((5, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        self._rows.append(self._filter.start(measured), facts)

    def _report(self, detections: Instances, found: Int64Array, fresh: Int64Array) -> Instances:
        """Return the tracks of this frame that have been seen often enough.

        Args:
            detections: Of the frame.
            found: Detections of the first tracks.
            fresh: Detections of the last tracks, which start here.
        """
        rows, hits = self._rows, self.config.min_hits
        if self._frame <= hits or hits == 0:
            reported = np.concatenate((np.arange(len(found)), np.arange(len(rows) - len(fresh), len(rows))))
            index = np.concatenate((found, fresh))
        else:
            reported = (rows.facts[STREAK, : len(found)] >= hits).nonzero()[0]
            index = found.take(reported)
        labels = detections.labels.take(index)
        if not self.config.per_class:
            rows.facts[LABEL, reported] = labels
        return Instances.trusted(
            self._filter.shapes(rows.motion.take(reported, 1))[6:].T.astype(np.float32, order="C"),
            detections.scores.take(index),
            labels,
            rows.facts[ID].take(reported),
            index,
        )
