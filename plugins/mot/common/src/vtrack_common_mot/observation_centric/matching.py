"""The three matchings of OC-SORT: by overlap and direction, of unsure detections, and where tracks were last seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtrack_common_mot import native
from vtrack_common_mot.assignment import Pairs, assign_then_cut, left_over, uncontested
from vtrack_common_mot.observation_centric.observations import OBSERVED
from vtrack_common_mot.overlap import overlaps
from vtrack_common_mot.rows import LABEL
from vtrack_common_mot.similarity import Similarity, iou

__all__ = ["Known", "Matcher", "Offered", "direction_gain"]

_NONE = np.empty(0, np.int64)
_MINUS_ONE, _ONE = np.array(-1.0), np.array(1.0)
_TINY = np.array(1e-6)


class Known(NamedTuple):
    """The tracks of a matching.

    Attributes:
        predicted: Edges ``(6, n)`` of where they are expected.
        last: Edges ``(6, n)`` of their last observations.
        origins: ``(2, n)``, centres that directions are measured from.
        directions: ``(2, n)``, vectors of length 1, or zeros.
        facts: int64 ``(k, n)``, as `ObservedRows` has them.
        past: ``(k, n)``, as `ObservedRows` has it, for those that look at more of it.
    """

    predicted: Float64Array
    last: Float64Array
    origins: Float64Array
    directions: Float64Array
    facts: Int64Array
    past: Float64Array

    def part(self, tracks: Int64Array) -> Known:
        """Return some of them."""
        return Known(
            self.predicted.take(tracks, 1),
            self.last.take(tracks, 1),
            self.origins.take(tracks, 1),
            self.directions.take(tracks, 1),
            self.facts.take(tracks, 1),
            self.past.take(tracks, 1),
        )


class Offered(NamedTuple):
    """The detections of a matching.

    Attributes:
        edges: ``(6, m)``.
        centres: ``(2, m)``.
        scores: float32 ``(m,)``.
        labels: int64 ``(m,)``.
        high: How many, the first, are sure.
        embeddings: float32 ``(m, D)``, appearance, where it counts.
    """

    edges: Float64Array
    centres: Float64Array
    scores: Float32Array
    labels: Int64Array
    high: int
    embeddings: Float32Array | None = None

    def part(self, some: Int64Array) -> Offered:
        """Return some of them, given in ascending order."""
        return Offered(
            self.edges.take(some, 1),
            self.centres.take(some, 1),
            self.scores.take(some),
            self.labels.take(some),
            int(some.searchsorted(self.high)),
            None if self.embeddings is None else self.embeddings.take(some, 0),
        )


class Matcher:
    """Assigns detections to tracks."""

    def __init__(self, least: float, inertia: float, similarity: Similarity, fuse_score: bool) -> None:
        """Keep the options.

        Args:
            least: Least overlap or similarity of a pair.
            inertia: Weight of steady direction in the first matching.
            similarity: How boxes are compared after the first matching.
            fuse_score: Multiply overlap and similarity by score, where sure detections are matched.
        """
        self._least = np.array(least, np.float64)
        self._weight = np.array(inertia / np.pi)
        self._similarity = similarity
        self._fuse_score = fuse_score
        # Where a track without observation is taken to be, nothing overlaps it; it can be near or far, though.
        self._unobserved = similarity is not iou or least <= 0

    def match_by_class(self, known: Known, offered: Offered) -> Pairs:
        """Return tracks, ascending, and the detection of each, every class matched as if it were alone."""
        tracks, found = [], []
        for label in set(offered.labels.tolist()):
            mine, theirs = (known.facts[LABEL] == label).nonzero()[0], (offered.labels == label).nonzero()[0]
            if len(mine) == 0:
                continue
            some, which = self.match(known.part(mine), offered.part(theirs))
            tracks.append(mine.take(some))
            found.append(theirs.take(which))
        if not tracks:
            return _NONE, _NONE
        return _ascending(np.concatenate(tracks), np.concatenate(found))

    def match(self, known: Known, offered: Offered) -> Pairs:
        """Return tracks, ascending, and the detection of each."""
        tracks, found = self._match_predicted(known, offered)
        first = len(tracks)
        high, count = offered.high, len(offered.scores)
        missing = left_over(known.facts.shape[1], tracks)
        if high < count and len(missing):
            some, low = self._match_unsure(known, offered, missing)
            if len(some):
                tracks = np.concatenate((tracks, missing.take(some)))
                found = np.concatenate((found, low + high))
                missing = missing.take(left_over(len(missing), some))
        if len(missing) and (len(found) < high or np.count_nonzero(found < high) < high):
            tracks, found = self._recover(known, offered, tracks, found, missing)
        return (tracks, found) if len(tracks) == first else _ascending(tracks, found)

    def _match_predicted(self, known: Known, offered: Offered) -> Pairs:
        """Match sure detections by overlap with the predicted boxes, and by direction where that leaves a choice."""
        scores = offered.scores[: offered.high]
        overlap = overlaps(known.predicted, offered.edges[:, : offered.high])
        if self._fuse_score:
            overlap = overlap * scores
        above = overlap > self._least
        # More pairs than tracks or detections compete, without a look at which they are.
        if np.count_nonzero(above) <= min(above.shape):
            pairs = uncontested(above)
            if pairs is not None:
                return pairs
            if not np.count_nonzero(overlap >= self._least):
                return _NONE, _NONE
        return assign_then_cut(self._gain(known, offered, overlap), overlap, self._least)

    def _match_unsure(self, known: Known, offered: Offered, missing: Int64Array) -> Pairs:
        """Match unsure detections to where missing tracks are predicted; return places in `missing`, and which."""
        alike = self._similarity(known.predicted.take(missing, 1), offered.edges[:, offered.high :])
        return self._match_alike(alike)

    def _gain(self, known: Known, offered: Offered, overlap: Float64Array) -> Float64Array:
        """Return what every pair is worth in the first matching, float64 ``(n, high)``.

        Args:
            known: The tracks.
            offered: The detections, of which the sure ones count.
            overlap: ``(n, high)``.
        """
        steady = direction_gain(known.origins, known.directions, offered.centres[:, : offered.high])
        weights = self._weight * offered.scores[: offered.high]
        if native.loops is not None:
            native.loops.add_weighted(steady, weights, overlap)
            return steady
        steady *= weights
        steady += overlap
        return steady

    def _recover(
        self, known: Known, offered: Offered, tracks: Int64Array, found: Int64Array, missing: Int64Array
    ) -> Pairs:
        """Match the sure detections that are left to where the missing tracks were last seen."""
        sure = found[found < offered.high] if offered.high < len(offered.scores) else found
        unused = left_over(offered.high, sure)
        if not self._unobserved:
            missing = missing[known.facts[OBSERVED].take(missing) > 0]
        if len(missing) == 0 or len(unused) == 0:
            return tracks, found
        alike = self._similarity(known.last.take(missing, 1), offered.edges.take(unused, 1))
        if self._fuse_score:
            alike = alike * offered.scores.take(unused)
        some, free = self._match_alike(alike)
        if len(some) == 0:
            return tracks, found
        return np.concatenate((tracks, missing.take(some))), np.concatenate((found, unused.take(free)))

    def _match_alike(self, alike: Float64Array) -> Pairs:
        """Match by similarity alone, where any pair exceeds the bound."""
        if not np.count_nonzero(alike > self._least):
            return _NONE, _NONE
        return assign_then_cut(alike, alike, self._least)


def _ascending(tracks: Int64Array, found: Int64Array) -> Pairs:
    """Return pairs in the order of their tracks."""
    order = tracks.argsort()
    return tracks.take(order), found.take(order)


def direction_gain(origins: Float64Array, directions: Float64Array, centres: Float64Array) -> Float64Array:
    """Return how well each detection lies in each track's direction: pi / 2 for exactly, -pi / 2 for the opposite.

    Args:
        origins: ``(2, n)``, where the tracks were.
        directions: ``(2, n)``, vectors of length 1; of zeros, for which the result is 0.
        centres: ``(2, m)``, of the detections.

    Returns:
        float64 ``(n, m)``.
    """
    if native.loops is not None:
        cosines: Float64Array = np.empty((origins.shape[1], centres.shape[1]))
        native.loops.direction_cosines(origins, directions, native.contiguous(centres), cosines)
        # numpy's own arc sine, so that it is the same on every way here.
        return np.arcsin(cosines, cosines)
    steps = centres[:, None] - origins[:, :, None]
    squares = steps * steps
    distance, down = squares
    np.add(distance, down, distance)
    np.sqrt(distance, distance)
    np.add(distance, _TINY, distance)
    np.multiply(steps, directions[:, :, None], steps)
    across, down = steps
    np.add(across, down, across)
    np.divide(across, distance, across)
    across.clip(_MINUS_ONE, _ONE, across)
    gain: Float64Array = np.arcsin(across, across)
    return gain
