"""How alike tracks and detections are: overlap, distance and shape, computed once for the pairs that are near.

A pair is near where the boxes overlap, enlarged as the buffered overlap takes them, or where the detection lies within
99 in 100 of what the track's filter expects. Of all other pairs overlap and distance say nothing, and all of a frame's
measures but one (`Comparison.likeness`) need not look at them. Near pairs are listed, and measured in one array each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array

__all__ = ["Comparison", "Known", "Offered"]

_BUFFERS = 0.25, 0.5
"""By how much of its sides a detection and a track without any confidence are enlarged on every side."""

_FARTHEST = 13.2767
"""Squared Mahalanobis distance within which 99 in 100 measurements of four coordinates lie."""

_FEW = 64
"""Up to so many pairs all are listed: looking for the near ones takes longer than measuring them."""

_LIMIT = np.array(_FARTHEST)
_ZERO = np.array(0.0)
_ONE, _TWO = np.array(1.0), np.array(2.0)
_SMALLEST = np.array(1e-12)


class Known(NamedTuple):
    """The tracks that are compared.

    Attributes:
        edges: ``(6, n)``, of the predicted boxes, see `vtrack_common_mot.overlap`.
        places: ``(4, n)``, the filter's coordinates.
        variances: ``(4, n)``, theirs.
        confidence: ``(n,)``, from 0 to 1.
        misses: int64 ``(n,)``, frames without detection before this one.
        slots: int64 ``(n,)``, of the bank of appearances.
        labels: int64 ``(n,)``.
    """

    edges: Float64Array
    places: Float64Array
    variances: Float64Array
    confidence: Float64Array
    misses: Int64Array
    slots: Int64Array
    labels: Int64Array


class Offered(NamedTuple):
    """The detections that are compared.

    Attributes:
        edges: ``(6, m)``.
        places: ``(4, m)``, the filter's coordinates.
        scores: float32 ``(m,)``.
        labels: int64 ``(m,)``.
        embeddings: float32 ``(m, D)`` of length 1, or None.
    """

    edges: Float64Array
    places: Float64Array
    scores: Float32Array
    labels: Int64Array
    embeddings: Float32Array | None

    def some(self, chosen: Int64Array) -> Offered:
        """Return some of the detections, int64 ``(k,)``."""
        return Offered(
            self.edges.take(chosen, 1),
            self.places.take(chosen, 1),
            self.scores.take(chosen),
            self.labels.take(chosen),
            None if self.embeddings is None else self.embeddings.take(chosen, 0),
        )


class Comparison:
    """The near pairs of some tracks with some detections, and what is measured of them.

    Attributes:
        known: The tracks, at least one.
        offered: The detections, at least one.
        rows: int64 ``(p,)``, the track of each near pair, ascending.
        columns: int64 ``(p,)``, its detection.
        overlap: ``(p,)``, intersection over union.
        within: ``(p,)``, whether the detection lies within what the filter expects.
        shape: ``(p,)``, from 0 to 1: how alike widths and heights are.
    """

    def __init__(self, known: Known, offered: Offered, *, by_width: bool, buffered: bool) -> None:
        """List and measure the near pairs.

        Args:
            known: The tracks, at least one.
            offered: The detections, at least one.
            by_width: Differences of heights are measured by the greater width, as the original does.
            buffered: Buffered overlap is going to be asked for.
        """
        self.known, self.offered = known, offered
        self._by_width = by_width
        self.rows, self.columns = _near(known, offered, buffered)
        distance = _distance(known, offered, self.rows, self.columns)
        theirs = known.edges.take(self.rows, 1)
        mine = self._mine = offered.edges.take(self.columns, 1)
        self.overlap = _overlap(theirs[:4], mine[:4], theirs[5], mine[5])
        self.shape = _shape(_sides(theirs), _sides(mine), by_width)
        left = np.maximum(_LIMIT - distance, _ZERO)
        self.within: BoolArray = distance <= _LIMIT
        self._weight: Float64Array = np.exp(left, left)
        self._close: Float64Array | None = None

    def buffered(self) -> Float64Array:
        """Return the overlap of the pairs' boxes, enlarged the more the less confident the track is, ``(p,)``."""
        doubt = 1 - self.known.confidence
        here, area = _grown(self._mine, doubt.take(self.rows) * _BUFFERS[0])
        there, other = _grown(self.known.edges, doubt * _BUFFERS[1])
        return _overlap(there.take(self.rows, 1), here, other.take(self.rows), area)

    def closeness(self, chosen: Int64Array | None = None, count: int = 0) -> Float64Array:
        """Return how close each near pair is in Mahalanobis distance, from 0 to 1: a track's sum to less than 1.

        It is the softmax, over all detections of a track, of what their distances leave to the farthest.

        Args:
            chosen: Which of the near pairs, int64 ``(p,)``; None for all.
            count: Number of all detections that are chosen from; of None there are all.

        Returns:
            ``(p,)``, not to be changed.
        """
        if chosen is not None:
            parts = self.rows.take(chosen), self._weight.take(chosen), self.within.take(chosen)
            return self._softmax(*parts, count)
        if self._close is None:
            self._close = self._softmax(self.rows, self._weight, self.within, len(self.offered.scores))
        return self._close

    def _softmax(self, rows: Int64Array, weight: Float64Array, within: BoolArray, count: int) -> Float64Array:
        # Detections that are not near weigh 1 each.
        total = np.bincount(rows, weight - _ONE, len(self.known.confidence))
        np.add(total, count, total)
        close: Float64Array = weight / total.take(rows)
        return np.multiply(close, within, close)

    def likeness(self, some: Int64Array) -> Float64Array:
        """Return the greatest likeness of shape of each of some detections with any track, near or not.

        Args:
            some: int64 ``(k,)``, detections.

        Returns:
            ``(k,)``.
        """
        theirs = _sides(self.known.edges)[:, :, None]
        mine = _sides(self.offered.edges.take(some, 1))[:, None, :]
        best: Float64Array = _shape(theirs, mine, self._by_width).max(0)
        return best


def _near(known: Known, offered: Offered, buffered: bool) -> tuple[Int64Array, Int64Array]:
    """Return tracks and detections of the near pairs, and of some that are not."""
    count, columns = known.edges.shape[1], offered.edges.shape[1]
    if count * columns <= _FEW:
        return _grid(count, columns)
    theirs, mine = known.edges[:4], offered.edges[:4]
    if buffered:
        doubt = 1 - known.confidence
        theirs = _grown(known.edges, doubt * _BUFFERS[1])[0]
        mine = _grown(offered.edges, doubt.max() * _BUFFERS[0])[0]
    # Who lies within what the filter expects has its centre where either coordinate alone would be expected.
    reach = np.sqrt(known.variances[:2] * _LIMIT)
    reach = np.concatenate((reach - known.places[:2], reach + known.places[:2]))
    np.maximum(reach, theirs, out=reach)
    corners = np.minimum(reach[:, :, None], mine[:, None, :])
    sides = corners[:2]
    np.add(sides, corners[2:], sides)
    listed = (np.minimum(sides[0], sides[1], out=sides[0]) >= _ZERO).ravel().nonzero()[0]
    row = listed // columns
    return row, listed - row * columns


def _distance(known: Known, offered: Offered, rows: Int64Array, columns: Int64Array) -> Float64Array:
    """Return the squared Mahalanobis distance of each pair, ``(p,)``."""
    surprise = offered.places.take(columns, 1)
    np.subtract(surprise, known.places.take(rows, 1), surprise)
    np.multiply(surprise, surprise, surprise)
    np.divide(surprise, known.variances.take(rows, 1), surprise)
    distance: Float64Array = surprise.sum(0)
    return distance


def _sides(edges: Float64Array) -> Float64Array:
    """Return width and height ``(2, n)`` of boxes."""
    return edges[:2] + edges[2:4]


def _grown(edges: Float64Array, share: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return edges ``(4, n)`` and area ``(n,)`` of boxes with a share of their sides added on every side."""
    around: Float64Array = np.add(edges[:4].reshape(2, 2, -1), _sides(edges) * share)
    factor = 2 * share + _ONE
    area: Float64Array = edges[5] * (factor * factor)
    return around.reshape(4, -1), area


def _overlap(first: Float64Array, second: Float64Array, area: Float64Array, other: Float64Array) -> Float64Array:
    """Return the intersection over union of the boxes in equal columns.

    Args:
        first: ``(4, p)``, edges.
        second: ``(4, p)``.
        area: ``(p,)``, of the first.
        other: ``(p,)``, of the second.
    """
    corners = np.minimum(first, second)
    sides = corners[:2] + corners[2:]
    np.maximum(sides, _ZERO, out=sides)
    shared: Float64Array = sides[0] * sides[1]
    union = area + other
    np.subtract(union, shared, union)
    np.maximum(union, _SMALLEST, out=union)
    return np.divide(shared, union, shared)


def _shape(first: Float64Array, second: Float64Array, by_width: bool) -> Float64Array:
    """Return how alike sides ``(2, ...)`` are: 1 for equal ones, towards 0 as they differ."""
    less, more = np.minimum(first, second), np.maximum(first, second)
    if by_width:
        np.subtract(less, more, less)
        apart = np.add(less[0], less[1])
        np.divide(apart, np.maximum(more[0], _SMALLEST), apart)
    else:
        np.divide(less, np.maximum(more, _SMALLEST, out=more), less)
        apart = np.add(less[0], less[1])
        np.subtract(apart, _TWO, apart)
    alike: Float64Array = np.exp(apart, apart)
    return alike


@lru_cache(maxsize=512)
def _grid(rows: int, columns: int) -> tuple[Int64Array, Int64Array]:
    """Return row and column of every entry of a small matrix, row by row."""
    row, column = np.indices((rows, columns)).reshape(2, -1)
    return row, column
