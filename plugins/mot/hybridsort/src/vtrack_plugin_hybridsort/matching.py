"""The matchings of Hybrid-SORT: OC-SORT's, with confidence, the directions of four corners, and appearance."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_common_mot.assignment import Pairs, assign_then_cut, uncontested
from vtrack_common_mot.observation_centric.matching import Known, Matcher, Offered
from vtrack_common_mot.rows import ID
from vtrack_common_mot.similarity import iou
from vtrack_plugin_hybridsort.appearance import Appearance
from vtrack_plugin_hybridsort.config import HybridSortConfig
from vtrack_plugin_hybridsort.corner_rows import Corners, CornerView
from vtrack_plugin_hybridsort.height_overlap import MEASURES, height_iou

__all__ = ["CornerGain", "HybridMatcher"]

_ONE, _MINUS_ONE = np.array(1.0), np.array(-1.0)
_TINY = np.array(1e-6)
_NONE = np.empty(0, np.int64)
_SCORE = 6
"""Row of the edges: how sure a detection is, or how sure a track is expected to be."""


class HybridMatcher(Matcher):
    """Assigns detections to tracks.

    Attributes:
        recovered: Identities of the tracks that were recovered where they were last seen, in this frame.
    """

    def __init__(self, config: HybridSortConfig, view: CornerView, appearance: Appearance) -> None:
        """Keep the options.

        Args:
            config: They.
            view: Reads the past of the tracks.
            appearance: Of the tracks.
        """
        similarity = MEASURES[config.similarity]
        super().__init__(config.iou_threshold, config.inertia, similarity, fuse_score=False)
        self._unobserved = similarity not in (iou, height_iou) or config.iou_threshold <= 0
        self._config = config
        self._view = view
        self._appearance = appearance
        self._corner_gain = CornerGain()
        self._high, self._low = np.array(config.high_threshold), np.array(config.low_threshold)
        self._confidence_weight = np.array(config.confidence_weight)
        self._second_confidence_weight = np.array(config.second_confidence_weight)
        self.recovered: list[int] = []
        self._tick, self._elapsed = 0, 1.0

    def begin_frame(self, tick: int, elapsed: float) -> None:
        """Take note of the time.

        Args:
            tick: Of the frame.
            elapsed: Time since the frame before, in nominal frames.
        """
        self._tick, self._elapsed = tick, elapsed
        self.recovered.clear()

    def _match_predicted(self, known: Known, offered: Offered) -> Pairs:
        """Match sure detections by overlap, and by the weak cues where that leaves a choice."""
        overlap = self._similarity(known.predicted, offered.edges[:, : offered.high])
        distances = self._distances(known, offered, slice(0, offered.high), self._config.appearance_weight)
        if distances is None:
            pairs = uncontested(overlap > self._least)
            if pairs is not None:
                return pairs
            if not np.count_nonzero(overlap >= self._least):
                return _NONE, _NONE
            return assign_then_cut(self._gain(known, offered, overlap), overlap, self._least)
        if overlap.size == 0:
            return _NONE, _NONE
        return self._match_looks(known, offered, overlap, distances)

    def _match_looks(self, known: Known, offered: Offered, overlap: Float64Array, distances: Float64Array) -> Pairs:
        """Match sure detections by all cues together."""
        config = self._config
        gain = self._gain(known, offered, overlap)
        gain -= config.appearance_weight * distances
        if config.gallery_weight and offered.embeddings is not None:
            sure = offered.embeddings[: offered.high]
            gain -= config.gallery_weight * self._appearance.gallery_distances(known.facts, sure)
        worth = overlap - self._unlike(known, offered) if config.confidence_weight else overlap.copy()
        if config.appearance_threshold:
            worth[distances <= config.appearance_threshold] = np.inf
        return assign_then_cut(gain, worth, self._least)

    def _gain(self, known: Known, offered: Offered, overlap: Float64Array) -> Float64Array:
        corners = self._view.corners(known.past, self._tick)
        edges = offered.edges[:, : offered.high]
        gain = self._corner_gain(corners, edges)
        gain *= self._weight * edges[_SCORE]
        gain += overlap
        if self._config.confidence_weight:
            gain -= self._confidence_weight * self._unlike(known, offered)
        return gain

    def _unlike(self, known: Known, offered: Offered) -> Float64Array:
        """Return how far the confidence expected of tracks is from that of the sure detections, ``(n, high)``."""
        expected = np.minimum(np.maximum(known.predicted[_SCORE], self._high), _ONE)
        apart: Float64Array = offered.edges[_SCORE, : offered.high] - expected[:, None]
        return np.abs(apart, apart)

    def _match_unsure(self, known: Known, offered: Offered, missing: Int64Array) -> Pairs:
        edges = offered.edges[:, offered.high :]
        alike = self._similarity(known.predicted.take(missing, 1), edges)
        if not np.count_nonzero(alike > self._least):
            return _NONE, _NONE
        config = self._config
        if config.second_confidence_weight:
            past = known.past.take(missing, 1)
            expected = self._view.expected_confidence(past, self._elapsed)
            expected = np.minimum(np.maximum(expected, self._low), self._high)
            apart: Float64Array = edges[_SCORE] - expected[:, None]
            alike -= self._second_confidence_weight * np.abs(apart, apart)
        if offered.embeddings is None:
            return assign_then_cut(alike, alike, self._least)
        part = known.part(missing)
        distances = self._distances(part, offered, slice(offered.high, None), config.second_appearance_weight)
        if distances is None:
            return assign_then_cut(alike, alike, self._least)
        gain = alike - config.second_appearance_weight * distances
        alike[distances > config.second_appearance_threshold] = -np.inf
        return assign_then_cut(gain, alike, self._least)

    def _recover(
        self, known: Known, offered: Offered, tracks: Int64Array, found: Int64Array, missing: Int64Array
    ) -> Pairs:
        before = len(tracks)
        tracks, found = super()._recover(known, offered, tracks, found, missing)
        if len(tracks) > before:
            self.recovered += known.facts[ID].take(tracks[before:]).tolist()
        return tracks, found

    def _distances(self, known: Known, offered: Offered, which: slice, weight: float) -> Float64Array | None:
        """Return how unlike tracks and some of the detections look; None where that does not count."""
        if offered.embeddings is None or not weight:
            return None
        return self._appearance.distances(known.facts, offered.embeddings[which])


class CornerGain:
    """Measures how well detections lie in the directions of tracks; holds scratch memory, so one per tracker."""

    def __init__(self) -> None:
        """Start with little memory."""
        self._scratch: Float64Array = np.empty(1024)

    def __call__(self, corners: Corners, edges: Float64Array) -> Float64Array:
        """Return how well each detection lies in each track's directions, summed over its corners, ``(n, m)``.

        Each corner adds pi / 2 for a detection exactly in its direction, -pi / 2 for the opposite, 0 for no direction.

        Args:
            corners: Of n tracks.
            edges: ``(4 or more, m)``, of the detections.
        """
        shape = corners.across.shape[1], edges.shape[1]
        size = shape[0] * shape[1]
        if 12 * size > len(self._scratch):
            self._scratch = np.empty(24 * size)
        across, down = self._scratch[: 4 * size].reshape(2, 2, *shape)
        length, cosine = self._scratch[4 * size : 12 * size].reshape(2, 2, 2, *shape)
        np.subtract(edges[0:4:2, None], corners.across[:, :, None], across)
        np.subtract(edges[1:4:2, None], corners.down[:, :, None], down)
        np.multiply(across[:, None], corners.way_across[..., None], cosine)
        np.multiply(down, corners.way_down[..., None], length)
        cosine += length
        across *= across
        down *= down
        np.add(across[:, None], down, length)
        np.sqrt(length, length)
        length += _TINY
        cosine /= length
        np.maximum(cosine, _MINUS_ONE, out=cosine)
        np.minimum(cosine, _ONE, out=cosine)
        np.arcsin(cosine, cosine)
        gain: Float64Array = cosine.reshape(4, *shape).sum(0)
        return gain
