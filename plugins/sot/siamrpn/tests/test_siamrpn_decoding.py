from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from vtrack_plugin_siamrpn.anchors import anchor_grid, base_anchors, cosine_window, training_anchors
from vtrack_plugin_siamrpn.decoding import Decoder

RATIOS, SCALES = (0.5, 1.0, 2.0), (4.0, 8.0)


def maps(count: int, cells: int, seed: int = 0) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(count, 12, cells, cells, generator=generator) * 2
    return scores, torch.randn(count, 24, cells, cells, generator=generator) * 0.4


def plain(scores: Any, boxes: Any, size: Any, k: float, influence: float) -> Any:
    """One target, one anchor at a time."""
    cells, best = scores.shape[-1], (-math.inf,)
    window = np.hanning(cells)
    for place, (ratio, scale) in enumerate((ratio, scale) for ratio in RATIOS for scale in SCALES):
        wide = int(math.sqrt(64 / ratio))
        width, height = wide * scale, int(wide * ratio) * scale
        for row in range(cells):
            for column in range(cells):
                background, target = scores[place, row, column], scores[6 + place, row, column]
                score = 1 / (1 + math.exp(background - target))
                dx, dy, dw, dh = (boxes[part * 6 + place, row, column] for part in range(4))
                x, y = (column - cells // 2) * 8 + dx * width, (row - cells // 2) * 8 + dy * height
                w, h = math.exp(dw) * width, math.exp(dh) * height
                extents = [math.sqrt((a + (a + b) / 2) * (b + (a + b) / 2)) for a, b in ((w, h), size)]
                change = extents[0] / extents[1]
                shape = (w / h) / (size[0] / size[1])
                penalty = math.exp(-(max(change, 1 / change) * max(shape, 1 / shape) - 1) * k)
                rank = penalty * score * (1 - influence) + window[row] * window[column] * influence
                best = max(best, (rank, x, y, w, h, score, penalty))
    return best[1:]


@pytest.mark.parametrize(("k", "influence"), [(0.05, 0.42), (0.4, 0.0), (0.0, 0.9), (1.0, 0.3)])
def test_the_best_box_is_that_of_a_plain_loop(k: float, influence: float) -> None:
    scores, boxes = maps(3, 5)
    sizes = torch.tensor([[40.0, 30.0], [20.0, 90.0], [64.0, 64.0]], dtype=torch.float64)
    decoder = Decoder(ratios=RATIOS, scales=SCALES, penalty_k=k)
    found = decoder.best(scores, boxes, sizes, torch.full((3,), influence, dtype=torch.float64))
    assert found.shape == (3, 6)
    assert found.dtype == torch.float64
    for row in range(3):
        expected = plain(
            scores[row].numpy().astype(float), boxes[row].numpy().astype(float), sizes[row].tolist(), k, influence
        )
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-4)


def test_windows_count_for_each_target_by_themselves() -> None:
    scores, boxes = maps(1, 7)
    both = scores.expand(2, -1, -1, -1), boxes.expand(2, -1, -1, -1)
    sizes = torch.tensor([[40.0, 30.0]] * 2, dtype=torch.float64)
    decoder = Decoder(ratios=RATIOS, scales=SCALES)
    found = decoder.best(*both, sizes, torch.tensor([1.0, 0.0], dtype=torch.float64))
    # Nothing but the window: the middle cell.
    assert (found[0, :2].abs() < 40).all()
    assert not torch.equal(found[0], found[1])


def test_anchors_are_in_the_middle_and_rounded_by_convention() -> None:
    ratios = (0.33, 0.5, 1, 2, 3)
    base = base_anchors(8, ratios, (8,))
    sizes = (base[:, 2:] - base[:, :2]).astype(int).tolist()
    assert sizes == [[104, 32], [88, 40], [64, 64], [40, 80], [32, 96]]
    sizes = base_anchors(8, ratios, (8,), convention="mmtracking")[:, 2:] * 2
    assert sizes.astype(int).tolist() == [[104, 32], [88, 40], [64, 64], [40, 88], [32, 104]]
    grid = anchor_grid(base, 8, 3).reshape(5, 3, 3, 4)
    assert grid[2, 0, 2].tolist() == [8, -8, 64, 64]
    assert (grid[:, 1, 1, :2] == 0).all()
    window = cosine_window(5, 2).reshape(2, 5, 5)
    assert window[1, 2, 2] == window.max() == 1
    assert (window[0] == window[0].T).all()


def test_training_anchors_are_around_the_middle_of_the_search_picture() -> None:
    corners, centres = training_anchors(base_anchors(8, (1,), (8,)), 8, 25, 127)
    assert corners.shape == centres.shape == (4, 1, 25, 25)
    assert centres[:, 0, 12, 12].tolist() == [127, 127, 64, 64]
    assert centres[:2, 0, 0, 24].tolist() == [127 + 96, 127 - 96]
    assert corners[:, 0, 12, 12].tolist() == [95, 95, 159, 159]


def test_mmtracking_bounds_changes_of_size() -> None:
    scores, boxes = maps(1, 3)
    boxes[:, 12:] = 50
    sizes, influence = torch.tensor([[40.0, 30.0]]), torch.zeros(1)
    bounded = Decoder(ratios=RATIOS, scales=SCALES, convention="mmtracking").judge(scores, boxes, sizes, influence)
    assert bounded.boxes.isfinite().all()
    free = Decoder(ratios=RATIOS, scales=SCALES).judge(scores, boxes, sizes, influence)
    assert free.boxes[:, 2:].min() > bounded.boxes[:, 2:].max()
