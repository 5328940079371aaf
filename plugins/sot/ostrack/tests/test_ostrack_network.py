"""The network against a plain form of it, which computes all attention and drops candidates afterwards."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtrack_common_sot.crops import square_crop
from vtrack_common_sot.packed_linear import pack_linears
from vtrack_plugin_ostrack.elimination import box_range, fixed_range, focus_of, keep_rate
from vtrack_plugin_ostrack.head import Maps, boxes_at_best
from vtrack_plugin_ostrack.network import Ostrack

from .conftest import LAYOUT, make_network


def pictures(count: int = 1, seed: int = 3) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(seed)
    template = torch.randn(count, 3, LAYOUT.template_size, LAYOUT.template_size, generator=generator)
    return template, torch.randn(count, 3, LAYOUT.search_size, LAYOUT.search_size, generator=generator)


def plain_features(network: Ostrack, template: Any, search: Any, chosen: list[Any], keep: dict[int, float]) -> Any:
    """Return features of the search region, one of the batch after the other."""
    backbone, answers = network.backbone, []
    for row in range(len(template)):
        tokens = torch.cat((backbone.template_tokens(template), backbone.patch_embed(search) + backbone.pos_embed_x), 1)
        tokens, places = tokens[row], torch.arange(256)
        blocks: list[Any] = list(backbone.blocks)
        for number, block in enumerate(blocks):
            parts = block.attn.qkv(block.norm1(tokens)).view(len(tokens), 3, LAYOUT.heads, -1)
            queries, keys, values = parts.permute(1, 2, 0, 3)
            attention = (queries @ keys.transpose(1, 2) / math.sqrt(64)).softmax(dim=-1)
            tokens = tokens + block.attn.proj((attention @ values).transpose(0, 1).flatten(1))
            if number in keep:
                asked = slice(None) if chosen[row] is None else torch.from_numpy(chosen[row])
                paid = attention[:, :64][:, asked][..., 64:].mean(dim=(0, 1))
                kept = paid.argsort(descending=True)[: math.ceil(keep[number] * len(paid))]
                tokens, places = torch.cat((tokens[:64], tokens[64:][kept])), places[kept]
            tokens = tokens + block.mlp.fc2(functional.gelu(block.mlp.fc1(block.norm2(tokens))))
        features = torch.zeros(256, LAYOUT.width)
        features[places] = backbone.norm(tokens[64:])
        answers.append(features)
    return torch.stack(answers)


@pytest.mark.parametrize("keep", [{}, {1: 0.7}, {0: 0.5, 2: 0.9}, {1: 0.6, 3: 0.4}], ids=str)
@pytest.mark.parametrize("chosen", ["ALL", "CTR_POINT", "CTR_REC", "different"])
def test_features_are_those_of_the_plain_form(keep: dict[int, float], chosen: str) -> None:
    network = make_network(keep=keep)
    template, search = pictures(2)
    ranges = [fixed_range("CTR_POINT" if chosen == "different" else chosen, 8)] * 2
    if chosen == "different":
        ranges[1] = np.arange(64) % 5 == 0
    with torch.inference_mode():
        found = network.backbone(network.backbone.template_tokens(template), search, focus_of(ranges))
        torch.testing.assert_close(found, plain_features(network, template, search, ranges, keep), rtol=1e-4, atol=1e-4)
        described = network.describe(template, search, focus_of(ranges))
        torch.testing.assert_close(described.features[:, 64:], found, rtol=1e-4, atol=1e-4)
    assert [each.shape[1] for each in described.removed] == removed_counts(keep)
    zeros = (found == 0).all(dim=-1)
    assert zeros.sum(dim=1).tolist() == [sum(removed_counts(keep))] * 2
    for removed in described.removed:
        assert zeros.gather(1, removed).all()


def removed_counts(keep: dict[int, float]) -> list[int]:
    counts, left = [], 256
    for share in keep.values():
        counts.append(left - math.ceil(share * left))
        left -= counts[-1]
    return counts


def test_a_share_for_all_replaces_those_of_the_blocks() -> None:
    network = make_network(keep={1: 0.7, 2: 0.5})
    template, search = pictures()
    with torch.inference_mode():
        assert [each.shape[1] for each in network.describe(template, search, keep=0.9).removed] == removed_counts(
            {1: 0.9, 2: 0.9}
        )
        everything = network.describe(template, search, keep=1.0)
        assert everything.removed == ()
        without = make_network()
        torch.testing.assert_close(network(template, search, keep=1.0), without(template, search))


def test_networks_made_ready_to_run_answer_the_same() -> None:
    network = make_network(keep={1: 0.7})
    ready = copy.deepcopy(network)
    ready.box_head.fuse()
    pack_linears(ready, BuildContext(device="cpu"))
    template, search = pictures(3)
    with torch.inference_mode():
        tokens = ready.backbone.template_tokens(template)
        torch.testing.assert_close(ready(tokens, search), network(template, search), rtol=1e-4, atol=1e-4)


def test_the_likeliest_cell_has_the_box() -> None:
    maps = Maps(torch.zeros(2, 1, 4, 4), torch.rand(2, 2, 4, 4), torch.rand(2, 2, 4, 4))
    maps.score[0, 0, 2, 1] = maps.score[1, 0, 3, 3] = 0.9
    found, cells = boxes_at_best(maps)
    assert cells.tolist() == [[9], [15]]
    for row, (y, x) in enumerate(((2, 1), (3, 3))):
        expected = [(x + maps.offset[row, 0, y, x]) / 4, (y + maps.offset[row, 1, y, x]) / 4, *maps.size[row, :, y, x]]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6)
    window = torch.zeros(2, 1, 4, 4)
    window[:, :, 0, 3] = 1
    assert boxes_at_best(maps, window)[1].tolist() == [[3], [3]]


@pytest.mark.parametrize(
    ("grid", "first", "square"), [(8, [27], [27, 28, 35, 36]), (12, [65], [65, 66, 77, 78]), (7, [24], [24])]
)
def test_ranges_in_the_middle(grid: int, first: list[int], square: list[int]) -> None:
    for name, wanted in (("CTR_POINT", first), ("CTR_REC", square)):
        chosen = fixed_range(name, grid)
        assert chosen is not None
        assert np.flatnonzero(chosen).tolist() == wanted
    assert fixed_range("ALL", grid) is None


def test_templates_without_a_known_middle_are_told() -> None:
    with pytest.raises(OptionError, match=r"elimination_range: CTR_REC is defined for templates of 7, 8, 12 tokens"):
        fixed_range("CTR_REC", 14)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ([100.0, 80.0, 40.0, 40.0], range(2, 6), range(2, 6)),
        ([100.0, 80.0, 60.0, 20.0], range(3, 5), range(7)),
        # Wider than the template: its left edge counts from the other end.
        ([100.0, 80.0, 200.0, 20.0], range(3, 5), range(6, 8)),
        # Thinner than a square, and between the middles of two: the centre stands in.
        ([100.0, 80.0, 2.0, 200.0], range(3, 4), range(3, 4)),
    ],
)
def test_ranges_of_the_box(box: list[float], rows: range, columns: range) -> None:
    _, scale = square_crop(np.zeros((400, 400, 3), np.uint8), box, 2.0, 128)
    chosen = box_range(np.array(box), scale, 128, 16).reshape(8, 8)
    expected = np.zeros((8, 8), bool)
    expected[np.ix_(rows, columns)] = True
    np.testing.assert_array_equal(chosen, expected)


def test_the_share_falls_along_a_cosine() -> None:
    assert [keep_rate(epoch) for epoch in (0, 19, 20, 100, 300)] == [1, 1, 1, 0.7, 0.7]
    assert keep_rate(60) == pytest.approx(0.85)
    rates = [keep_rate(epoch, start=2, warm=6, keep=0.5) for epoch in range(12)]
    assert rates == sorted(rates, reverse=True)
