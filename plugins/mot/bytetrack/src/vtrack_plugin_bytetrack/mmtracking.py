"""ByteTrack by the rules of mmtracking.

Source: ``ByteTracker`` of https://github.com/open-mmlab/mmtracking (Apache-2.0). Beyond what
`vtrack_common_mot.confirming` says: a detection that scores exactly the high threshold is an unsure one; there are no
twins to drop; overlap is measured in continuous coordinates.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_common_mot.confirming import CONFIRMED, ConfirmingTracker
from vtrack_common_mot.rows import LAST
from vtrack_plugin_bytetrack.config import ByteTrackConfig

__all__ = ["MmtrackingByteTrack"]


class MmtrackingByteTrack(ConfirmingTracker):
    """ByteTrack by the rules of mmtracking."""

    def __init__(self, config: ByteTrackConfig) -> None:
        """Take the options.

        Args:
            config: `high_threshold` and `low_threshold` are ``obj_score_thrs``, `new_track_threshold`
                ``init_track_thr``, the greatest costs 1 less ``match_iou_thrs``, `min_hits` ``num_tentatives``,
                `track_buffer` ``num_frames_retain``, `fuse_score` ``weight_iou_with_det_scores``.
        """
        self._config = config
        birth = config.high_threshold + 0.1 if config.new_track_threshold is None else config.new_track_threshold
        super().__init__(
            new_track_threshold=birth, hits=config.min_hits, max_age=config.track_buffer, per_class=config.per_class
        )

    def _associate(self, edges: Float64Array, detections: Instances) -> tuple[Int64Array, Int64Array, Int64Array]:
        config, facts, scores = self._config, self._rows.facts, detections.scores
        high = scores > np.float32(config.high_threshold)
        low = (~high & (scores > np.float32(config.low_threshold))).nonzero()[0]
        left = high.nonzero()[0]
        confirmed = facts[CONFIRMED] > 0
        tracks, found = self._matched(confirmed.nonzero()[0], left, edges, detections, config.match_threshold)
        left = np.setdiff1d(left, found, assume_unique=True)
        some, which = self._matched(
            np.logical_not(confirmed).nonzero()[0], left, edges, detections, config.unconfirmed_match_threshold
        )
        left = np.setdiff1d(left, which, assume_unique=True)
        idle = confirmed & (facts[LAST] == self._last_tick)
        idle[tracks] = False
        more, unsure = self._matched(
            idle.nonzero()[0], low, edges, detections, config.second_match_threshold, unsure=True
        )
        return np.concatenate((tracks, some, more)), np.concatenate((found, which, unsure)), left

    def _matched(
        self,
        tracks: Int64Array,
        rows: Int64Array,
        edges: Float64Array,
        detections: Instances,
        greatest_cost: float,
        *,
        unsure: bool = False,
    ) -> tuple[Int64Array, Int64Array]:
        """Match some tracks with some detections; overlap with unsure ones is not multiplied by score."""
        return self._pairs(
            (tracks, self._filter.edges(self._rows.motion.take(tracks, 1))),
            (rows, edges.take(rows, 1)),
            detections,
            1 - greatest_cost,
            fuse_score=self._config.fuse_score and not unsure,
        )
