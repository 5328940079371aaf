from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest

from vtrack_common_sot.subwindow import LARGEST_PIECE, context_size, mean_colour, subwindow

IMAGE = np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8)
COLOUR = np.array((10.9, 200.2, 77.5))


def padded_whole(image: Any, centre: Any, size: int, original_size: int) -> Any:
    """The plain way: the whole picture with enough colour around it, a piece of that, scaled."""
    around = 400
    whole = np.empty((image.shape[0] + 2 * around, image.shape[1] + 2 * around, 3), np.uint8)
    whole[:] = COLOUR.astype(np.uint8)
    whole[around:-around, around:-around] = image
    left, top = (math.floor(value - (original_size + 1) / 2 + 0.5) + around for value in centre)
    piece = whole[top : top + original_size, left : left + original_size]
    return piece if original_size == size else cv2.resize(piece, (size, size))


@pytest.mark.parametrize("centre", [(80, 60), (3.5, 2), (159.2, 60.7), (80.5, 119), (-15, 60), (200, 10), (-40, -40)])
@pytest.mark.parametrize(("size", "original_size"), [(31, 31), (31, 40), (40, 31), (31, 62), (25, 300), (31, 1)])
def test_piece_is_that_of_the_whole_picture_filled_up(centre: Any, size: int, original_size: int) -> None:
    piece = subwindow(IMAGE, centre, size, original_size, COLOUR)
    assert piece.flags.c_contiguous
    assert (piece == padded_whole(IMAGE, centre, size, original_size)).all()


def test_piece_beside_the_picture_is_all_colour() -> None:
    for centre in ((-100, 60), (300, 60), (80, -70), (80, 1e6)):
        assert (subwindow(IMAGE, centre, 20, 50, COLOUR) == (10, 200, 77)).all(), centre


def test_piece_is_no_view_that_changes_the_picture() -> None:
    before = IMAGE.copy()
    subwindow(IMAGE, (80, 60), 160, 200, COLOUR)[:] = 0
    subwindow(IMAGE, (80, 60), 200, 200, COLOUR)[:] = 0
    assert (before == IMAGE).all()


def test_huge_piece_is_sampled_where_it_lies() -> None:
    image = cv2.GaussianBlur(cv2.resize(IMAGE, (1600, 1200)), (31, 31), 0)
    edge = LARGEST_PIECE + 8
    copied = np.empty((edge, edge, 3), np.uint8)
    copied[:] = COLOUR.astype(np.uint8)
    left, top = (math.floor(value - (edge + 1) / 2 + 0.5) for value in (800, 700))
    copied[-top : 1200 - top, -left : 1600 - left] = image
    found = subwindow(image, (800, 700), 255, edge, COLOUR).astype(int)
    assert np.abs(found - cv2.resize(copied, (255, 255))).max() <= 4
    assert subwindow(image, (800, 700), 255, 10**7, COLOUR).shape == (255, 255, 3)


def test_mean_colour_is_exact() -> None:
    assert (mean_colour(IMAGE) == IMAGE.mean(axis=(0, 1))).all()
    flat = np.full((331, 577, 3), 128, np.uint8)
    assert (mean_colour(flat) == 128).all()


def test_context_size_of_a_square_is_twice_its_edge() -> None:
    assert context_size(30, 30) == 60
    assert context_size(30, 30, 0) == 30
    assert context_size(20, 60, 0.5) == pytest.approx(math.sqrt(60 * 100))
