from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vtrack_plugin_nanotrack.crops import CUTTERS
from vtrack_plugin_nanotrack.decoding import Decoder

GRID = 5


def by_hand(logits: Any, distances: Any, size: Any, penalty_k: float, influence: float) -> tuple[Any, ...]:
    """What NanoTrack's tracker does with one target, place by place."""

    def extent(width: float, height: float) -> float:
        margin = (width + height) / 2
        return math.sqrt((width + margin) * (height + margin))

    best: tuple[Any, ...] = (-1.0,)
    for row in range(GRID):
        for column in range(GRID):
            place = row * GRID + column
            x, y = (column - GRID // 2) * 16, (row - GRID // 2) * 16
            left, top, right, bottom = distances[:, place]
            width, height = left + right, top + bottom
            scale = extent(width, height) / extent(*size)
            ratio = (size[0] / size[1]) / (width / height)
            penalty = math.exp(-(max(scale, 1 / scale) * max(ratio, 1 / ratio) - 1) * penalty_k)
            score = math.exp(logits[1, place]) / sum(map(math.exp, logits[:, place]))
            window = math.prod(0.5 - 0.5 * math.cos(2 * math.pi * k / (GRID - 1)) for k in (row, column))
            rank = penalty * score * (1 - influence) + window * influence
            if rank > best[0]:
                middle = (x + (right - left) / 2, y + (bottom - top) / 2)
                best = (rank, middle, (width, height), penalty * score, score)
    return best


@pytest.mark.parametrize(("penalty_k", "influence"), [(0.15, 0.49), (0.0, 0.0), (3.0, 0.1), (0.1, 1.0)])
def test_places_are_those_found_one_by_one(penalty_k: float, influence: float) -> None:
    random = np.random.default_rng(1)
    logits = random.normal(size=(6, 2, GRID * GRID)).astype(np.float32)
    distances = random.uniform(5, 60, (6, 4, GRID * GRID)).astype(np.float32)
    sizes = random.uniform(20, 90, (6, 2))
    chosen = Decoder(GRID, penalty_k=penalty_k, window_influence=influence)(logits, distances, sizes)
    for row in range(6):
        rank, middle, size, rate, score = by_hand(logits[row], distances[row], sizes[row], penalty_k, influence)
        assert chosen.ranks[row] == pytest.approx(rank, rel=1e-5)
        assert chosen.offsets[row] == pytest.approx(middle, rel=1e-5)
        assert chosen.sizes[row] == pytest.approx(size, rel=1e-5)
        assert chosen.rates[row] == pytest.approx(rate, rel=1e-5)
        assert chosen.scores[row] == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize("size", [(33.0, 21.0), (20.4, 50.7), (118.0, 90.0)])
@pytest.mark.parametrize("centre", [(100.0, 90.0), (100.5, 90.25), (99.99, 91.4)])
def test_a_piece_lies_where_it_says(centre: tuple[float, float], size: tuple[float, float]) -> None:
    """The brightness of a ramp tells where a pixel of the search picture comes from."""
    image = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2)
    image[:, :, 1] = image[:, :, 1].T
    piece = CUTTERS[""]().search(image, np.array(centre), np.array(size), np.zeros(3))
    middle = piece.picture[127, 127].astype(float)
    # The middle pixel, 127, is in the middle of the picture: whole numbers are the middles of pixels.
    assert middle[0] == pytest.approx(piece.middle[0], abs=0.51)
    assert middle[1] == pytest.approx(piece.middle[1], abs=0.51)
    assert np.abs(piece.middle - centre).max() <= 0.51
    step = (piece.picture[127, 167, 0].astype(float) - middle[0]) / 40
    assert step == pytest.approx(1 / piece.scale, abs=0.03)
