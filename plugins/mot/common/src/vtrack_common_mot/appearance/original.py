"""Matching by appearance in a cascade, then by overlap: the rules of DeepSORT's paper.

Source: Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017,
https://arxiv.org/abs/1703.07402. Written from the paper; the original code is under the GPL and was not consulted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.appearance.config import AppearanceSortConfig
from vtrack_common_mot.appearance.mmtracking import MmtrackingAppearance
from vtrack_common_mot.appearance.tracker import HITS, SLOT, AppearanceTracker
from vtrack_common_mot.assignment import Pairs, left_over, match_above
from vtrack_common_mot.camera_motion.interfaces import require_estimator
from vtrack_common_mot.cascade import match_cascade
from vtrack_common_mot.overlap import overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["AppearanceSort"]

_NEVER = -1.0


class AppearanceSort(AppearanceTracker):
    """Tracks boxes by appearance within the gate of a Kalman filter, then by overlap with its predictions.

    Confirmed tracks are matched by appearance, in a cascade; where a frame has no embeddings, by overlap in its place,
    with the same gate and turns. Tracks that are not confirmed, and confirmed ones that were seen in the last frame and
    found nothing, are then matched by overlap.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_other",)

    def __init__(self, config: AppearanceSortConfig) -> None:
        """Take the options.

        Args:
            config: All of them; with the convention ``mmtracking`` the tracker goes by those rules.

        Raises:
            TypeError: `camera_motion` estimates nothing.
        """
        camera = config.camera_motion
        require_estimator(camera)
        self._other = MmtrackingAppearance(config) if config.convention == "mmtracking" else None
        self._floor = np.float32(config.min_score)
        # The cascade counts ages up to the greatest; where there is none, tracks end after a matching, not before it.
        self._reach = config.max_age + (config.cascade_depth is not None)
        self._alike = _just_below(-config.appearance_threshold)
        self._overlapping = _just_below(config.iou_threshold)
        super().__init__(config, normalise=True)
        if self._other is not None:
            # Its state is the other's, once.
            self._camera = None

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        """Return for which detections, bool ``(N,)``, embeddings are looked at: those that are not left out."""
        wanted: BoolArray = detections.scores >= self._floor
        return wanted

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        if self._other is not None:
            self._other.reset(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        super()._proceed(sequence)
        if self._other is not None:
            self._other._proceed(sequence)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._advance_by(self._other, frame, detections)
        warp = self._camera_warp(frame, detections)
        index = None
        kept = detections.scores >= self._floor
        if not kept.all():
            index = kept.nonzero()[0]
            detections = detections[index]
        edges, measured = self._reader.read(detections.boxes)
        self._filter.measure(measured)
        embeddings = self._gallery.read(detections.embeddings, len(detections))
        motion = self._rows.motion if warp is None else self._carried(self._rows.motion, warp)
        ahead = self._filter.predict(motion, self._elapsed)
        tracks, found = self._matched(ahead, edges[:6], measured, detections.labels, embeddings)
        self._settle(ahead, tracks, measured.take(found, 1), detections, found, embeddings)
        fresh = left_over(len(detections), found)
        if len(fresh):
            looks = None if embeddings is None else embeddings.take(fresh, 0)
            facts = self._births(detections.labels.take(fresh), looks)
            self._rows.append(self._filter.start(measured.take(fresh, 1)), facts)
        return self._report(detections, found, fresh, index)

    def _matched(
        self,
        ahead: Float64Array,
        edges: Float64Array,
        measured: Float64Array,
        labels: Int64Array,
        embeddings: Float32Array | None,
    ) -> Pairs:
        """Return tracks and the detection of each."""
        facts = self._rows.facts
        count = len(labels)
        if facts.shape[1] == 0 or count == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        predicted = self._filter.edges(ahead)
        sure = facts[HITS] >= self._config.min_hits
        recent = np.logical_not(sure)
        confirmed = sure.nonzero()[0]
        tracks, found = np.empty(0, np.int64), np.empty(0, np.int64)
        if len(confirmed):
            ages = self._tick - facts[LAST].take(confirmed)
            near, motion = self._near(confirmed, ahead, measured, labels)
            if embeddings is None:
                overlap = overlaps(predicted.take(confirmed, 1), edges)
                gain, floor = np.where(near, overlap, _NEVER), self._overlapping
            else:
                distance = self._gallery.distances(facts[SLOT].take(confirmed), embeddings, near)
                gain, floor = -self._cost(distance, motion), self._alike
            row, found = match_cascade(gain, floor, ages, self._config.cascade_depth)
            tracks = confirmed.take(row)
            recent |= facts[LAST] == self._last_tick
            recent[tracks] = False
        rest, free = recent.nonzero()[0], left_over(count, found)
        if len(rest) == 0 or len(free) == 0:
            return tracks, found
        overlap = overlaps(predicted.take(rest, 1), edges.take(free, 1))
        overlap = np.where(self._same_class(rest, labels.take(free)), overlap, _NEVER)
        row, column = match_above(overlap, self._overlapping, apart=True)
        return np.concatenate((tracks, rest.take(row))), np.concatenate((found, free.take(column)))

    def _near(
        self, confirmed: Int64Array, ahead: Float64Array, measured: Float64Array, labels: Int64Array
    ) -> tuple[BoolArray, Float64Array]:
        """Return which tracks and detections are of one class and within the gate, and how far apart they are.

        Returns:
            bool ``(n, m)``, and float64 ``(n, m)``, squared Mahalanobis distances.
        """
        motion = self._filter.gate(ahead.take(confirmed, 1), measured, position_only=self._by_place)
        near = motion <= self._gate
        if self._config.per_class:
            near &= self._same_class(confirmed, labels)
        return near, motion

    def _settle(
        self,
        ahead: Float64Array,
        tracks: Int64Array,
        measured: Float64Array,
        detections: Instances,
        found: Int64Array,
        embeddings: Float32Array | None,
    ) -> None:
        """Keep the tracks that were seen, corrected by what was measured, then those confirmed and not missing long."""
        rows, seen = self._rows, len(tracks)
        motion = self._corrected(ahead.take(tracks, 1), measured, detections.scores.take(found))
        missing = left_over(len(rows), tracks)
        if len(missing):
            facts = rows.facts.take(missing, 1)
            stay = (facts[HITS] >= self._config.min_hits) & (self._tick - facts[LAST] < self._reach)
            if not stay.all():
                self._gallery.release(facts[SLOT, np.logical_not(stay)])
                missing = missing[stay]
            motion = np.concatenate((motion, ahead.take(missing, 1)), 1)
            tracks = np.concatenate((tracks, missing))
        rows.motion = motion
        rows.facts = rows.facts.take(tracks, 1)
        rows.facts[LAST, :seen] = self._tick
        rows.facts[HITS, :seen] += 1
        rows.facts[LABEL, :seen] = detections.labels.take(found)
        self._learn(np.arange(seen), None if embeddings is None else embeddings.take(found, 0))

    def _report(
        self, detections: Instances, found: Int64Array, fresh: Int64Array, index: Int64Array | None
    ) -> Instances:
        """Return the confirmed tracks that were seen in this frame.

        Args:
            detections: Those that were looked at.
            found: Detections of the first tracks.
            fresh: Detections of the last tracks, which start here.
            index: Which of the frame's detections they are; None for all.
        """
        rows = self._rows
        seen = np.concatenate((np.arange(len(found)), np.arange(len(rows) - len(fresh), len(rows))))
        sure = (rows.facts[HITS].take(seen) >= self._config.min_hits).nonzero()[0]
        reported, which = seen.take(sure), np.concatenate((found, fresh)).take(sure)
        corners = self._filter.shapes(rows.motion.take(reported, 1))[6:]
        # What is found small again after it was expected to shrink to less than nothing may be corrected to a height
        # below 0: such a box is empty.
        np.maximum(corners[:2], corners[2:], out=corners[2:])
        return Instances.trusted(
            corners.T.astype(np.float32, order="C"),
            detections.scores.take(which),
            detections.labels.take(which),
            rows.facts[ID].take(reported),
            which if index is None else index.take(which),
        )


def _just_below(value: float) -> Float64Array:
    """Return the greatest number below a value: what is to be exceeded where the value itself is good enough."""
    return np.nextafter(np.array(value, np.float64), -np.inf)
