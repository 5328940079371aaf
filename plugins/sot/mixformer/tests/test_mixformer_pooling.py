from __future__ import annotations

import numpy as np
import pytest
import torch

from vtrack_plugin_mixformer import precise_roi_pool


def _sampled(features, box, size, *, samples=400):
    """The mean of bilinear samples, zero beyond the map: what the exact mean is the limit of."""
    channels, height, width = features.shape
    x1, y1, x2, y2 = box
    across = x1 + (x2 - x1) * (np.arange(size * samples) + 0.5) / (size * samples)
    down = y1 + (y2 - y1) * (np.arange(size * samples) + 0.5) / (size * samples)
    columns = np.clip(1 - np.abs(across[:, None] - np.arange(width)), 0, None)
    rows = np.clip(1 - np.abs(down[:, None] - np.arange(height)), 0, None)
    values = np.einsum("ph,chw,qw->cpq", rows, features, columns)
    return values.reshape(channels, size, samples, size, samples).mean(axis=(2, 4))


@pytest.mark.parametrize(
    "box",
    [
        (1.3, 0.7, 5.2, 4.9),
        (-3.0, -2.0, 9.5, 8.0),
        (2.0, 2.0, 2.01, 2.02),
        (6.5, 1.0, 12.0, 3.0),
        (-5.0, -5.0, -2.0, -1.5),
    ],
)
def test_means_are_the_limit_of_many_samples(box):
    features = np.random.default_rng(0).standard_normal((3, 6, 7))
    found = precise_roi_pool(torch.from_numpy(features)[None], torch.tensor([box], dtype=torch.float64), 4)
    np.testing.assert_allclose(found[0].numpy(), _sampled(features, box, 4), rtol=0, atol=2e-5)


@pytest.mark.parametrize("box", [(2.0, 2.0, 2.0, 4.0), (3.0, 1.0, 2.0, 4.0), (1.0, 4.0, 3.0, 2.0)])
def test_a_box_without_area_has_means_of_zero_and_gradients_that_are_numbers(box):
    boxes = torch.tensor([box], requires_grad=True)
    features = torch.ones(1, 2, 6, 6, requires_grad=True)
    found = precise_roi_pool(features, boxes, 4)
    assert found.abs().max() == 0
    found.sum().backward()
    assert boxes.grad.isfinite().all()
    assert features.grad.isfinite().all()


def test_gradients_are_those_of_the_means():
    torch.manual_seed(0)
    features = torch.randn(2, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    boxes = torch.tensor([[0.6, 0.3, 3.7, 4.4], [-1.2, 1.1, 2.3, 5.6]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *given: precise_roi_pool(*given, 3), (features, boxes))


def test_a_flat_map_has_its_own_value_as_mean():
    found = precise_roi_pool(torch.full((1, 1, 8, 8), 3.0), torch.tensor([[1.0, 2.0, 6.5, 6.0]]), 4)
    torch.testing.assert_close(found, torch.full_like(found, 3.0))
