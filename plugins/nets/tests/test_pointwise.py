"""Convolutions of single pixels left to oneDNN."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.profiler import profile

from vtrack_nets.pointwise import hasten_pointwise


def network() -> nn.Sequential:
    torch.manual_seed(1)
    layers = [nn.Conv2d(8, 16, 1), nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 4, 1, stride=2)]
    return nn.Sequential(*layers).eval()


def test_answers_and_names_stay() -> None:
    plain, hastened = network(), network()
    hasten_pointwise(hastened)
    images = torch.rand(3, 8, 33, 47)
    with torch.inference_mode():
        torch.testing.assert_close(hastened(images), plain(images), atol=1e-5, rtol=1e-5)
    assert hastened.state_dict().keys() == plain.state_dict().keys()
    assert [layer.dilation for layer in hastened] == [(2, 2), (1, 1), (2, 2)]


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch is built without oneDNN")
def test_one_thread_leaves_few_images_to_onednn() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        hastened = network()
        hasten_pointwise(hastened)
        with torch.inference_mode(), profile() as told:
            hastened(torch.rand(2, 8, 32, 32))
    finally:
        torch.set_num_threads(before)
    calls = {event.key: event.count for event in told.key_averages()}
    assert calls["aten::mkldnn_convolution"] == 3
