from __future__ import annotations

import itertools

import numpy as np
import pytest

from vtcore.drawing.colours import PALETTE, UNMATCHED, colour_of, text_colour

# Simulations of Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
LMS = np.array(
    [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.6299787]]
)
LAB = np.array(
    [[0.21045426, 0.79361779, -0.00407205], [1.9779985, -2.42859221, 0.45059371], [0.02590404, 0.78277177, -0.80867577]]
)


def oklab(colours: np.ndarray, sight: np.ndarray | None = None) -> np.ndarray:
    rgb = colours[:, ::-1] / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if sight is not None:
        linear = np.clip(linear @ sight.T, 0, 1)
    return np.asarray(np.cbrt(linear @ LMS.T) @ LAB.T)


def test_a_number_always_has_the_same_colour() -> None:
    assert [colour_of(number) for number in (0, 7, 40, 10**12)] == [colour_of(number) for number in (0, 7, 40, 10**12)]
    assert colour_of(3) != colour_of(4)
    assert colour_of(-1) in PALETTE


@pytest.mark.parametrize(("sight", "least"), [(None, 0.06), (DEUTERANOPIA, 0.045), (PROTANOPIA, 0.045)])
def test_colours_differ_for_every_sight(sight: np.ndarray | None, least: float) -> None:
    points = oklab(np.array(PALETTE, float), sight)
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(points, 2)) > least


def test_the_first_colours_differ_most() -> None:
    points = oklab(np.array(PALETTE, float))
    nearest = [np.linalg.norm(points[:count, None] - points[None, :count], axis=2) for count in (6, 32)]
    least = [distances[~np.eye(len(distances), dtype=bool)].min() for distances in nearest]
    assert least[0] > 2 * least[1]


def test_colours_show_on_dark_and_bright_and_are_not_grey() -> None:
    points = oklab(np.array(PALETTE, float))
    assert points[:, 0].min() > 0.5
    assert points[:, 0].max() < 0.92
    assert np.hypot(points[:, 1], points[:, 2]).min() > 0.1
    assert np.ptp(UNMATCHED) == 0


def test_text_contrasts_with_its_ground() -> None:
    assert text_colour((0, 255, 255)) == (0, 0, 0)
    assert text_colour((120, 0, 60)) == (255, 255, 255)
