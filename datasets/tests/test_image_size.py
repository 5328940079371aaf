from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.sources.images import read_image
from vtrack_datasets.image_size import image_size

EXIF = (
    # An orientation mark that turns the image by a quarter.
    b"\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00"
    b"\x00\x00"
)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
@pytest.mark.parametrize("shape", [(24, 32), (24, 32, 3), (300, 1, 3)])
def test_size_is_that_of_the_decoded_image(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    path = tmp_path / f"image{suffix}"
    cv2.imwrite(str(path), np.zeros(shape, np.uint8))
    assert image_size(path) == (shape[1], shape[0])


@pytest.mark.parametrize("padding", [b"", b"\xff\xff"])
def test_an_orientation_mark_is_followed(tmp_path: Path, padding: bytes) -> None:
    path = tmp_path / "turned.jpg"
    cv2.imwrite(str(path), np.zeros((24, 32, 3), np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[:2] + padding + EXIF + data[2:])
    height, width = read_image(path).shape[:2]
    assert image_size(path) == (width, height) == (24, 32)


def test_files_that_are_no_image(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    with pytest.raises(DataError, match="cannot be read: No such file"):
        image_size(path)
    for data in (b"nothing", b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n"):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"x.jpg"):
            image_size(path)
