"""Intersection over union against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_mot.overlap import BoxReader, overlaps, paired_overlaps


def defined(first: np.ndarray, second: np.ndarray, pixel: float) -> float:
    """Intersection over union of two boxes, number by number."""
    width = min(first[2], second[2]) - max(first[0], second[0]) + pixel
    height = min(first[3], second[3]) - max(first[1], second[1]) + pixel
    shared = max(width, 0) * max(height, 0)
    area = sum((box[2] - box[0] + pixel) * (box[3] - box[1] + pixel) for box in (first, second))
    return float(shared / (area - shared))


def random_boxes(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    boxes = random.uniform(0, 100, (count, 4)).astype(np.float32)
    boxes[:, 2:] = boxes[:, :2] + random.uniform(1, 60, (count, 2)).astype(np.float32)
    return boxes


@pytest.mark.parametrize("pixel", [0.0, 1.0])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (7, 5), (40, 90)])
def test_overlaps_are_as_defined(pixel: float, rows: int, columns: int) -> None:
    first, second = random_boxes(rows, 1), random_boxes(columns, 2)
    reader = BoxReader(pixel)
    found = overlaps(reader.read(first)[0], reader.read(second)[0])
    wanted = [[defined(a.astype(float), b.astype(float), pixel) for b in second] for a in first]
    assert np.maximum(found, 0) == pytest.approx(np.array(wanted), abs=1e-9)


def test_pairs_agree_with_all_against_all() -> None:
    reader = BoxReader(1)
    first, second = reader.read(random_boxes(30, 3))[0], reader.read(random_boxes(30, 4))[0]
    both = np.diagonal(overlaps(first, second))
    assert np.maximum(paired_overlaps(first, second), 0) == pytest.approx(np.maximum(both, 0))


def test_the_last_pixel_counts_where_asked() -> None:
    touching = np.array([[0, 0, 9, 9], [10, 0, 19, 9]], np.float32)
    for pixel, wanted in ((0.0, 0.0), (1.0, 0.0)):
        edges = BoxReader(pixel).read(touching)[0]
        assert max(overlaps(edges, edges)[0, 1], 0) == wanted
    shifted = np.array([[0, 0, 9, 9], [9, 0, 18, 9]], np.float32)
    edges = BoxReader(1).read(shifted)[0]
    assert overlaps(edges, edges)[0, 1] == pytest.approx(10 / 190)


@pytest.mark.parametrize("pixel", [0.0, 1.0])
def test_boxes_without_area_and_huge_ones_give_numbers(pixel: float) -> None:
    boxes = np.array(
        [[3, 3, 3, 3], [0, 0, 9, 0], [1e30, 1e30, 1e30, 1e30], [-1e30, -1e30, 1e30, 1e30], [1e16, 0, 1e16, 1]],
        np.float32,
    )
    edges = BoxReader(pixel).read(boxes)[0]
    assert np.isfinite(overlaps(edges, edges)).all()


def test_no_boxes_at_all() -> None:
    reader = BoxReader()
    none, centres = reader.read(np.zeros((0, 4), np.float32))
    some = reader.read(random_boxes(3, 5))[0]
    assert overlaps(none, some).shape == (0, 3)
    assert overlaps(some, none).shape == (3, 0)
    assert centres.shape == (4, 0)


def test_centres_and_sides() -> None:
    centres = BoxReader(1).read(np.array([[10, 20, 30, 60]], np.float32))[1]
    assert centres[:, 0].tolist() == [20, 40, 20, 40]
