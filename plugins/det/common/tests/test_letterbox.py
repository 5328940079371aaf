from __future__ import annotations

import cv2
import numpy as np
import pytest

from vtrack_common_det.keep_ratio import KeepRatio, scaled_size
from vtrack_common_det.letterbox import Letterbox


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def padded(image: np.ndarray, size: tuple[int, int], canvas: tuple[int, int], value: int) -> np.ndarray:
    whole = np.full((*canvas, 3), value, np.uint8)
    whole[: size[0], : size[1]] = cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    return whole


@pytest.mark.parametrize("shape", [(180, 320), (300, 170), (33, 900), (224, 320), (500, 1)])
def test_letterbox_scales_down_to_whole_pixels_into_the_left_upper_corner(shape: tuple[int, int]) -> None:
    image = picture(*shape)
    batch, ratios = Letterbox((224, 320))([image])
    ratio = min(224 / shape[0], 320 / shape[1])
    size = max(1, int(shape[0] * ratio)), max(1, int(shape[1] * ratio))
    assert ratios.tolist() == [ratio]
    assert np.array_equal(batch[0], padded(image, size, (224, 320), 114))


def test_letterbox_used_again_keeps_nothing_of_the_pictures_before() -> None:
    letterbox = Letterbox((64, 64))
    letterbox([picture(64, 64), picture(64, 64, 1)])
    images = [picture(20, 80, 2), picture(80, 20, 3)]
    batch, _ = letterbox(images)
    again, _ = Letterbox((64, 64))(images)
    assert np.array_equal(batch, again)
    assert (batch[0, 16:] == 114).all()
    assert (batch[1, :, 16:] == 114).all()
    fewer, ratios = letterbox(images[:1])
    assert fewer.shape == (1, 64, 64, 3)
    assert ratios.shape == (1,)


def test_letterbox_leaves_pictures_alone() -> None:
    image = picture(64, 64)
    before = image.copy()
    batch, _ = Letterbox((64, 64))([image])
    batch[:] = 0
    assert np.array_equal(image, before)


@pytest.mark.parametrize(
    ("shape", "limits", "size"),
    [
        ((1080, 1920), (1440, 800), (800, 1422)),
        ((1080, 1920), (800, 1440), (800, 1422)),
        ((480, 640), (1440, 800), (800, 1067)),
        ((100, 1000), (1333, 800), (133, 1333)),
        ((1, 1000), (100, 50), (1, 100)),
    ],
)
def test_scaled_size_stays_within_both_limits(
    shape: tuple[int, int], limits: tuple[int, int], size: tuple[int, int]
) -> None:
    assert scaled_size(*shape, limits) == size


def test_keep_ratio_pads_to_the_divisor_and_tells_each_axis_factor() -> None:
    image = picture(48, 64)
    batch, factors, sizes = KeepRatio((107, 80), divisor=32, pad=(114, 114, 114))([image])
    assert sizes == ((80, 107),)
    assert factors.tolist() == [[107 / 64, 80 / 48, 107 / 64, 80 / 48]]
    assert np.array_equal(batch[0], padded(image, (80, 107), (96, 128), 114))


def test_keep_ratio_makes_room_for_the_largest() -> None:
    scale = KeepRatio((64, 64), divisor=16)
    batch, _, sizes = scale([picture(64, 32), picture(30, 64, 1)])
    assert batch.shape == (2, 64, 64, 3)
    assert sizes == ((64, 32), (30, 64))
    assert (batch[0, :, 32:] == 0).all()
    assert (batch[1, 30:] == 0).all()
    assert np.array_equal(batch[0, :, :32], picture(64, 32))
