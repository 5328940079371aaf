from __future__ import annotations

import attrs
import cv2
import numpy as np
import pytest

from vtrack_plugin_onnx.config import OnnxConfig
from vtrack_plugin_onnx.pictures import Pictures
from vtrack_plugin_onnx.presets import PRESETS, Preset


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (32, 64), (7, 7)])
def test_boxes_of_pictures_lie_where_the_picture_was_put(name: str, shape: tuple[int, int]) -> None:
    preset = PRESETS[name]
    image = np.zeros((*shape, 3), np.uint8)
    height, width = shape
    image[height // 4 : height // 2, width // 2 :] = 255
    pad = attrs.evolve(preset, mean=(0, 0, 0), std=(1, 1, 1), pad=0)
    batch, placed = Pictures(pad, (64, 96))([image])
    assert batch.shape == (1, 3, 64, 96)
    box = np.array([width // 2, height // 4, width, height // 2]) * placed.factors[0] + placed.offsets[0]
    rows, columns = np.nonzero(batch[0, 0] >= 127)
    seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert np.abs(box - seen).max() <= 1.5


def test_numbers_are_in_the_networks_order() -> None:
    image = picture(32, 64)
    preset = Preset("stretch", "rgb", mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 8.0))
    batch, placed = Pictures(preset, (32, 64))([image, image[:, ::-1]])
    wanted = (image[..., ::-1].astype(np.float64) - (1, 2, 3)) / (4, 5, 8)
    assert batch.dtype == np.float32
    assert np.allclose(batch[0], wanted.transpose(2, 0, 1), atol=1e-5)
    assert np.allclose(batch[1], wanted[:, ::-1].transpose(2, 0, 1), atol=1e-5)
    assert placed.factors.tolist() == [[1, 1, 1, 1]] * 2
    blue_first, _ = Pictures(PRESETS["megvii"], (32, 64))([image])
    assert np.array_equal(blue_first[0], image.transpose(2, 0, 1))
    as_bytes, _ = Pictures(Preset("stretch", "rgb"), (32, 64), np.uint8)([image])
    assert as_bytes.dtype == np.uint8
    assert np.array_equal(as_bytes[0], image[..., ::-1].transpose(2, 0, 1))


def test_centred_letterbox_keeps_nothing_of_the_pictures_before() -> None:
    pictures = Pictures(PRESETS["centred"], (64, 96))
    pictures([picture(64, 96), picture(64, 96, 1)])
    images = [picture(20, 96, 2), picture(90, 31, 3)]
    batch, placed = pictures(images)
    again, _ = Pictures(PRESETS["centred"], (64, 96))(images)
    assert np.array_equal(batch, again)
    # 90 x 31 becomes 64 x 22, with 37 pixels at both sides.
    assert placed.offsets.tolist() == [[0, 22, 0, 22], [37, 0, 37, 0]]
    scaled = cv2.resize(images[1], (22, 64), interpolation=cv2.INTER_LINEAR)
    assert np.allclose(batch[1, :, :, 37:59], scaled[..., ::-1].transpose(2, 0, 1) / 255, atol=1e-6)
    assert np.allclose(batch[1, :, :, :37], 114 / 255)
    assert np.allclose(batch[1, :, :, 59:], 114 / 255)


def test_parts_of_a_preset_can_be_changed() -> None:
    assert OnnxConfig().pictures == PRESETS["megvii"]
    assert OnnxConfig(decoding="detr").pictures == PRESETS["imagenet"]
    changed = OnnxConfig(preset="bytetrack", resize="stretch", std=(1.0, 1.0, 1.0), pad=0).pictures
    assert changed == attrs.evolve(PRESETS["bytetrack"], resize="stretch", std=(1, 1, 1), pad=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": (32,)}, r"input_size: must be a height and a width, got \[32\]"),
        ({"mean": (1.0,)}, r"mean: must be a number for each channel, got \[1.0\]"),
        ({"std": (1.0, 0.0, 1.0)}, r"std: must be > 0, got 0.0"),
        ({"strides": ()}, r"strides: there must be one at least"),
        ({"decoding": "yolo"}, r"decoding: must be one of 'yolox', "),
        ({"activation": "softmax"}, r"activation: yolox has no class that stands for nothing"),
    ],
)
def test_options_out_of_bounds(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OnnxConfig(**options)  # type: ignore[arg-type]
