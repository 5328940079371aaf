"""A textured picture that moves over another, by fractions of a pixel, and grows where asked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Instances


def texture(seed: int, height: int, width: int) -> Any:
    """Return a smooth, coloured pattern, uint8."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(smooth / smooth.std() * 45 + 128, 0, 255).astype(np.uint8)


BACKGROUND = texture(0, 240, 320)
TARGETS = [texture(number, 48, 40) for number in (1, 2, 3)]


def place(index: float, number: int = 0) -> tuple[float, float]:
    """Return the upper left corner of a target."""
    return 40 + 85 * number + 2.3 * index, 50 + 25 * number + 1.6 * index


@pytest.fixture(scope="session")
def frame() -> Callable[..., Frame]:
    """Make a frame with targets, 40 x 48 pixels, which move to the right and down."""

    def make(index: int, *, targets: int = 1, growth: float = 1.0, hidden: bool = False) -> Frame:
        image = BACKGROUND.copy()
        for number in range(0 if hidden else targets):
            x, y = place(index, number)
            size = growth**index
            move = np.array([[size, 0, x - 0.5 + size * 0.5], [0, size, y - 0.5 + size * 0.5]])
            cv2.warpAffine(
                TARGETS[number],
                move,
                (320, 240),
                dst=image,
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_TRANSPARENT,
            )
        return Frame(index, image)

    return make


@pytest.fixture(scope="session")
def target() -> Callable[..., Instances]:
    """Make targets where they are in a frame, by their numbers."""

    def make(index: int, *numbers: int, ids: tuple[int, ...] | None = None, growth: float = 1.0) -> Instances:
        size = growth**index
        boxes = [(*place(index, number), 40 * size, 48 * size) for number in numbers]
        return Instances.from_ltwh(boxes, ids=ids or numbers)

    return make
