from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from vtrack_plugin_mixformer.network import SearchNetwork, TemplateNetwork
from vtrack_plugin_mixformer.vit import sine_cosine_table


def _given(seed: int = 0):
    torch.manual_seed(seed)
    return torch.randn(2, 2, 3, 32, 32), torch.randn(2, 3, 64, 64)


def test_with_norms_folded_it_answers_the_same(network_of, family):
    network = network_of(family)
    fused = copy.deepcopy(network).fuse()
    templates, regions = _given()
    with torch.inference_mode():
        wanted, found = (each(regions, each.remember(templates)) for each in (network, fused))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
    torch.testing.assert_close(found.boxes, wanted.boxes, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.scores, wanted.scores, rtol=0, atol=1e-4)
    torch.testing.assert_close(found.features, wanted.features, rtol=0, atol=1e-3)


def test_folding_twice_is_folding_once(make_network):
    network = make_network("cvt").fuse()
    templates, regions = _given()
    with torch.inference_mode():
        before = network(regions, network.remember(templates)).boxes
        again = network.fuse()
        assert torch.equal(again(regions, again.remember(templates)).boxes, before)


def test_frozen_norms_stay_as_they_are_in_training(make_network):
    network = make_network("cvt").train()
    before = {name: value.clone() for name, value in network.backbone.named_buffers()}
    network.backbone.remember(_given()[0])
    assert before
    assert all(torch.equal(value, before[name]) for name, value in network.backbone.named_buffers())


def test_without_a_score_it_says_none(make_network, family):
    network = make_network(family, scored=False)
    templates, regions = _given()
    with torch.inference_mode():
        assert network(regions, network.remember(templates)).scores is None


def test_the_score_is_that_of_the_boxes_that_are_asked_for(network_of):
    network = network_of("vit")
    templates, regions = _given()
    with torch.inference_mode():
        memory = network.remember(templates)
        own = network(regions, memory)
        same = network(regions, memory, score_boxes=own.head.boxes)
        other = network(regions, memory, score_boxes=torch.tensor([[0.1, 0.1, 0.6, 0.7]]).expand(2, -1))
    assert torch.equal(same.scores, own.scores)
    assert (other.scores - own.scores).abs().min() > 0


def test_corners_of_the_pyramid_are_those_of_separate_steps(network_of):
    """Against the sum of the four maps, each made as fine as the finest one by one."""
    head = network_of("vit").box_head
    torch.manual_seed(3)
    x = torch.randn(2, 128, 4, 4)

    def finer(maps, factor):
        return functional.interpolate(maps, scale_factor=factor)

    with torch.inference_mode():
        for corner, found in zip(("tl", "br"), head(x)[1:], strict=True):
            part = {name: getattr(head, f"{name}_{corner}") for name in ("conv1", "conv2", "conv3", "conv4", "conv5")}
            adjust = [getattr(head, f"adjust{number}_{corner}") for number in range(1, 5)]
            second = part["conv2"](part["conv1"](x))
            third = part["conv3"](finer(adjust[0](x), 2) + finer(second, 2))
            fourth = part["conv4"](finer(adjust[1](x), 4) + finer(third, 2))
            scores = part["conv5"](fourth) + finer(adjust[2](second), 4) + finer(adjust[3](third), 2)
            torch.testing.assert_close(found, scores.flatten(1).softmax(dim=1), rtol=0, atol=1e-6)


def test_edges_are_the_mean_places_of_their_tokens(network_of):
    head = network_of("v2").box_head
    torch.manual_seed(4)
    tokens = torch.randn(2, 4, 128)
    with torch.inference_mode():
        found = head(tokens)
    places = torch.arange(24) / 24
    for name, token, column in (("left", 0, 0), ("right", 1, 2), ("top", 2, 1), ("bottom", 3, 3)):
        probabilities = getattr(found, name)
        torch.testing.assert_close(probabilities, head.layers(tokens[:, token]).softmax(dim=1))
        torch.testing.assert_close(found.boxes[:, column], (probabilities * places).sum(dim=1))


def test_places_are_told_by_columns_first():
    table = sine_cosine_table(8, 3)[0]
    assert table.shape == (9, 8)
    # The second place is the next one in its row.
    np.testing.assert_allclose(table[1], [np.sin(1), np.sin(0.01), np.cos(1), np.cos(0.01), 0, 0, 1, 1], atol=1e-6)
    assert table[3].tolist() == [*table[0, :4].tolist(), *table[1, :4].tolist()]


def test_bytes_are_normalised_red_first(network_of):
    network = network_of("v2")
    pixels = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    looks = pixels[:, None, :32, :32].expand(-1, 2, -1, -1, -1)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])

    def normalised(values):
        return ((values.float() / 255).flip(-1) - mean).div(deviation).movedim(-1, -3)

    with torch.inference_mode():
        memory = network.remember(normalised(looks))
        wanted = network(normalised(pixels), memory)
        found = SearchNetwork(network)(pixels, None, *TemplateNetwork(network)(looks))
    torch.testing.assert_close(found[:, :4], wanted.boxes, rtol=0, atol=1e-6)
    torch.testing.assert_close(found[:, 4], wanted.scores.sigmoid(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("scored", "told"), [(True, "with a score"), (False, "without a score")])
def test_a_layout_says_what_it_is(make_network, scored, told):
    layout = make_network("vit", scored=scored).layout
    assert str(layout) == f"vit of 2 blocks of 128, {told}"
    assert layout.sizes == (64, 32)
