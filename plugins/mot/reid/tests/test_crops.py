"""Boxes cut out of frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vtrack_plugin_reid.crops import OriginalCrops, device_crops, host_crops, pixel_boxes, visible

CORNER = st.floats(-1e6, 1e6, width=32)
MEAN, STD = (10.0, 20.0, 30.0), (2.0, 4.0, 8.0)


def crops_of(place, size=(24, 12), colours="rgb"):
    return OriginalCrops(size, MEAN, STD, colours, device=torch.device("cpu"), place=place)


@given(st.lists(st.tuples(CORNER, CORNER, CORNER, CORNER), max_size=8), st.integers(1, 50), st.integers(1, 50))
def test_pixels_lie_in_the_frame_and_are_one_at_least(corners, width, height):
    array = np.array(corners, np.float32).reshape(-1, 4)
    array = np.concatenate((np.minimum(array[:, :2], array[:, 2:]), np.maximum(array[:, :2], array[:, 2:])), 1)
    whole = pixel_boxes(array, width, height)
    assert (whole[:, :2] >= 0).all()
    assert (whole[:, 2:] > whole[:, :2]).all()
    assert (whole[:, 2:] <= (width, height)).all()


def test_pixels_of_boxes():
    rows = [
        ((1.9, 2.2, 5.9, 7.0), [1, 2, 5, 7]),
        ((-3.5, -9, 4.2, 6), [0, 0, 4, 6]),
        ((4, 4, 4, 4), [4, 4, 5, 5]),
        ((4.1, 4.1, 4.9, 9), [4, 4, 5, 9]),
        ((90, 5, 95, 6), [19, 5, 20, 6]),
        ((-9, 5, -1, 6), [0, 5, 1, 6]),
        ((0, 0, 1e9, 1e9), [0, 0, 20, 10]),
    ]
    found = pixel_boxes(np.array([box for box, _ in rows], np.float32), 20, 10)
    assert found.tolist() == [wanted for _, wanted in rows]


def test_boxes_beyond_the_frame_are_not_seen():
    cases = {
        (5, 5, 9, 9): True,
        (-5, -5, 1, 1): True,
        (0, 0, 0, 0): True,
        (19, 9, 30, 30): True,
        (4, 4, 4, 4): True,
        (20, 5, 30, 6): False,
        (5, 10, 6, 20): False,
        (-9, 5, 0, 6): False,
        (5, -9, 6, -1): False,
    }
    assert visible(np.array(list(cases), np.float32), 20, 10).tolist() == list(cases.values())


@pytest.mark.parametrize("size", [(256, 128), (40, 60), (1, 1)])
def test_device_and_host_agree_but_for_rounding(picture, boxes, size):
    image = picture().image
    whole = pixel_boxes(np.concatenate((boxes, [[5, 5, 5, 5], [0, 0, 320, 240]]), dtype=np.float32), 320, 240)
    host = np.empty((len(whole), *size, 3), np.uint8)
    host_crops(image, whole, host)
    device = device_crops(torch.from_numpy(image).permute(2, 0, 1)[None].float(), whole, size)
    assert device.shape == (len(whole), 3, *size)
    difference = np.abs(device.permute(0, 2, 3, 1).numpy() - host)
    assert difference.max() < 1
    assert difference.mean() < 0.3


@pytest.mark.parametrize("place", ["host", "device"])
@pytest.mark.parametrize("colours", ["rgb", "bgr"])
def test_colours_are_normalised(place, colours):
    image = np.empty((9, 9, 3), np.uint8)
    image[:] = (50, 100, 200)
    made = crops_of(place, colours=colours)([(image, np.array([[2, 2, 6, 8]], np.float32))])
    levels = (50, 100, 200) if colours == "bgr" else (200, 100, 50)
    wanted = [(level - mean) / std for level, mean, std in zip(levels, MEAN, STD, strict=True)]
    assert np.allclose(made.amax((0, 2, 3)), wanted)
    assert np.allclose(made.amin((0, 2, 3)), wanted)


@pytest.mark.parametrize("place", ["host", "device"])
def test_many_images_at_once(picture, boxes, place):
    one, other = picture(1), picture(2, 200, 300)
    source = crops_of(place)
    apart = [source([(frame.image, part)]).clone() for frame, part in ((one, boxes[:3]), (other, boxes[3:8]))]
    together = source([(one.image, boxes[:3]), (other.image, boxes[3:8])])
    assert torch.equal(together, torch.cat(apart))
    # More room than the last batch needed must not show.
    assert torch.equal(source([(one.image, boxes[:3])]), apart[0])


def test_the_crop_is_opencvs(picture):
    image = picture().image
    made = crops_of("host", (50, 30), "bgr")([(image, np.array([[10.7, 20.2, 61.5, 90.9]], np.float32))])
    wanted = (cv2.resize(image[20:90, 10:61], (30, 50)).astype(np.float32) - MEAN) / STD
    assert np.allclose(made[0].permute(1, 2, 0), wanted, atol=1e-5)
