"""Matching by appearance, then by overlap with the last boxes: the rules of mmtracking and mmdetection.

Source: ``SortTracker`` of https://github.com/open-mmlab/mmtracking and ``StrongSORTTracker`` of
https://github.com/open-mmlab/mmdetection (Apache-2.0). They differ from the papers in this:

- All confirmed tracks are matched at once. As many pairs within the gate as can be are made before their cost counts;
  pairs that cost too much are dropped afterwards.
- Pairs of different classes cost a million: they are made where nothing else is left, and dropped.
- Every other track seen in the last frame is then matched by overlap with its last box, not with the prediction.
- All tracks are reported from their first detection on, with the box of the detection.
- Frames in which nothing was detected do not move the tracks.
- Embeddings are taken as they are, and so is a running mean of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.appearance.config import AppearanceSortConfig
from vtrack_common_mot.appearance.tracker import FACTS, HITS, SLOT, AppearanceTracker
from vtrack_common_mot.assignment import Pairs, left_over
from vtrack_common_mot.camera_motion.boxes import warped_boxes
from vtrack_common_mot.cascade import match_most
from vtrack_common_mot.overlap import overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST, TrackRows

if TYPE_CHECKING:
    from vtcore.frames import Frame

__all__ = ["MmtrackingAppearance"]

_OTHER_CLASS = 1e6
"""What a pair of different classes costs more."""


class _SeenRows(TrackRows):
    """Tracks with the boxes in which they were last seen.

    Attributes:
        boxes: float32 ``(n, 4)``.
    """

    __slots__ = ("boxes",)

    _STATE = ("boxes",)

    def __init__(self) -> None:
        """Start without tracks."""
        super().__init__(FACTS)
        self.boxes: Float32Array = np.empty((0, 4), np.float32)

    def keep(self, order: Int64Array) -> None:
        """Keep the tracks of the given columns, in that order."""
        super().keep(order)
        self.boxes = self.boxes.take(order, 0)


class MmtrackingAppearance(AppearanceTracker):
    """Tracks boxes by appearance and overlap by the rules of mmtracking."""

    _rows: _SeenRows

    def __init__(self, config: AppearanceSortConfig) -> None:
        """Take the options.

        Args:
            config: `min_score` is ``obj_score_thr``, which detections must exceed; `min_hits` ``num_tentatives``,
                `max_age` ``num_frames_retain``, `iou_threshold` ``match_iou_thr``; of ``reid``, `gallery_size` is
                ``num_samples``, `appearance_threshold` ``match_score_thr`` and `motion_weight` ``motion_weight``;
                `appearance_momentum` is 1 less the momentum of ``embeds``.
        """
        self._hits = max(config.min_hits, 2)
        self._floor = np.float32(config.min_score)
        super().__init__(config, normalise=False)

    def _no_rows(self) -> TrackRows:
        return _SeenRows()

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        warp = self._camera_warp(frame, detections)
        index = (detections.scores > self._floor).nonzero()[0]
        if len(index) < len(detections):
            detections = detections[index]
        count = len(detections)
        measured = self._filter.measure(self._reader.read(detections.boxes)[1])
        embeddings = self._gallery.read(detections.embeddings, count)
        tracks, found = np.empty(0, np.int64), np.empty(0, np.int64)
        if len(self._rows) and count:
            self._move(warp)
            tracks, found = self._matched(measured, detections, embeddings)
            self._note(tracks, found, measured, detections, embeddings)
        fresh = left_over(count, found)
        ids = np.empty(count, np.int64)
        ids[found] = self._rows.facts[ID].take(tracks)
        ids[fresh] = self._begin(fresh, measured, detections, embeddings)
        self._drop()
        return Instances.trusted(
            detections.boxes.copy(), detections.scores.copy(), detections.labels.copy(), ids, index
        )

    def _move(self, warp: Float64Array | None) -> None:
        """Expect the tracks one step on."""
        rows = self._rows
        motion = rows.motion
        if warp is not None:
            motion = self._carried(motion, warp)
            rows.boxes = warped_boxes(rows.boxes, warp)
        rows.motion = self._filter.predict(motion, self._elapsed)

    def _matched(self, measured: Float64Array, detections: Instances, embeddings: Float32Array | None) -> Pairs:
        """Return tracks and the detection of each."""
        facts, labels = self._rows.facts, detections.labels
        confirmed = (facts[HITS] >= self._hits).nonzero()[0]
        tracks, found = np.empty(0, np.int64), np.empty(0, np.int64)
        if embeddings is not None and len(confirmed):
            tracks, found = self._by_appearance(confirmed, measured, labels, embeddings)
        seen = facts[LAST] == self._last_tick
        seen[tracks] = False
        rest, free = seen.nonzero()[0], left_over(len(labels), found)
        if len(rest) == 0 or len(free) == 0:
            return tracks, found
        some, which = self._by_overlap(rest, free, detections)
        return np.concatenate((tracks, some)), np.concatenate((found, which))

    def _by_appearance(
        self, confirmed: Int64Array, measured: Float64Array, labels: Int64Array, embeddings: Float32Array
    ) -> Pairs:
        rows = self._rows
        motion = self._filter.gate(rows.motion.take(confirmed, 1), measured, position_only=self._by_place)
        near = motion <= self._gate
        distance = self._gallery.distances(rows.facts[SLOT].take(confirmed), embeddings, near)
        near &= np.isfinite(distance)
        cost = self._cost(distance, motion)
        if self._config.per_class:
            cost = cost + np.where(self._same_class(confirmed, labels), 0.0, _OTHER_CLASS)
        row, column = match_most(cost, near)
        cheap = cost[row, column] <= self._config.appearance_threshold
        return confirmed.take(row[cheap]), column[cheap]

    def _by_overlap(self, rest: Int64Array, free: Int64Array, detections: Instances) -> Pairs:
        edges = self._reader.read(detections.boxes.take(free, 0))[0][:6]
        before = self._reader.read(self._rows.boxes.take(rest, 0))[0][:6]
        cost = (1 - overlaps(before, edges)).astype(np.float32)
        if self._config.per_class:
            other = np.logical_not(self._same_class(rest, detections.labels.take(free)))
            # In float32 as in the source: what is left of the overlap then decides among pairs that are all dropped.
            cost = np.where(other, cost + np.float32(_OTHER_CLASS), cost)
        row, column = match_most(cost.astype(np.float64), np.ones(cost.shape, bool))
        cheap = cost[row, column] < 1 - self._config.iou_threshold
        return rest.take(row[cheap]), free.take(column[cheap])

    def _note(
        self,
        tracks: Int64Array,
        found: Int64Array,
        measured: Float64Array,
        detections: Instances,
        embeddings: Float32Array | None,
    ) -> None:
        """Correct the tracks that were seen by their detections."""
        rows = self._rows
        scores = detections.scores.take(found)
        rows.motion[:, tracks] = self._corrected(rows.motion.take(tracks, 1), measured.take(found, 1), scores)
        rows.boxes[tracks] = detections.boxes.take(found, 0)
        rows.facts[LAST, tracks] = self._tick
        rows.facts[LABEL, tracks] = detections.labels.take(found)
        rows.facts[HITS, tracks] += 1
        self._learn(tracks, None if embeddings is None else embeddings.take(found, 0))

    def _begin(
        self, fresh: Int64Array, measured: Float64Array, detections: Instances, embeddings: Float32Array | None
    ) -> Int64Array:
        """Start a track at each of the detections that are left, and return the identities."""
        if len(fresh) == 0:
            return fresh
        rows = self._rows
        facts = self._births(detections.labels.take(fresh), None if embeddings is None else embeddings.take(fresh, 0))
        rows.append(self._filter.start(measured.take(fresh, 1)), facts)
        rows.boxes = np.concatenate((rows.boxes, detections.boxes.take(fresh, 0)))
        ids: Int64Array = facts[ID]
        return ids

    def _drop(self) -> None:
        """Drop tracks that were not seen for too long, and those not confirmed that were not seen now."""
        facts = self._rows.facts
        missed = self._tick - facts[LAST]
        stay = (missed < self._config.max_age) & ((facts[HITS] >= self._hits) | (missed == 0))
        if not stay.all():
            self._gallery.release(facts[SLOT, np.logical_not(stay)])
            self._rows.keep(stay.nonzero()[0])
