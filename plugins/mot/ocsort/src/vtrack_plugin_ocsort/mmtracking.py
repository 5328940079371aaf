"""OC-SORT by the rules of mmtracking.

Source: ``OCSORTTracker`` of https://github.com/open-mmlab/mmtracking (Apache-2.0). Beyond what
`vtrack_common_mot.confirming` says: the filter is that of ByteTrack; every matching has a bound of its own instead of
cutting afterwards; a direction is known only from exactly `delta_t` frames apart; a filter put right is only corrected
along the way, not predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import Pairs
from vtrack_common_mot.confirming import CONFIRMED, FACTS, ConfirmingTracker
from vtrack_common_mot.observation_centric.matching import direction_gain
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.rows import TrackRows
from vtrack_plugin_ocsort.config import OcSortConfig

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["MmtrackingOcSort"]

_LAST_STEP = FACTS
"""Row of the facts: the step of the latest detection."""

_EDGES = slice(0, 6)
_DIRECTION = slice(6, 8)
_TRAIL = 8


class SavedRows(TrackRows):
    """Tracks with what was observed of them and the states to return to.

    Attributes:
        past: float64 ``(8 + 2 * (delta_t + 1), n)``: edges of the last observation, direction, and the centres of the
            latest steps in turn, NaN where there was none.
        saved: float64 ``(ROWS, n)``, states from before the first prediction without a detection.
    """

    __slots__ = ("past", "saved")

    _STATE: ClassVar[tuple[str, ...]] = ("past", "saved")

    def __init__(self, delta_t: int) -> None:
        """Start without tracks."""
        super().__init__(FACTS + 1)
        self.past: Float64Array = np.empty((_TRAIL + 2 * (delta_t + 1), 0))
        self.saved: Float64Array = self.motion

    def keep(self, order: Int64Array) -> None:
        """Keep the tracks of the given columns, in that order."""
        super().keep(order)
        self.past = self.past.take(order, 1)
        self.saved = self.saved.take(order, 1)

    def append(self, motion: Float64Array, facts: Int64Array) -> None:
        """Add tracks after the others, without observations."""
        super().append(motion, facts)
        self.saved = np.concatenate((self.saved, motion), 1)
        past = np.full((len(self.past), facts.shape[1]), np.nan)
        past[_DIRECTION] = 0
        self.past = np.concatenate((self.past, past), 1)


class MmtrackingOcSort(ConfirmingTracker):
    """OC-SORT by the rules of mmtracking. Steps are the frames in which anything was detected."""

    _rows: SavedRows
    _STATE: ClassVar[tuple[str, ...]] = ("_step",)

    def __init__(self, config: OcSortConfig) -> None:
        """Take the options.

        Args:
            config: `high_threshold` is ``obj_score_thr``, `new_track_threshold` ``init_track_thr``, `min_hits`
                ``num_tentatives``, `max_age` ``num_frames_retain``, `iou_threshold` ``match_iou_thr``, `inertia`
                ``vel_consist_weight``, `delta_t` ``vel_delta_t``, `fuse_score` ``weight_iou_with_det_scores``.
        """
        self._config = config
        self._weight = config.inertia / np.pi
        self._high = np.float32(config.high_threshold)
        birth = config.high_threshold if config.new_track_threshold is None else config.new_track_threshold
        super().__init__(
            new_track_threshold=birth, hits=config.min_hits, max_age=config.max_age, per_class=config.per_class
        )

    def _start(self, sequence: Sequence | None) -> None:
        self._rows = SavedRows(self._config.delta_t)
        self._step = 0

    def _row(self, step: int) -> slice:
        """Return the rows of the past that hold the centres of a step."""
        row = _TRAIL + 2 * (step % (self._config.delta_t + 1))
        return slice(row, row + 2)

    def _save(self) -> None:
        self._step += 1
        rows = self._rows
        rows.saved = np.where(rows.facts[_LAST_STEP] == self._step - 1, rows.motion, rows.saved)

    def _associate(self, edges: Float64Array, detections: Instances) -> tuple[Int64Array, Int64Array, Int64Array]:
        rows = self._rows
        left = (detections.scores > self._high).nonzero()[0]
        confirmed = rows.facts[CONFIRMED] > 0
        tracks, found = np.empty(0, np.int64), np.empty(0, np.int64)
        for group in (confirmed.nonzero()[0], np.logical_not(confirmed).nonzero()[0]):
            some, which = self._match_predicted(group, left, edges, detections)
            tracks, found = np.concatenate((tracks, some)), np.concatenate((found, which))
            left = np.setdiff1d(left, which, assume_unique=True)
        missing = np.setdiff1d(np.arange(len(rows)), tracks, assume_unique=True)
        some, which = self._pairs(
            (missing, rows.past[_EDGES].take(missing, 1)),
            (left, edges.take(left, 1)),
            detections,
            self._config.iou_threshold,
            fuse_score=self._config.fuse_score,
        )
        left = np.setdiff1d(left, which, assume_unique=True)
        return np.concatenate((tracks, some)), np.concatenate((found, which)), left

    def _match_predicted(
        self, tracks: Int64Array, left: Int64Array, edges: Float64Array, detections: Instances
    ) -> Pairs:
        """Match by overlap with the predicted boxes and by direction."""
        past, offered = self._rows.past.take(tracks, 1), edges.take(left, 1)
        # The step before the last, less delta_t, lies where this one's centres will.
        origins = past[self._row(self._step)]
        origins = np.where(np.isnan(origins), _centres(past[_EDGES]), origins)
        return self._pairs(
            (tracks, self._filter.edges(self._rows.motion.take(tracks, 1))),
            (left, offered),
            detections,
            self._config.iou_threshold,
            fuse_score=self._config.fuse_score,
            extra=self._weight * direction_gain(origins, past[_DIRECTION], _centres(offered)),
        )

    def _correct(self, tracks: Int64Array, edges: Float64Array, measured: Float64Array) -> None:
        rows, step = self._rows, self._step
        gaps = step - rows.facts[_LAST_STEP].take(tracks)
        again = (gaps > 1).nonzero()[0]
        if len(again):
            columns = tracks.take(again)
            ends = rows.past[_EDGES].take(columns, 1), edges.take(again, 1)
            rows.motion[:, columns] = replay(
                self._filter,
                rows.saved.take(columns, 1),
                ends,
                gaps.take(again),
                include_last=False,
                predict=False,
            )
        super()._correct(tracks, edges, measured)
        self._observe(tracks, edges)

    def _observe(self, tracks: Int64Array, edges: Float64Array) -> None:
        """Remember the observations of this step."""
        past, step, centres = self._rows.past, self._step, _centres(edges)
        self._rows.facts[_LAST_STEP, tracks] = step
        past[self._row(step)] = np.nan
        past[self._row(step), tracks] = centres
        way = centres - past[self._row(step - self._config.delta_t), tracks]
        way = np.where(np.isnan(way), 0, way)
        past[_DIRECTION, tracks] = way / (np.hypot(way[0], way[1]) + 1e-6)
        past[_EDGES, tracks] = edges

    def _begin(self, edges: Float64Array, measured: Float64Array, labels: Int64Array) -> None:
        super()._begin(edges, measured, labels)
        fresh = slice(len(self._rows) - len(labels), None)
        self._rows.facts[_LAST_STEP, fresh] = self._step
        self._rows.past[_EDGES, fresh] = edges
        self._rows.past[self._row(self._step), fresh] = _centres(edges)


def _centres(edges: Float64Array) -> Float64Array:
    """Return the centres ``(2, n)``."""
    centres: Float64Array = (edges[2:4] - edges[:2]) / 2
    return centres
