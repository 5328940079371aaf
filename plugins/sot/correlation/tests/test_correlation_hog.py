from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vtrack_plugin_correlation.hog import CHANNELS, histograms

CELL = 4


def by_hand(picture: Any) -> Any:
    """The 31 numbers of each cell, pixel by pixel."""
    height, width, channels = picture.shape
    rows, columns = height // CELL, width // CELL
    table = np.zeros((18, rows, columns))
    for y in range(height):
        for x in range(width):
            best = (-1.0, 0.0, 0.0)
            for c in range(channels):
                dx = float(picture[y, min(x + 1, width - 1), c]) - float(picture[y, max(x - 1, 0), c])
                dy = float(picture[min(y + 1, height - 1), x, c]) - float(picture[max(y - 1, 0), x, c])
                if dx * dx + dy * dy > best[0]:
                    best = (dx * dx + dy * dy, dx, dy)
            direction = round(math.atan2(best[2], best[1]) / (2 * math.pi) * 18) % 18
            fy, fx = (y + 0.5) / CELL - 0.5, (x + 0.5) / CELL - 0.5
            for row in (math.floor(fy), math.floor(fy) + 1):
                for column in (math.floor(fx), math.floor(fx) + 1):
                    if 0 <= row < rows and 0 <= column < columns:
                        share = (1 - abs(fy - row)) * (1 - abs(fx - column))
                        table[direction, row, column] += share * math.sqrt(best[0])
    both = table[:9] + table[9:]
    energy = (both**2).sum(axis=0)
    result = np.zeros((CHANNELS, rows, columns))
    for row in range(rows):
        for column in range(columns):
            for number, (down, across) in enumerate(((-1, -1), (-1, 0), (0, -1), (0, 0))):
                block = sum(
                    energy[min(max(row + down + i, 0), rows - 1), min(max(column + across + j, 0), columns - 1)]
                    for i in (0, 1)
                    for j in (0, 1)
                )
                factor = 1 / math.sqrt(block + 1e-4)
                cut = np.minimum(table[:, row, column] * factor, 0.2)
                result[:18, row, column] += cut / 2
                result[18:27, row, column] += np.minimum(both[:, row, column] * factor, 0.2) / 2
                result[27 + number, row, column] = 0.2357 * cut.sum()
    return result


@pytest.mark.parametrize("shape", [(16, 24, 3), (12, 12, 1), (8, 20, 3)])
def test_histograms_are_those_counted_pixel_by_pixel(shape: tuple[int, int, int]) -> None:
    picture = np.random.default_rng(sum(shape)).uniform(0, 255, shape).astype(np.float32)
    found = histograms(picture[None], CELL)[0]
    expected = by_hand(picture)
    # A gradient on the border between two directions may be counted to either.
    assert np.mean(np.abs(found - expected) > 1e-3) < 0.02
    assert found.dtype == np.float32


def test_pictures_of_a_batch_do_not_touch() -> None:
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 16, 20, 3)).astype(np.float32)
    together = histograms(pictures, CELL)
    for picture, found in zip(pictures, together, strict=True):
        np.testing.assert_allclose(histograms(picture[None], CELL)[0], found, atol=1e-6)


def test_brightness_and_contrast_hardly_matter() -> None:
    picture = np.random.default_rng(0).uniform(0, 100, (1, 24, 24, 3)).astype(np.float32)
    np.testing.assert_allclose(histograms(picture * 2 + 40, CELL), histograms(picture, CELL), atol=2e-3)


def test_what_is_all_of_one_colour_has_none() -> None:
    assert not histograms(np.full((1, 16, 16, 3), 99, np.float32), CELL).any()


def test_channels_that_are_alike_count_as_one() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (1, 16, 16)).astype(np.float32)
    np.testing.assert_array_equal(histograms(picture, CELL), histograms(np.stack([picture] * 3, axis=3), CELL))
