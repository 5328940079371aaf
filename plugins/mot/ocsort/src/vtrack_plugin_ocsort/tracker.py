"""OC-SORT: SORT that relies on what was observed rather than on what its filter made of it.

Paper: Cao et al., "Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking", CVPR 2023,
https://arxiv.org/abs/2203.14360. Original code: https://github.com/noahcao/OC_SORT (MIT licence). Results are equal to
its; what was kept on purpose is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import Pairs, left_over
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.overlap import BoxReader
from vtrack_common_mot.rows import ID, LABEL, LAST, START
from vtrack_common_mot.similarity import SIMILARITIES
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_ocsort.config import OcSortConfig
from vtrack_plugin_ocsort.matching import Known, Matcher, Offered
from vtrack_plugin_ocsort.mmtracking import MmtrackingOcSort
from vtrack_plugin_ocsort.observations import OBSERVED, STREAK, ObservedRows
from vtrack_plugin_ocsort.replay import replay

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["OcSort"]


class OcSort(BoxTracker):
    """Tracks boxes by overlap with a Kalman filter's prediction and by steady direction.

    Args:
        high_threshold: Detections scoring more are matched first and may start tracks.
        low_threshold: With `use_byte`, detections scoring more, up to `high_threshold`, may continue tracks.
        new_track_threshold: Detections scoring more may start tracks; None: `high_threshold`.
        max_age: Frames that a track lives on without a detection.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least overlap, or similarity, of a detection with the box it continues.
        delta_t: Frames over which a direction is measured.
        similarity: How boxes are compared after the first matching.
        inertia: Weight of steady direction against overlap in the first matching.
        use_byte: Continue tracks with unsure detections too.
        fuse_score: Multiply overlap by score.
        per_class: Match within a class only.
        convention: ``original`` or ``mmtracking``.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        low_threshold: float = 0.1,
        new_track_threshold: float | None = None,
        max_age: int = 30,
        min_hits: int = 3,
        iou_threshold: float = 0.3,
        delta_t: int = 3,
        similarity: str = "iou",
        inertia: float = 0.2,
        use_byte: bool = False,
        fuse_score: bool = False,
        per_class: bool = True,
        convention: str = "original",
    ) -> None:
        self.config = OcSortConfig(
            high_threshold=high_threshold,
            low_threshold=low_threshold,
            new_track_threshold=new_track_threshold,
            max_age=max_age,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            delta_t=delta_t,
            similarity=similarity,
            inertia=inertia,
            use_byte=use_byte,
            fuse_score=fuse_score,
            per_class=per_class,
            convention=convention,
        )
        self._high, self._low = np.array(high_threshold, np.float32), np.array(low_threshold, np.float32)
        self._birth = None if new_track_threshold is None else np.array(new_track_threshold, np.float32)
        self._matcher = Matcher(iou_threshold, inertia, SIMILARITIES[similarity], fuse_score)
        self._reader = BoxReader()
        self._filter = XysrFilter()
        self._other = MmtrackingOcSort(self.config) if convention == "mmtracking" else None
        super().__init__()

    def _start(self, sequence: Sequence | None) -> None:
        if self._other is not None:
            self._other.reset(sequence)
        self._rows = ObservedRows(self.config.delta_t)
        self._first_label: Int64Array | None = None
        self._several = False

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._other.update(frame, detections)
        boxes, scores, labels = detections.boxes, detections.scores, detections.labels
        chosen, high = self._choose(scores)
        if chosen is not None:
            boxes, scores, labels = boxes.take(chosen, 0), scores.take(chosen), labels.take(chosen)
        edges, measured = self._reader.read(boxes)
        self._filter.measure(measured)
        ahead = self._filter.predict(self._rows.motion)
        offered = Offered(edges[:6], measured[:2], scores, labels, high)
        tracks, found = self._match(ahead, offered)
        self._settle(ahead, tracks, found, offered, measured)
        fresh = self._fresh(scores, high, found)
        if len(fresh):
            self._begin(measured.take(fresh, 1), labels.take(fresh))
        kept, index = self._report(found, fresh)
        labels = labels.take(index)
        if not self.config.per_class:
            self._rows.facts[LABEL, kept] = labels
        return Instances.trusted(
            boxes.take(index, 0),
            scores.take(index),
            labels,
            self._rows.facts[ID].take(kept),
            index if chosen is None else chosen.take(index),
        )

    def _choose(self, scores: Float32Array) -> tuple[Int64Array | None, int]:
        """Return the rows of the detections to use, high ones first (None: all as they are), and how many are high.

        A score of exactly the high threshold is neither high nor low, as in the original.
        """
        high = (scores > self._high).nonzero()[0]
        if len(high) == len(scores):
            return None, len(high)
        if not self.config.use_byte:
            return high, len(high)
        low = ((scores > self._low) & (scores < self._high)).nonzero()[0]
        return np.concatenate((high, low)), len(high)

    def _match(self, ahead: Float64Array, offered: Offered) -> Pairs:
        """Assign detections to tracks; return tracks, ascending, and the detection of each."""
        rows = self._rows
        if len(offered.scores) == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        apart = self.config.per_class and self._several_classes(offered.labels)
        if len(rows) == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        known = Known(
            self._filter.edges(ahead),
            rows.last_edges(),
            rows.origins(self._frame),
            rows.directions(),
            rows.facts[OBSERVED],
            rows.facts[LABEL],
        )
        if apart:
            tracks, found = self._matcher.match_by_class(known, offered)
        else:
            tracks, found = self._matcher.match(known, offered)
        order = tracks.argsort()
        return tracks.take(order), found.take(order)

    def _several_classes(self, labels: Int64Array) -> bool:
        """Return whether detections of more than one class were ever given."""
        if not self._several:
            if self._first_label is None:
                self._first_label = np.array(labels[0])
            self._several = bool(np.count_nonzero(labels != self._first_label))
        return self._several

    def _settle(
        self, ahead: Float64Array, tracks: Int64Array, found: Int64Array, offered: Offered, measured: Float64Array
    ) -> None:
        """Keep the tracks that were seen, corrected by what was observed, then those missing not too long."""
        rows, frame, seen = self._rows, self._frame, len(tracks)
        motion = ahead.take(tracks, 1)
        edges = offered.edges.take(found, 1)
        back = tracks.searchsorted((rows.seen, rows.seen + rows.missing))
        if back[0] < back[1]:
            self._put_right(motion, tracks, edges, slice(*back.tolist()))
        self._filter.update(motion, measured.take(found, 1))
        past = rows.observe(frame, tracks, edges, offered.centres.take(found, 1))
        missing = left_over(len(rows), tracks)
        if len(missing):
            missing = missing[frame - rows.facts[LAST].take(missing) <= self.config.max_age]
        if len(missing):
            rows.freeze(ahead, missing)
            motion = np.concatenate((motion, ahead.take(missing, 1)), 1)
            past = np.concatenate((past, rows.miss(frame, missing)), 1)
            tracks = np.concatenate((tracks, missing))
        rows.motion, rows.past = motion, past
        rows.seen, rows.missing = seen, len(missing)
        facts = rows.facts = rows.facts.take(tracks, 1)
        facts[LAST, :seen] = frame
        facts[STREAK, :seen] += 1
        facts[STREAK, seen:] = 0
        facts[OBSERVED, :seen] = 1

    def _put_right(self, motion: Float64Array, tracks: Int64Array, edges: Float64Array, found: slice) -> None:
        """Replay the motion of tracks that are found again, in place, along the way between their observations.

        Args:
            motion: ``(ROWS, k)`` of the tracks seen in this frame.
            tracks: int64 ``(k,)``, their columns.
            edges: ``(6, k)`` of their detections.
            found: Which of them were missing.
        """
        rows = self._rows
        again = np.arange(found.start, found.stop)
        again = again[rows.facts[OBSERVED].take(tracks[found]) > 0]
        if len(again) == 0:
            return
        columns = tracks.take(again)
        motion[:, again] = replay(
            self._filter,
            rows.frozen.take(columns - rows.seen, 1),
            (rows.last_edges().take(columns, 1), edges.take(again, 1)),
            self._frame - rows.facts[LAST].take(columns),
            include_last=True,
            predict=True,
        )

    def _fresh(self, scores: Float32Array, high: int, found: Int64Array) -> Int64Array:
        """Return the sure detections that start a track."""
        fresh = left_over(high, found[found < high] if high < len(scores) else found)
        if self._birth is not None and len(fresh):
            fresh = fresh[scores.take(fresh) > self._birth]
        return fresh

    def _begin(self, measured: Float64Array, labels: Int64Array) -> None:
        """Start a track at each of the measured boxes."""
        facts = np.zeros((6, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._frame
        facts[LABEL] = labels
        self._rows.begin(self._filter.start(measured), facts)

    def _report(self, found: Int64Array, fresh: Int64Array) -> Pairs:
        """Return the tracks of this frame that have been seen often enough, and the detection of each.

        Args:
            found: Detections of the first tracks.
            fresh: Detections of the last tracks, which start here.
        """
        rows, hits = self._rows, self.config.min_hits
        if self._frame <= hits or hits == 0:
            reported = np.concatenate((np.arange(len(found)), np.arange(len(rows) - len(fresh), len(rows))))
            return reported, np.concatenate((found, fresh))
        reported = (rows.facts[STREAK, : len(found)] >= hits).nonzero()[0]
        return reported, found.take(reported)
