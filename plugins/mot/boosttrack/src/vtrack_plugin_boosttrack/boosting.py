"""Scores of detections raised by what is known of tracks, and of detections no track can be taken for.

Paper: Stanojevic and Todorovic, "BoostTrack", 2024, sections on the detection of likely and of unlikely objects, and
"BoostTrack++", 2024; original code: https://github.com/vukasin-stanojevic/BoostTrack (MIT licence).
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array, Float64Array
from vtrack_common_mot.overlap import overlaps
from vtrack_plugin_boosttrack.comparison import Comparison
from vtrack_plugin_boosttrack.config import BoostTrackConfig

__all__ = ["ScoreBooster"]

_KEPT, _GIVEN = np.array(0.65, np.float32), np.array(0.35)
"""Shares of a detection's own score, and of its likeness to the power of 1.5, in its softly boosted score."""
_STRICTEST, _MILDEST, _STEP = 0.95, 0.8, (0.95 - 0.8) / 20
"""Likeness that is asked for of a track seen in the last frame, the least, and how much less a frame later."""
_MEASURES = 3
_NOTHING = np.array(-np.inf, np.float32)
_CROWDED = np.array(0.3)
"""Of detections that overlap by more only the best is taken for an unlikely object."""


class ScoreBooster:
    """Raises scores, by options those of the original."""

    def __init__(self, config: BoostTrackConfig) -> None:
        """Keep the options.

        Args:
            config: Of the tracker.
        """
        least = config.score_threshold
        self._likely, self._unlikely = config.boost_likely, config.boost_unlikely
        self._rich, self._soft, self._varying = config.rich_similarity, config.soft_boost, config.varying_threshold
        self._factor = config.likely_factor
        self._least = np.array(least, np.float32)
        self._accepted = np.array(least + 1e-5, np.float32)
        self._discovered = np.array(least + 1e-4, np.float32)
        # What likeness of shape alone can raise, a third of the whole.
        alone = 1 / _MEASURES
        self._weak = np.array(alone**1.5 if self._soft else 0 if self._varying else alone * self._factor, np.float32)

    def boosted(self, pairs: Comparison) -> Float32Array:
        """Return the scores of detections, raised where that is due, float32 ``(m,)``.

        Args:
            pairs: The detections and all tracks they are compared with.
        """
        scores = pairs.offered.scores
        if self._likely:
            scores = self._raise_likely(pairs, scores)
        if self._unlikely:
            scores = self._raise_unlikely(pairs, scores)
        return scores

    def _raise_likely(self, pairs: Comparison, scores: Float32Array) -> Float32Array:
        """Raise the scores of detections that are like a track."""
        likeness = self._likeness(pairs)
        if self._soft or not self._varying:
            best = self._best(pairs, likeness, scores)
            if self._soft:
                # To the power of 1.5.
                np.multiply(best, np.sqrt(best), best)
                np.multiply(best, _GIVEN, best)
                np.add(best, scores * _KEPT, best)
            else:
                np.multiply(best, self._factor, best)
            scores = np.maximum(scores, best).astype(np.float32)
        if self._varying:
            asked = np.maximum(_STRICTEST - pairs.known.misses * _STEP, _MILDEST)
            alike = pairs.columns[likeness > asked.take(pairs.rows)]
            if len(alike):
                scores = scores.copy()
                scores[alike] = np.maximum(scores.take(alike), self._accepted)
        return scores

    def _likeness(self, pairs: Comparison) -> Float64Array:
        """Return how alike the detection and the track of each near pair are, from 0 to 1."""
        if not self._rich:
            return pairs.overlap
        likeness = pairs.buffered()
        np.add(likeness, pairs.shape, likeness)
        np.add(likeness, pairs.closeness(), likeness)
        return np.divide(likeness, _MEASURES, likeness)

    def _best(self, pairs: Comparison, likeness: Float64Array, scores: Float32Array) -> Float64Array:
        """Return the greatest likeness of each detection with any track, ``(m,)``."""
        best = np.zeros(len(scores))
        if self._rich:
            # A surer detection is not raised by a track that is only of its shape.
            weak = (scores <= self._weak).nonzero()[0]
            if len(weak):
                best[weak] = pairs.likeness(weak) / _MEASURES
        np.maximum.at(best, pairs.columns, likeness)
        return best

    def _raise_unlikely(self, pairs: Comparison, scores: Float32Array) -> Float32Array:
        """Accept detections that no track can be taken for; of several that overlap, the best."""
        unlikely = scores < self._least
        if not np.count_nonzero(unlikely):
            return scores
        unlikely[pairs.columns[pairs.within]] = False
        chosen = unlikely.nonzero()[0]
        if len(chosen) == 0:
            return scores
        if len(chosen) > 1:
            edges = pairs.offered.edges.take(chosen, 1)
            crowded = overlaps(edges, edges) > _CROWDED
            rivals = np.where(crowded, scores.take(chosen), _NOTHING).max(1)
            chosen = chosen[scores.take(chosen) >= rivals]
        scores = scores.copy()
        scores[chosen] = self._discovered
        return scores
