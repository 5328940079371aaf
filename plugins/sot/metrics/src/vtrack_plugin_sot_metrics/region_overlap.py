"""Overlap of regions as the VOT toolkit counts it: in whole pixels, inside the picture.

Regions are drawn as pixels before they are compared (Kristan et al., The Visual Object Tracking VOT2013 challenge
results, ICCV Workshops 2013, and the reports of the years after, https://www.votchallenge.net). What is drawn was found
by measuring vot-toolkit 0.5.3 on hundreds of thousands of regions; none of its code was read (its licence is the GPL):

- coordinates are held in single precision and rounded to whole pixels, halves to the even one;
- a *rectangle* is ``round(width)`` columns from ``round(left)`` on, and ``round(height)`` rows from ``round(top)``;
- a *polygon* is filled row by row between its crossings with the row's line, both ends included. Crossings are cut
  (not rounded) to whole pixels, counted from the left edge of the part of the picture that holds both regions. An edge
  crosses the rows of both of its ends; a level edge gives its first corner only. Sorted crossings are taken two by two;
  two in the same pixel fill that pixel, and the second of them is taken again;
- nothing outside the picture counts, and two regions that together are less than two pixels wide or high have no
  overlap.

A rectangle is thus one pixel narrower and lower than the polygon of its corners. All of it is done on spans of rows,
many frames at a time, without making pictures.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float64Array, Int64Array

__all__ = ["Regions", "region_overlaps"]

Int32Array = npt.NDArray[np.int32]

_CELLS = 1 << 15
"""Rows of regions that are drawn at once: what they take stays near the processor, and memory at some ten megabytes."""
_FAR = 1 << 24
"""Beyond this many pixels from the origin nothing is drawn: single precision ends there."""


class Regions:
    """Regions of a number of frames, all rectangles or all polygons of four corners.

    Attributes:
        corners: int64 ``(M, 4, 2)``, rounded corners ``x, y`` in the order given; of rectangles only the first
            (left, top) and the third (the last column and row) mean anything.
        are_polygons: Whether they are polygons.
    """

    def __init__(self, corners: Int64Array, *, are_polygons: bool) -> None:
        self.corners = corners
        self.are_polygons = are_polygons

    @classmethod
    def rectangles(cls, ltwh: npt.ArrayLike) -> Regions:
        """Return rectangles from ``(M, 4)`` left, top, width, height in pixels."""
        rounded = _rounded(np.asarray(ltwh, np.float64).reshape(-1, 4))
        first, last = rounded[:, :2], rounded[:, :2] + rounded[:, 2:] - 1
        return cls(np.stack([first, first, last, last], axis=1), are_polygons=False)

    @classmethod
    def polygons(cls, points: npt.ArrayLike) -> Regions:
        """Return polygons from ``(M, 8)`` corners ``x1, y1, ..., x4, y4`` in pixels."""
        return cls(_rounded(np.asarray(points, np.float64).reshape(-1, 4, 2)), are_polygons=True)

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.corners)

    def __getitem__(self, rows: slice | Int64Array | npt.NDArray[np.bool_]) -> Regions:
        """Return some of the regions."""
        return Regions(self.corners[rows], are_polygons=self.are_polygons)


def region_overlaps(first: Regions, second: Regions, size: tuple[int, int] | None) -> Float64Array:
    """Return the intersection over union of regions, pair by pair.

    Args:
        first: M regions.
        second: M regions.
        size: Width and height of the picture in pixels; None where they are not known, which leaves nothing out.

    Returns:
        float64 ``(M,)``, 0 to 1; 0 where there is no pixel in either.

    Raises:
        ValueError: The numbers of regions differ.
    """
    if len(first) != len(second):
        raise ValueError(f"regions are compared pair by pair, got {len(first)} and {len(second)}")
    corners = np.concatenate([first.corners, second.corners], axis=1)
    low, high = corners.min(axis=1), corners.max(axis=1)
    if size is not None:
        low, high = np.maximum(low, 0), np.minimum(high, np.array(size) - 1)
    overlaps = np.zeros(len(first))
    drawn = np.flatnonzero((high > low).all(axis=1))
    # Frames of like height go together, so that few rows are drawn in vain.
    drawn = drawn[np.argsort((high - low)[drawn, 1], kind="stable")]
    start = 0
    while start < len(drawn):
        heights = (high - low)[drawn[start:], 1] + 1
        count = max(1, int(np.searchsorted(heights * np.arange(1, len(heights) + 1), _CELLS)))
        some = drawn[start : start + count]
        overlaps[some] = _overlaps(first[some], second[some], low[some], high[some])
        start += count
    return overlaps


def _rounded(values: Float64Array) -> Int64Array:
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    rounded: Int64Array = np.rint(np.clip(single, -_FAR, _FAR)).astype(np.int64)
    return rounded


def _overlaps(first: Regions, second: Regions, low: Int64Array, high: Int64Array) -> Float64Array:
    """Return the overlaps within boxes that hold both regions; ``low`` and ``high`` are ``(M, 2)`` and inside them."""
    widest = high - low
    rows = np.arange(int(widest[:, 1].max()) + 1)
    spans = [_spans(regions, low, widest, rows) for regions in (first, second)]
    areas = [(ends - starts).sum(axis=(0, 2), dtype=np.int64) for starts, ends in spans]
    common = np.zeros(len(low), np.int64)
    for starts, ends in zip(*spans[0], strict=True):
        for other_starts, other_ends in zip(*spans[1], strict=True):
            length = np.minimum(ends, other_ends) - np.maximum(starts, other_starts)
            common += np.maximum(length, 0).sum(axis=1, dtype=np.int64)
    union = areas[0] + areas[1] - common
    answer: Float64Array = common / np.maximum(union, 1)
    return answer


def _spans(regions: Regions, low: Int64Array, widest: Int64Array, rows: Int64Array) -> tuple[Int32Array, Int32Array]:
    """Return where each row's pixels of a region start and end, the end not included, counted from ``low``.

    Returns:
        Two arrays ``(S, M, R)`` of S spans that never share a pixel, for M regions and R rows; empty spans start where
        they end.
    """
    corners = regions.corners - low[:, None, :]
    if regions.are_polygons:
        starts, ends = _polygon_spans(corners, rows)
    else:
        filled = (corners[:, 0, 1, None] <= rows) & (rows <= corners[:, 2, 1, None])
        starts = np.where(filled, corners[:, 0, 0, None], 0)[None]
        ends = np.where(filled, corners[:, 2, 0, None] + 1, 0)[None]
    inside = rows <= widest[:, 1, None]
    limit = np.where(inside, widest[:, 0, None] + 1, 0)
    starts = np.clip(starts, 0, limit)
    return starts.astype(np.int32), np.clip(ends, starts, limit).astype(np.int32)


def _polygon_spans(corners: Int64Array, rows: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the spans of polygons before they are cut to the picture, as `_spans` does."""
    crossings = _crossings(corners, rows)
    nothing = np.iinfo(np.int64).max
    starts, ends = [], []
    at = np.zeros(crossings.shape[1:], np.int64)
    reached = np.full(crossings.shape[1:], np.iinfo(np.int64).min)
    padded = np.concatenate([crossings, np.full((2, *crossings.shape[1:]), nothing)])
    # Of four crossings at most three spans come: each takes up one crossing or two.
    for _ in range(len(crossings) - 1):
        left = np.take_along_axis(padded, at[None], axis=0)[0]
        right = np.take_along_axis(padded, at[None] + 1, axis=0)[0]
        there = right != nothing
        # The pixel in which the last span ended is not counted twice.
        start = np.where(there, np.maximum(left, reached), 0)
        end = np.where(there, np.maximum(right + 1, start), 0)
        starts.append(start)
        ends.append(end)
        reached = np.where(there, end, reached)
        at = np.minimum(at + np.where(left == right, 1, 2), len(crossings))
        # Where nothing is left, a step further finds nothing, too.
        at = np.where(there, at, len(crossings))
    return np.stack(starts), np.stack(ends)


def _crossings(corners: Int64Array, rows: Int64Array) -> Int64Array:
    """Return in which pixel each edge meets each row, int64 ``(4, M, R)``, sorted; the greatest integer for never."""
    first, second = corners, np.roll(corners, 1, axis=1)
    met = []
    for edge in range(corners.shape[1]):
        x, y = first[:, edge, 0, None], first[:, edge, 1, None]
        other_x, other_y = second[:, edge, 0, None], second[:, edge, 1, None]
        rise = other_y - y
        share = (rows - y) / np.where(rise == 0, 1, rise)
        place = np.where(rise == 0, x, np.trunc(x + share * (other_x - x)))
        crossed = (np.minimum(y, other_y) <= rows) & (rows <= np.maximum(y, other_y))
        met.append(np.where(crossed, place, np.inf))
    sorted_places = np.sort(np.stack(met), axis=0)
    found = np.isfinite(sorted_places)
    answer: Int64Array = np.where(found, np.where(found, sorted_places, 0).astype(np.int64), np.iinfo(np.int64).max)
    return answer
