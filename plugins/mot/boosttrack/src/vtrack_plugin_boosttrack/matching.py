"""The one matching of BoostTrack, by a similarity that confidence raises.

Paper: Stanojevic and Todorovic, "BoostTrack", 2024; original code:
https://github.com/vukasin-stanojevic/BoostTrack (MIT licence).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtrack_common_mot.assignment import Pairs, assign_then_cut, uncontested
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_plugin_boosttrack.boosting import ScoreBooster
from vtrack_plugin_boosttrack.comparison import Comparison, Known, Offered
from vtrack_plugin_boosttrack.config import BoostTrackConfig

__all__ = ["Matcher", "Matching"]

Matching = tuple[Int64Array, Int64Array, Float32Array]
"""Tracks and the detection of each, and the boosted scores of all detections."""

_NONE = np.empty(0, np.int64)


class Matcher:
    """Boosts scores, and assigns the detections that then count to tracks."""

    def __init__(self, config: BoostTrackConfig, bank: AppearanceBank) -> None:
        """Keep the options.

        Args:
            config: Of the tracker.
            bank: The appearance of its tracks.
        """
        self._bank = bank
        self._booster = ScoreBooster(config)
        self._least_score = np.array(config.score_threshold, np.float32)
        self._least = np.array(config.iou_threshold, np.float64)
        self._least_alike = np.array(config.iou_threshold / 2)
        self._alike = np.array(config.appearance_threshold)
        self._overlap, self._distance, self._shape = (
            config.overlap_weight,
            config.distance_weight,
            config.shape_weight,
        )
        self._appearance = config.appearance_weight * (1 + self._overlap + self._distance + self._shape)
        self._by_width = config.shape_by_width
        self._rich = config.boost_likely and config.rich_similarity

    def match_by_class(self, known: Known, offered: Offered) -> Matching:
        """Match every class as if it were alone."""
        tracks, found, scores = [_NONE], [_NONE], offered.scores.copy()
        for label in set(offered.labels.tolist()):
            mine, theirs = (known.labels == label).nonzero()[0], (offered.labels == label).nonzero()[0]
            if len(mine) == 0:
                continue
            part = Known(*(field.take(mine, -1) for field in known))
            some, which, raised = self.match(part, offered.some(theirs))
            tracks.append(mine.take(some))
            found.append(theirs.take(which))
            scores[theirs] = raised
        return np.concatenate(tracks), np.concatenate(found), scores

    def match(self, known: Known, offered: Offered) -> Matching:
        """Match all tracks with all detections, at least one each."""
        pairs = Comparison(known, offered, by_width=self._by_width, buffered=self._rich)
        scores = self._booster.boosted(pairs)
        counts = scores >= self._least_score
        kept = counts.nonzero()[0]
        if len(kept) == 0:
            return _NONE, _NONE, scores
        chosen, columns = None, pairs.columns
        if len(kept) < len(scores):
            chosen = counts.take(columns).nonzero()[0]
            columns = (counts.cumsum() - 1).take(columns.take(chosen))
        tracks, found = self._assign(pairs, chosen, columns, scores, kept)
        return tracks, kept.take(found), scores

    def _assign(
        self,
        pairs: Comparison,
        chosen: Int64Array | None,
        columns: Int64Array,
        scores: Float32Array,
        kept: Int64Array,
    ) -> Pairs:
        """Assign the detections that count to tracks.

        Args:
            pairs: Of all tracks and detections.
            chosen: The near pairs whose detections count; None for all.
            columns: int64 ``(p,)``, which of the detections that count each of them has.
            scores: float32 ``(m,)``, boosted.
            kept: int64 ``(k,)``, detections that count.

        Returns:
            Tracks and which of the detections that count.
        """
        rows, overlap, shape = pairs.rows, pairs.overlap, pairs.shape
        if chosen is not None:
            rows, overlap, shape = rows.take(chosen), overlap.take(chosen), shape.take(chosen)
        confidence = scores.take(kept.take(columns)) * pairs.known.confidence.take(rows)
        confidence *= overlap >= self._least
        gain = overlap * (1 + self._overlap * confidence)
        gain += self._shape * confidence * shape
        gain += self._distance * pairs.closeness(chosen, len(kept))
        size = len(pairs.known.confidence), len(kept)
        embeddings = pairs.offered.embeddings
        if embeddings is not None:
            alike = self._bank.similarity(pairs.known.slots, embeddings.take(kept, 0), unknown=0.0)
            return self._assign_alike(_table(size, rows, columns, gain), _table(size, rows, columns, overlap), alike)
        certain = (gain > self._least).nonzero()[0]
        some, which = rows.take(certain), columns.take(certain)
        if len(set(some.tolist())) == len(some) == len(set(which.tolist())):
            good = (overlap.take(certain) >= self._least).nonzero()[0]
            return some.take(good), which.take(good)
        return assign_then_cut(_table(size, rows, columns, gain), _table(size, rows, columns, overlap), self._least)

    def _assign_alike(self, gain: Float64Array, overlap: Float64Array, alike: Float64Array) -> Pairs:
        """Assign by appearance as well, which counts for pairs that do not overlap, too, until they are cut.

        Args:
            gain: ``(n, k)``, without appearance.
            overlap: ``(n, k)``.
            alike: ``(n, k)``, cosines.
        """
        gain += self._appearance * alike
        pairs = uncontested(gain > self._least)
        rows, columns = linear_sum_assignment(gain, True) if pairs is None else pairs
        overlap = overlap[rows, columns]
        good = overlap >= self._least
        good |= (overlap >= self._least_alike) & (alike[rows, columns] >= self._alike)
        return rows[good], columns[good]


def _table(size: tuple[int, int], rows: Int64Array, columns: Int64Array, values: Float64Array) -> Float64Array:
    """Return the values of pairs as a matrix, 0 where there is none."""
    table = np.zeros(size)
    table[rows, columns] = values
    return table
