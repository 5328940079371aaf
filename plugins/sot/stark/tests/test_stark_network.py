from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from vtrack_plugin_stark.attention import Attention
from vtrack_plugin_stark.network import cells_of
from vtrack_plugin_stark.position import LearnedPosition, PositionCache, SinePosition


@pytest.fixture
def attention():
    torch.manual_seed(1)
    made = Attention(16, 4).eval()
    nn.init.normal_(made.in_proj_bias)
    nn.init.normal_(made.out_proj.bias)
    return made.requires_grad_(requires_grad=False)


@pytest.fixture
def plain(attention):
    """The same attention, as torch has it."""
    theirs = nn.MultiheadAttention(16, 4, batch_first=True).eval()
    theirs.load_state_dict(attention.state_dict())
    return theirs.requires_grad_(requires_grad=False)


KEEP = torch.tensor([[True] * 5, [True, False, True, True, False]])


@pytest.mark.parametrize("keep", [None, KEEP])
@pytest.mark.parametrize("split", [False, True])
def test_attention_is_torchs(attention, plain, keep, split):
    tokens, values, queries = torch.randn(3, 2, 5, 16)
    if split:
        attention.split()
    padding = None if keep is None else ~keep
    wanted = plain(tokens, tokens, values, key_padding_mask=padding, need_weights=False)[0]
    torch.testing.assert_close(attention(tokens, values, keep), wanted)
    wanted = plain(queries, tokens, values, key_padding_mask=padding, need_weights=False)[0]
    torch.testing.assert_close(attention(tokens, values, keep, queries), wanted)


@pytest.mark.parametrize("keep", [None, KEEP])
@pytest.mark.parametrize("count", [1, 3])
def test_few_queries_take_the_same_without_keys_and_values(attention, plain, keep, count):
    tokens, values = torch.randn(2, 2, 5, 16)
    queries = torch.randn(2, count, 16)
    padding = None if keep is None else ~keep
    wanted = plain(queries, tokens, values, key_padding_mask=padding, need_weights=False)[0]
    torch.testing.assert_close(attention.of_few(queries, tokens, values, keep), wanted)


def test_one_token_takes_its_own_value(attention, plain):
    query, value = torch.randn(2, 2, 1, 16)
    torch.testing.assert_close(attention.of_one(value), plain(query, query, value, need_weights=False)[0])


def test_dropped_shares_drop_the_bias_with_them(attention):
    attention.dropout = 0.5
    attention.train()
    tokens = torch.randn(1, 200, 16)
    queries = tokens[:, :1]
    few = torch.stack([attention.of_few(queries, tokens, tokens) for _ in range(300)]).mean(dim=0)
    attention.eval()
    torch.testing.assert_close(few, attention.of_few(queries, tokens, tokens), rtol=0, atol=0.15)
    attention.train()
    ones = torch.stack([attention.of_one(queries) for _ in range(3000)]).mean(dim=0)
    attention.eval()
    torch.testing.assert_close(ones, attention.of_one(queries), rtol=0, atol=0.25)


def test_cells_are_counted_from_the_first_that_is_no_padding():
    padding = torch.zeros(1, 4, 4, dtype=torch.bool)
    padding[:, :, :2] = True
    position = SinePosition(8)(padding).view(4, 4, 8)
    for row in range(4):
        for column in range(4):
            places = ((row + 1) / 4 if column >= 2 else 0.0, max(column - 1, 0) / 2)
            for half, share in enumerate(places):
                angle = 2 * math.pi * share
                slow = angle / 10000 ** (2 / 4)
                wanted = torch.tensor([math.sin(angle), math.cos(angle), math.sin(slow), math.cos(slow)])
                torch.testing.assert_close(position[row, column, 4 * half : 4 * half + 4], wanted, rtol=0, atol=1e-4)


def test_a_learned_position_is_of_row_and_column():
    module = LearnedPosition(6, 5).requires_grad_(requires_grad=False)
    position = module(torch.zeros(2, 3, 4, dtype=torch.bool)).view(2, 3, 4, 6)
    assert torch.equal(position[1, 2, 3], torch.cat((module.col_embed.weight[3], module.row_embed.weight[2])))


def test_positions_are_computed_once():
    class Counting(SinePosition):
        calls = 0

        def forward(self, padding):
            Counting.calls += 1
            return super().forward(padding)

    cache = PositionCache(Counting(8), torch.device("cpu"))
    padding = torch.zeros(3, 3, dtype=torch.bool)
    first = cache(padding.numpy())
    padding[0, 0] = True
    other = cache(padding.numpy())
    assert Counting.calls == 2
    assert cache(padding.numpy()) is other
    assert not torch.equal(first, other)
    for number in range(2**9):
        cache(torch.tensor([number >> bit & 1 for bit in range(9)], dtype=torch.bool).view(3, 3).numpy())
    assert Counting.calls <= 2 + 2**9
    assert len(cache._known) == 256


def test_a_cell_is_padding_where_its_first_pixel_is():
    padding = torch.zeros(1, 64, 64, dtype=torch.bool)
    padding[:, :, 17:40] = True
    assert cells_of(padding, 16)[0].tolist() == [[False, False, True, False]] * 4


def _pictures(count=1):
    torch.manual_seed(3)
    return (torch.randn(count, 3, 32, 32), torch.randn(count, 3, 32, 32)), torch.randn(count, 3, 64, 64)


@pytest.mark.parametrize(("kind", "templates"), [("spatial", 1), ("temporal", 2), ("lightning", 1)])
def test_folding_changes_nothing_but_rounding(request, kind, templates):
    network = request.getfixturevalue(kind)
    shown, search = _pictures(2)
    with torch.no_grad():
        before = network(shown[:templates], search)
        fused = copy.deepcopy(network).fuse()
        after = fused.fuse()(shown[:templates], search)
    assert not any(isinstance(each, nn.BatchNorm2d) for each in fused.modules())
    torch.testing.assert_close(after.boxes, before.boxes, rtol=0, atol=1e-5)
    torch.testing.assert_close(after.memory, before.memory, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("kind", "templates"), [("temporal", 2), ("lightning", 1)])
def test_pictures_of_a_batch_do_not_see_each_other(request, kind, templates):
    network = request.getfixturevalue(kind)
    shown, search = _pictures(3)
    paddings = [
        torch.zeros(3, each.shape[-1], each.shape[-1], dtype=torch.bool) for each in (*shown[:templates], search)
    ]
    paddings[-1][1, :, 40:] = True
    with torch.no_grad():
        together = network(shown[:templates], search, tuple(paddings))
        for row in range(3):
            alone = network(
                tuple(each[row : row + 1] for each in shown[:templates]),
                search[row : row + 1],
                tuple(each[row : row + 1] for each in paddings),
            )
            torch.testing.assert_close(together.boxes[row : row + 1], alone.boxes, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("kind", "templates"), [("temporal", 2), ("lightning", 1)])
def test_tokens_that_are_padding_do_not_count(request, kind, templates):
    network = request.getfixturevalue(kind)
    cells = 4
    torch.manual_seed(0)
    count = 4 * templates
    tokens, position = torch.randn(1, count + cells * cells, 32), torch.randn(1, count + cells * cells, 32)
    keep = torch.ones(1, count + cells * cells, dtype=torch.bool)
    keep[0, 1] = False
    changed = tokens.clone()
    changed[0, 1] += 5
    with torch.no_grad():
        first, second = (network.find(each, position, keep, cells) for each in (tokens, changed))
        seen = network.find(changed, position, None, cells)
    torch.testing.assert_close(first.boxes, second.boxes, rtol=0, atol=1e-6)
    assert not torch.allclose(first.boxes, seen.boxes, rtol=0, atol=1e-6)


def test_several_queries_have_a_box_and_a_logit_each(make_network):
    network = make_network(queries=3, score_layers=2)
    shown, search = _pictures(2)
    with torch.no_grad():
        found = network(shown, search)
    assert found.boxes.shape == (2, 3, 4)
    assert found.logits.shape == (2, 3, 1)


def test_a_perceptron_answers_within_the_search_region(make_network):
    network = make_network(box_head="mlp", learned_position=True)
    shown, search = _pictures()
    with torch.no_grad():
        found = network(shown[:1], search)
    assert found.corners is None
    assert ((found.boxes > 0) & (found.boxes < 1)).all()


def test_only_what_the_authors_train_learns(temporal):
    network = copy.deepcopy(temporal).train()
    shown, search = _pictures(2)
    found = network(shown, search)
    (found.boxes.sum() + found.logits.sum()).backward()
    learns = {name for name, value in network.named_parameters() if value.grad is not None}
    assert "backbone.layer2.0.conv1.weight" in learns
    assert "bottleneck.weight" in learns
    assert "query_embed.weight" in learns
    assert not any(name.startswith(("backbone.conv1", "backbone.layer1")) or ".bn" in name for name in learns)
    statistics = network.backbone.layer3[0].bn1
    assert torch.equal(statistics.running_mean, temporal.backbone.layer3[0].bn1.running_mean)


def test_lightning_learns(make_network):
    network = make_network(lightning=True).train()
    shown, search = _pictures(2)
    network(shown[:1], search).boxes.sum().backward()
    assert network.backbone.stage1[0].rbr_dense.conv.weight.grad is not None
