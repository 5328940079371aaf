from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from vtrack_plugin_ostrack import OstrackLoss
from vtrack_plugin_ostrack.head import Maps
from vtrack_plugin_ostrack.losses import gaussian_maps, gaussian_radius, place_loss

from .conftest import LAYOUT, make_network


def test_gaussians_are_one_in_the_middle_and_fall() -> None:
    (found,) = gaussian_maps(torch.tensor([[0.25, 0.5, 0.5, 0.25]]), 16)
    radius = int(gaussian_radius(torch.tensor([[8.0, 4.0]])))
    assert radius > 0
    assert found[10, 8] == 1
    spread = (2 * radius + 1) / 6
    for y in range(16):
        for x in range(16):
            near = abs(y - 10) <= radius and abs(x - 8) <= radius
            expected = math.exp(-((y - 10) ** 2 + (x - 8) ** 2) / (2 * spread**2)) if near else 0
            assert found[y, x] == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_targets_beyond_the_map_have_no_middle() -> None:
    found = gaussian_maps(torch.tensor([[1.2, 0.5, 0.1, 0.1], [0.9, 0.9, 0.2, 0.2]]), 16)
    assert not found[0].any()
    assert found[1].max() < 1


def test_losses_of_the_right_answer_are_small() -> None:
    targets = torch.tensor([[0.25, 0.375, 0.5, 0.25]])
    score = gaussian_maps(targets, 16).unsqueeze(1).clamp(1e-4, 1 - 1e-4)
    size = targets[:, 2:, None, None].expand(-1, 2, 16, 16)
    offset = torch.zeros(1, 2, 16, 16)
    right = OstrackLoss()(Maps(score, size, offset), targets)
    assert float(right.l1) == pytest.approx(0, abs=1e-6)
    assert float(right.giou) == pytest.approx(0, abs=1e-6)
    assert float(right.overlap) == pytest.approx(1, abs=1e-6)
    wrong = OstrackLoss()(Maps(score.flip(-1).roll(3, -1), size * 0.5, offset), targets)
    assert float(wrong.total) > float(right.total) + 1
    assert float(wrong.total) == pytest.approx(float(wrong.place + 2 * wrong.giou + 5 * wrong.l1))


def test_maps_without_a_middle_count_as_they_are() -> None:
    scores = torch.full((1, 1, 2, 2), 0.5)
    found = place_loss(scores, torch.zeros(1, 1, 2, 2))
    assert float(found) == pytest.approx(-4 * math.log(0.5) * 0.25)


def test_the_network_learns_from_them() -> None:
    network = make_network(keep={1: 0.7}).requires_grad_(requires_grad=True)
    generator = torch.Generator().manual_seed(4)
    template = torch.randn(2, 3, LAYOUT.template_size, LAYOUT.template_size, generator=generator)
    search = torch.randn(2, 3, LAYOUT.search_size, LAYOUT.search_size, generator=generator)
    targets = torch.tensor([[0.3, 0.3, 0.4, 0.4], [0.5, 0.4, 0.25, 0.12]])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    totals = []
    for _ in range(8):
        losses = OstrackLoss()(network(template, search, keep=0.8), targets)
        optimizer.zero_grad()
        losses.total.backward()
        assert all(parameter.grad is not None for parameter in network.parameters())
        optimizer.step()
        totals.append(float(losses.total.detach()))
    assert np.isfinite(totals).all()
    assert totals[-1] < 0.8 * totals[0]
