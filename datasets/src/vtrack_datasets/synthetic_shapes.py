"""Outlines and surfaces of synthetic objects, and the ground they move on."""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import BoolArray, Float64Array
from vtrack_datasets.randomness import uniform

__all__ = ["Shape", "background", "outline", "shape_of_class", "surface"]

_SPRITE_HEIGHT, _SPRITE_WIDTH = 96, 64
_SURFACE, _BACKGROUND = 11, 12  # What a random number is for.


@attrs.frozen
class Shape:
    """How the objects of a class look.

    Attributes:
        outline: ``figure``, ``vehicle``, ``box`` or ``ellipse``.
        height: Height as a multiple of a person's.
        aspect: Width over height.
    """

    outline: str
    height: float
    aspect: float


_PERSON = Shape("figure", 1.0, 0.4)
_CAR = Shape("vehicle", 0.6, 2.1)
_BOX = Shape("box", 0.5, 1.0)
_BALL = Shape("ellipse", 0.35, 1.0)
_KNOWN = {
    "pedestrian": _PERSON,
    "person": _PERSON,
    "car": _CAR,
    "truck": Shape("vehicle", 0.95, 1.5),
    "bus": Shape("box", 0.95, 2.0),
    "box": _BOX,
    "ball": _BALL,
    "animal": Shape("ellipse", 0.45, 1.6),
}
_OTHERS = (_PERSON, _BOX, _BALL, _CAR)


def shape_of_class(name: str, index: int) -> Shape:
    """Return the shape of a class; names without one of their own take the shapes in turn."""
    return _KNOWN.get(name.lower(), _OTHERS[index % len(_OTHERS)])


@lru_cache(maxsize=128)
def outline(kind: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return the pixels that an object covers, uint8 ``(height, width)``, 255 or 0; it touches all four sides.

    Small objects are boxes, whatever their kind. The array is shared: do not change it.
    """
    if kind == "box" or min(width, height) < 10:
        return np.full((height, width), 255, np.uint8)
    y = ((np.arange(height) + 0.5) / height)[:, None]
    x = ((np.arange(width) + 0.5) / width)[None, :]
    if kind == "ellipse":
        covered = _rounded(x, y, (0.5, 0.5), (0.505, 0.505), 2)
    elif kind == "vehicle":
        covered = _rounded(x, y, (0.5, 0.72), (0.505, 0.285), 8) | _rounded(x, y, (0.5, 0.4), (0.32, 0.405), 5)
    else:
        head = _rounded(x, y, (0.5, 0.085), (0.21, 0.09), 2)
        trunk = _rounded(x, y, (0.5, 0.35), (0.505, 0.2), 3)
        hip = _rounded(x, y, (0.5, 0.5), (0.36, 0.12), 3)
        legs = _rounded(x, y, (0.34, 0.74), (0.17, 0.265), 4) | _rounded(x, y, (0.66, 0.74), (0.17, 0.265), 4)
        covered = head | trunk | hip | legs
    pixels: npt.NDArray[np.uint8] = covered.astype(np.uint8) * np.uint8(255)
    return pixels


def _rounded(
    x: Float64Array, y: Float64Array, centre: tuple[float, float], radius: tuple[float, float], power: float
) -> BoolArray:
    """Return where a superellipse covers: an ellipse at power 2, nearly a rectangle at 8."""
    inside: BoolArray = (abs(x - centre[0]) / radius[0]) ** power + (abs(y - centre[1]) / radius[1]) ** power <= 1
    return inside


def surface(kind: str, seed: int, number: int, identity: int) -> Image:
    """Return what an object is painted with, uint8 ``(96, 64, 3)``, to be scaled to its size."""
    import cv2

    drawn = uniform(seed, number, _SURFACE, identity, np.arange(9 + 16 * 12 * 3))
    colours = 30 + 200 * drawn[:9].reshape(3, 3)
    rows = np.linspace(0, 1, _SPRITE_HEIGHT, endpoint=False)[:, None, None]
    if kind == "figure":
        skin = np.array([120.0, 150.0, 195.0]) * (0.5 + 0.6 * drawn[8])
        plain = np.where(rows < 0.17, skin, np.where(rows < 0.54, colours[0], 0.6 * colours[1]))
    elif kind == "vehicle":
        plain = np.where((rows > 0.08) & (rows < 0.42), 0.35 * colours[1], colours[0])
    else:
        plain = np.where((rows * 5).astype(int) % 2 == 0, colours[0], 0.8 * colours[0] + 0.2 * colours[2])
    blotches = (drawn[9:].reshape(16, 12, 3) * 90 - 45).astype(np.float32)
    texture = cv2.resize(blotches, (_SPRITE_WIDTH, _SPRITE_HEIGHT), interpolation=cv2.INTER_LINEAR)
    painted: Image = np.clip(np.rint(plain + texture), 0, 255).astype(np.uint8)
    return painted


def background(seed: int, number: int, width: int, height: int, horizon: int) -> Image:
    """Return a textured ground below a textured wall, uint8 ``(height, width, 3)``.

    Args:
        seed: Of the data set.
        number: Of the sequence.
        width: Width in pixels.
        height: Height in pixels.
        horizon: Row where the wall meets the ground.
    """
    import cv2

    drawn = uniform(seed, number, _BACKGROUND, 0, np.arange(8))
    tones = 80 + 70 * drawn[6:, None] + 30 * drawn[:6].reshape(2, 3)
    rows = np.arange(height)[:, None, None]
    picture = np.where(rows < horizon, tones[0], tones[1]).repeat(width, axis=1).astype(np.float32)
    for octave, strength in enumerate((26.0, 22.0, 18.0, 14.0, 10.0)):
        cell = max(2, min(width, height) >> (octave + 2))
        across, down = width // cell + 2, height // cell + 2
        drawn = uniform(seed, number, _BACKGROUND, 1 + octave, np.arange(across * down * 3))
        blotches = (drawn.reshape(down, across, 3) - 0.5) * 2 * strength
        grid = (0.3 * blotches + 0.8 * blotches[..., :1]).astype(np.float32)  # Mostly grey, as real ground is.
        picture += cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
    painted: Image = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    _furnish(painted, seed, number, horizon)
    return painted


def _furnish(picture: Image, seed: int, number: int, horizon: int) -> None:
    """Paint windows and slabs on wall and ground: edges, which detectors and camera-motion estimators live on."""
    import cv2

    height, width = picture.shape[:2]
    drawn = uniform(seed, number, _BACKGROUND, 99, np.arange(80 * 7)).reshape(80, 7)
    for x, y, across, down, *colour in drawn:
        left, top = int(x * width), int(y * height)
        wall = top < horizon
        size_x, size_y = (
            int((0.02 + 0.06 * across) * width),
            int((0.02 + 0.05 * down) * height * (1.5 if wall else 0.5)),
        )
        corner = (left + size_x, min(top + size_y, horizon - 1) if wall else top + size_y)
        cv2.rectangle(picture, (left, top), corner, [50 + 120 * colour[0] + 40 * tone for tone in colour], cv2.FILLED)
