"""Pictures to detect in: a scene drawn by the tests, and the reference data where it is."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.frames import Frame

Box = tuple[int, int, int, int]


class Scene:
    """A grey, slightly noisy wall that boxes of another brightness pass by."""

    def __init__(self, width: int = 320, height: int = 240, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.random = random
        wall = cv2.resize(random.integers(80, 150, (12, 16, 3)).astype(np.uint8), (width, height))
        self.wall = wall

    def frame(self, index: int, *boxes: Box, shade: int = 230) -> Frame:
        image = self.wall.astype(int) + np.random.default_rng(index).integers(-3, 4, self.wall.shape)
        for x1, y1, x2, y2 in boxes:
            image[y1:y2, x1:x2] = shade
        return Frame(index, np.clip(image, 0, 255).astype(np.uint8))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of the reference data."""
    given = os.environ.get("VTCORE_REFERENCE_DATA", "")
    folder = Path(given) if given else Path(__file__).parents[4] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder} (VTCORE_REFERENCE_DATA)")
    return folder
