from __future__ import annotations

import cv2
import numpy as np
import pytest

from vtrack_plugin_correlation.patches import grey, sample, sample_sizes

IMAGE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8), (0, 0), 2)


def test_whole_pixels_are_taken_as_they_are() -> None:
    piece = sample(IMAGE, np.array((40.0, 30.0)), np.array((20.0, 10.0)), (10, 20))
    np.testing.assert_array_equal(piece, IMAGE[25:35, 30:50])


def test_fractions_lie_between() -> None:
    piece = sample(IMAGE, np.array((40.5, 30.0)), np.array((20.0, 10.0)), (10, 20)).astype(float)
    between = (IMAGE[25:35, 30:50].astype(float) + IMAGE[25:35, 31:51]) / 2
    assert np.abs(piece - between).max() <= 1


def test_beyond_the_border_is_the_border() -> None:
    piece = sample(IMAGE, np.array((-50.0, 45.0)), np.array((20.0, 10.0)), (10, 20))
    np.testing.assert_array_equal(piece, np.repeat(IMAGE[40:50, :1], 20, axis=1))


def test_what_is_shrunk_is_averaged() -> None:
    """One pixel in five is white: skipping pixels would give black, or white."""
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::5] = 250
    piece = sample(stripes, np.array((200.0, 200.0)), np.array((250.0, 250.0)), (25, 25))
    assert np.abs(piece.astype(float) - 50).max() <= 2


@pytest.mark.parametrize("centre", [(60.3, 44.8), (2.0, 1.0), (500.0, -90.0), (119.9, 90.0)])
@pytest.mark.parametrize("extent", [(30.0, 20.0), (400.0, 300.0), (4.0, 3.0)])
def test_all_sizes_at_once_are_each_alone(centre: tuple[float, float], extent: tuple[float, float]) -> None:
    extents = np.array(extent) * np.array([0.9, 1.0, 1.1])[:, None]
    pieces = sample_sizes(IMAGE, np.array(centre), extents, (16, 24))
    assert pieces.shape == (3, 16, 24, 3)
    alone = sample(IMAGE, np.array(centre), extents[1], (16, 24))
    # Sizes that are shrunk together are shrunk by the same whole number first, each alone by its own.
    assert np.abs(pieces[1].astype(float) - alone).mean() < (5 if extent[0] > 100 else 1)


def test_a_turn_around_the_middle() -> None:
    half = np.array(((-1.0, 0.0), (0.0, -1.0)))
    piece = sample(IMAGE, np.array((40.0, 30.0)), np.array((20.0, 10.0)), (10, 20), half)
    np.testing.assert_array_equal(piece, IMAGE[25:35, 30:50][::-1, ::-1])


def test_brightness() -> None:
    assert grey(np.full((2, 3, 3), 77, np.uint8)).tolist() == [[77] * 3] * 2
