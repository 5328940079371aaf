"""Crops out of the detector's image, against mmtracking's rules written down plainly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from vtrack_plugin_reid import ResNet50ReId, ResNet50ReIdNetwork, network_image_crops, renormalized
from vtrack_plugin_reid.crops import visible
from vtrack_plugin_reid.network_image import NetworkImageCrops, Normalisation

BGR = Normalisation((103.5, 116.3, 123.7), (1.0, 1.0, 1.0), False)


def plainly(image, boxes, size):
    """One box after the other."""
    height, width = image.shape[2:]
    crops = []
    for box in boxes.tolist():
        x1, y1, x2, y2 = (int(min(max(each, 0), most)) for each, most in zip(box, (width, height) * 2, strict=True))
        x2, y2 = x2 + (x1 == x2), y2 + (y1 == y2)
        crops.append(functional.interpolate(image[:, :, y1:y2, x1:x2], size=size, mode="bilinear"))
    return torch.cat(crops)


def test_crops_are_those_of_the_rules(boxes):
    image = torch.randn(1, 3, 240, 320)
    # Of what lies beyond the lower right edges the source finds no pixel, and fails.
    boxes = boxes[visible(boxes, 320, 240)]
    for scale in (1.0, 0.5):
        found = network_image_crops(image, boxes, (32, 16), scale=scale)
        assert torch.allclose(found, plainly(image, boxes * np.float32(scale), (32, 16)), atol=1e-6)
    assert network_image_crops(image, np.zeros((0, 4), np.float32), (32, 16)).shape == (0, 3, 32, 16)


def test_padding_is_never_seen():
    image = torch.zeros(1, 3, 64, 64)
    image[:, :, 40:], image[:, :, :, 50:] = 9, 9
    boxes = np.array([[30, 20, 64, 64], [60, 60, 64, 64]], np.float32)
    assert not network_image_crops(image, boxes, (8, 8), shape=(40, 50)).any()


def test_boxes_of_no_numbers_have_no_crop(picture):
    source = NetworkImageCrops((32, 16), (160, 160), Normalisation(), Normalisation(), device=torch.device("cpu"))
    boxes = np.array([[np.nan, 0, 5, 5], [-np.inf, 0, np.inf, 9], [900, 900, 901, 901]], np.float32)
    seen = source.visible(boxes, picture().image)
    assert seen.tolist() == [False, True, True]
    assert source([(picture().image, boxes[seen])]).shape == (2, 3, 32, 16)


def test_renormalised_and_back():
    image = torch.randn(1, 3, 4, 5)
    rgb = Normalisation()
    there = renormalized(image, rgb, BGR)
    assert torch.allclose(there[0, 0], image[0, 2] * 57.375 + 103.53 - 103.5, atol=1e-4)
    assert torch.allclose(renormalized(there, BGR, rgb), image, atol=1e-5)
    assert renormalized(image, rgb, Normalisation()) is image


@pytest.mark.parametrize(("bounds", "wanted"), [((160, 160), (120, 160)), ((1000, 60), (60, 80))])
def test_the_image_is_the_detectors(picture, bounds, wanted):
    frame = picture()
    source = NetworkImageCrops((32, 16), bounds, Normalisation(), Normalisation(), device=torch.device("cpu"))
    boxes = np.array([[20, 30, 120, 200]], np.float32)
    rgb = cv2.cvtColor(cv2.resize(frame.image, wanted[::-1]), cv2.COLOR_BGR2RGB).astype(np.float32)
    image = (rgb - Normalisation().mean) / Normalisation().std
    tensor = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    expected = plainly(tensor, boxes * np.float32(wanted[0] / 240), (32, 16))
    assert torch.allclose(source([(frame.image, boxes)]), expected, atol=1e-5)


def test_with_a_network(lively, picture, boxes, tmp_path):
    torch.save(lively(ResNet50ReIdNetwork()).state_dict(), tmp_path / "reid.pth")
    options = {"size": (64, 32), "batch_size": 5}
    plain = ResNet50ReId(str(tmp_path / "reid.pth"), **options)
    compat = ResNet50ReId(
        str(tmp_path / "reid.pth"), compat="mmtracking", detector_scale=(160, 160), detector_colours="bgr", **options
    )
    everywhere = np.concatenate((boxes, [[-50, -60, -2, -3], [900, 10, 950, 20]]), dtype=np.float32)
    one, other = (each.embed([picture()], [everywhere])[0] for each in (plain, compat))
    assert not one[-2:].any()
    assert np.isfinite(other).all()
    assert other.any(1).all()
    assert not np.allclose(one[:3], other[:3])
