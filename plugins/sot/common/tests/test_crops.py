from __future__ import annotations

import numpy as np
import pytest

from vtrack_common_sot.crops import (
    box_in_crop,
    box_in_picture,
    clip_box,
    crop_shows_picture,
    padding_mask,
    shows_picture,
    square_crop,
)

PICTURE = np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8)


def test_a_crop_inside_is_the_picture() -> None:
    crop, scale = square_crop(PICTURE, [50, 40, 20, 20], 2.0, 40)
    assert scale == 1
    np.testing.assert_array_equal(crop, PICTURE[30:70, 40:80])
    assert not padding_mask(PICTURE.shape, [50, 40, 20, 20], 2.0, 40).any()


def test_what_lies_beyond_the_picture_is_black_and_one_row_more_at_the_end() -> None:
    for box in ([-5, -8, 20, 20], [150, 110, 20, 20], [140, 100, 20, 20]):
        crop, _ = square_crop(PICTURE, box, 2.0, 40)
        mask = padding_mask(PICTURE.shape, box, 2.0, 40)
        left, top = box[0] - 10, box[1] - 10
        for row in range(40):
            for column in range(40):
                y, x = top + row, left + column
                inside = 0 <= y < 120 and 0 <= x < 160
                last = (x == 159 and left + 40 > 159) or (y == 119 and top + 40 > 119)
                expected = PICTURE[y, x] if inside and not last else (0, 0, 0)
                assert crop[row, column].tolist() == list(expected)
                assert mask[row, column] == (not inside or last)


@pytest.mark.parametrize("box", [[500, 500, 10, 10], [-90, 20, 10, 10], [20, -90, 10, 10], [158, 300, 4, 4]])
def test_a_crop_that_misses_the_picture_is_all_padding(box: list[float]) -> None:
    crop, scale = square_crop(PICTURE, box, 4.0, 32)
    assert crop.shape == (32, 32, 3)
    assert not crop.any()
    assert scale == 32 / (4 * box[2])
    assert padding_mask(PICTURE.shape, box, 4.0, 32).all()


def test_huge_boxes_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    crop, scale = square_crop(PICTURE, [-10_000, -10_000, 20_000, 20_000], 4.0, 256)
    assert scale == 256 / 80_000
    assert crop.shape == (256, 256, 3)
    square_crop(PICTURE, [0, 0, 1e6, 1e6], 5.0, 64)
    # Both ways answer the same, but for rounding.
    boxes = ([-90, -60, 300, 200], [20, 30, 70, 80], [130, -10, 60, 90])
    wholly = [square_crop(PICTURE, box, 2.0, 128)[0] for box in boxes]
    monkeypatch.setattr("vtrack_common_sot.crops._LARGEST_SIDE", 10)
    sampled = [square_crop(PICTURE, box, 2.0, 128)[0] for box in boxes]
    for one, other in zip(wholly, sampled, strict=True):
        assert one.any()
        assert np.abs(one.astype(int) - other).max() <= 8


def test_tiny_boxes_have_a_crop_of_a_pixel() -> None:
    crop, scale = square_crop(PICTURE, [50, 40, 1e-9, 1e-9], 4.0, 16)
    assert scale == 16
    assert (crop == PICTURE[40, 50]).all()


def test_boxes_are_clipped_to_the_picture() -> None:
    boxes = [[-5, -7, 30, 20], [400, 300, 20, 20], [20, 30, -4, 3]]
    assert clip_box(boxes, 240, 320, 10).tolist() == [[0, 0, 25, 13], [310, 230, 10, 10], [20, 30, 10, 10]]
    assert clip_box([10, 10, 400, 400], 240, 320).tolist() == [10, 10, 310, 230]


def test_boxes_go_into_crops_and_back() -> None:
    around = [50.0, 40.0, 20.0, 30.0]
    _, scale = square_crop(PICTURE, around, 4.0, 256)
    x, y, width, height = box_in_crop([60.0, 35.0, 10.0, 12.0], around, scale, 256) * 256
    # Between centres of pixels there, from the corner here.
    found = [(x + 0.5 + width / 2) / scale, (y + 0.5 + height / 2) / scale, width / scale, height / scale]
    np.testing.assert_allclose(box_in_picture(found, around, scale, 256), [60, 35, 10, 12], atol=1e-9)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 5), (30, 40)])
def test_a_crop_shows_the_picture_where_it_is_not_all_padding(size: tuple[int, int]) -> None:
    image, random = np.full((*size, 3), 255, np.uint8), np.random.default_rng(0)
    told = []
    for _ in range(300):
        box = (*random.uniform(-60, 80, 2), *random.uniform(0.5, 30, 2))
        told.append(crop_shows_picture(image.shape, box, 2.0))
        assert told[-1] == bool(square_crop(image, box, 2.0, 64)[0].any())
        assert told[-1] or padding_mask(image.shape, box, 2.0, 64).all()
    assert any(told) == (min(size) > 1)
    assert not all(told)


@pytest.mark.parametrize(
    ("box", "shown"),
    [
        ((-5, 3, 5.1, 2), True),
        ((-5, 3, 5, 2), False),
        ((40, 3, 5, 2), False),
        ((39.9, 29.9, 5, 2), True),
        ((3, 30, 5, 2), False),
        ((3, -2, 5, 2), False),
        ((-9, -9, 99, 99), True),
    ],
)
def test_a_rectangle_shows_the_picture_where_it_lies_on_it(box: tuple[float, ...], shown: bool) -> None:
    assert shows_picture((30, 40, 3), box) is shown
