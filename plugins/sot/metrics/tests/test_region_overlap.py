"""Overlaps in whole pixels: as measured of vot-toolkit 0.5.3, and what must hold of any two regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_plugin_sot_metrics.region_overlap import Regions, region_overlaps

MEASURED = Path(__file__).with_name("measured_overlaps.npz")
COORDINATE = st.floats(-60, 160, allow_nan=False, width=32)
SIDE = st.floats(0, 90, allow_nan=False, width=32)
RECTANGLE = st.tuples(COORDINATE, COORDINATE, SIDE, SIDE)
POLYGON = st.tuples(*[COORDINATE] * 8)


def regions(rows):
    rows = np.asarray(rows, float)
    return Regions.rectangles(rows) if rows.shape[1] == 4 else Regions.polygons(rows)


def drawn(region, size):
    """Draw a region by definition, pixel by pixel, row by row, from the picture's origin."""
    width, height = size
    picture = np.zeros((height, width), bool)
    if len(region) == 4:
        left, top, wide, high = np.rint(np.float32(region)).astype(int).tolist()
        picture[max(top, 0) : max(top + high, 0), max(left, 0) : max(left + wide, 0)] = True
        return picture
    corners = np.rint(np.float32(region)).astype(int).reshape(4, 2).tolist()
    for y in range(height):
        met = []
        for (x1, y1), (x2, y2) in zip(corners, corners[-1:] + corners[:-1], strict=True):
            if min(y1, y2) <= y <= max(y1, y2):
                met.append(x1 if y1 == y2 else int(x1 + (y - y1) / (y2 - y1) * (x2 - x1)))
        met.sort()
        at = 0
        while at < len(met) - 1:
            first, last = met[at], met[at + 1]
            if last >= 0:
                picture[y, max(first, 0) : last + 1] = True
            at += 1 if first == last else 2
    return picture


@pytest.mark.parametrize("kinds", ["4_4", "4_8", "8_4", "8_8"])
def test_as_measured(kinds):
    with np.load(MEASURED) as stored:
        rows = stored[kinds]
    first, second = map(int, kinds.split("_"))
    for size in np.unique(rows[:, :2], axis=0):
        some = rows[(rows[:, :2] == size).all(axis=1)]
        found = region_overlaps(
            regions(some[:, 2 : 2 + first]),
            regions(some[:, 2 + first : 2 + first + second]),
            tuple(size.astype(int).tolist()) if size.all() else None,
        )
        np.testing.assert_allclose(found, some[:, -1], rtol=0, atol=1e-12)


@given(st.one_of(RECTANGLE, POLYGON), st.one_of(RECTANGLE, POLYGON))
def test_as_drawn_from_the_origin(one, other):
    # A third region at the origin makes crossings count from there, as `drawn` does.
    size = (80, 70)
    one, other = (np.concatenate([[0.0, 0.0], region[2:]]) for region in (one, other))
    first, second = drawn(one, size), drawn(other, size)
    union = (first | second).sum()
    expected = (first & second).sum() / union if union else 0
    found = region_overlaps(regions([one]), regions([other]), size)[0]
    # What is less than two pixels wide or high has no overlap.
    assert found == pytest.approx(expected, abs=1e-12) or (
        found == 0 and min(np.ptp(np.nonzero(first | second), 1)) == 0
    )


@given(st.one_of(RECTANGLE, POLYGON), st.one_of(RECTANGLE, POLYGON), st.sampled_from([None, (64, 48), (1, 1)]))
def test_properties(one, other, size):
    there = region_overlaps(regions([one]), regions([other]), size)
    back = region_overlaps(regions([other]), regions([one]), size)
    assert there == back
    assert 0 <= there[0] <= 1
    assert region_overlaps(regions([one]), regions([one]), size)[0] in (0, 1)


@given(st.lists(st.tuples(POLYGON, RECTANGLE), min_size=1, max_size=40))
def test_many_at_once_are_as_one_by_one(pairs):
    polygons, rectangles = regions([pair[0] for pair in pairs]), regions([pair[1] for pair in pairs])
    together = region_overlaps(polygons, rectangles, (100, 80))
    alone = [region_overlaps(polygons[i : i + 1], rectangles[i : i + 1], (100, 80))[0] for i in range(len(pairs))]
    assert together.tolist() == alone


def test_a_rectangle_is_a_pixel_less_than_the_polygon_of_its_corners():
    rectangle, polygon = regions([[10, 20, 30, 15]]), regions([[10, 20, 40, 20, 40, 35, 10, 35]])
    assert region_overlaps(rectangle, polygon, (100, 80))[0] == (30 * 15) / (31 * 16)


def test_nothing_outside_the_picture_counts():
    one, other = regions([[-10, 0, 30, 20]]), regions([[-10, 0, 40, 20]])
    assert region_overlaps(one, other, (100, 80))[0] == 20 / 30
    assert region_overlaps(one, other, None)[0] == 30 / 40
    assert region_overlaps(regions([[200, 5, 30, 20]]), regions([[200, 5, 30, 20]]), (100, 80))[0] == 0


@pytest.mark.parametrize("far", [1e9, 1e30, -1e30])
def test_far_away_regions_are_not_drawn(far):
    found = region_overlaps(regions([[far, 0, 10, 10]]), regions([[0, 0, 10, 10]]), (100, 80))
    assert found[0] == 0


def test_none_at_all():
    none = Regions.rectangles(np.zeros((0, 4)))
    assert region_overlaps(none, none, (100, 80)).shape == (0,)


def test_pairs_only():
    with pytest.raises(ValueError, match="pair by pair, got 1 and 2"):
        region_overlaps(regions([[0, 0, 1, 1]]), regions([[0, 0, 1, 1], [0, 0, 1, 1]]), None)
