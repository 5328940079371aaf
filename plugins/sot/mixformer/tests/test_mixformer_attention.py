from __future__ import annotations

import pytest
import torch

from vtrack_plugin_mixformer.attention import stacked


def _templates(count: int, *, targets: int = 1) -> torch.Tensor:
    torch.manual_seed(count)
    return torch.randn(targets, count, 3, 32, 32)


def _plain(network, templates, region):
    """What the search region becomes when all tokens go through every block together, as in the paper."""
    backbone = network.backbone
    tokens = (backbone.patch_embed(templates.flatten(0, 1)) + backbone.pos_embed_t).reshape(1, -1, backbone.width)
    search = backbone.patch_embed(region) + backbone.pos_embed_s
    if backbone.box_tokens:
        search = torch.cat((search, backbone.reg_tokens + backbone.pos_embed_reg), dim=1)
    border = tokens.shape[1]
    x = torch.cat((tokens, search), dim=1)
    for block in backbone.blocks:
        normed = block.norm1(x)
        queries, keys, values = (
            part.view(1, -1, 2, 64).transpose(1, 2) for part in block.attn.qkv(normed).chunk(3, dim=2)
        )
        scores = queries @ keys.transpose(2, 3) / 8
        # Templates do not see the search region.
        scores[:, :, :border, border:] = -torch.inf
        attended = (scores.softmax(dim=3) @ values).transpose(1, 2).flatten(2)
        x = x + block.attn.proj(attended)
        x = x + block.mlp.fc2(torch.nn.functional.gelu(block.mlp.fc1(block.norm2(x))))
    return x[:, border:]


@pytest.mark.parametrize("kind", ["vit", "v2"])
@pytest.mark.parametrize("count", [2, 4])
def test_remembered_templates_give_what_all_tokens_together_give(network_of, kind, count):
    network = network_of(kind)
    region = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        wanted = _plain(network, _templates(count), region)
        found = network(region, network.remember(_templates(count)))
    cells = found.features.flatten(2).transpose(1, 2)
    torch.testing.assert_close(cells, wanted[:, : cells.shape[1]], rtol=0, atol=1e-4)
    if kind == "v2":
        torch.testing.assert_close(found.tokens, wanted[:, -4:], rtol=0, atol=1e-4)


def test_templates_of_a_batch_are_each_targets_own(network_of, family):
    network = network_of(family)
    templates, regions = _templates(3, targets=2), torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        together = network(regions, network.remember(templates))
        for row in range(2):
            alone = network(regions[row : row + 1], network.remember(templates[row : row + 1]))
            torch.testing.assert_close(together.boxes[row], alone.boxes[0], rtol=0, atol=1e-5)
            torch.testing.assert_close(together.scores[row], alone.scores[0], rtol=0, atol=1e-4)


def test_targets_with_different_numbers_of_templates_share_a_batch(network_of, family):
    network = network_of(family)
    counts = (2, 4, 3)
    regions = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        memories = [network.remember(_templates(count)) for count in counts]
        parts, absent = stacked(memories, counts)
        assert absent.tolist() == [[False] * 2 + [True] * 2, [False] * 4, [False] * 3 + [True]]
        together = network(regions, parts, absent)
        for row, memory in enumerate(memories):
            alone = network(regions[row : row + 1], memory)
            torch.testing.assert_close(together.boxes[row], alone.boxes[0], rtol=0, atol=1e-5)
            torch.testing.assert_close(together.scores[row], alone.scores[0], rtol=0, atol=1e-4)


def test_one_target_alone_is_not_copied(network_of):
    network = network_of("v2")
    with torch.inference_mode():
        memory = network.remember(_templates(2))
    parts, absent = stacked([memory], [2])
    assert absent is None
    assert all(one is other for one, other in zip(parts, memory, strict=True))


def test_what_is_remembered_learns(make_network, family):
    network = make_network(family).train()
    network.requires_grad_(requires_grad=True)
    found = network(torch.randn(1, 3, 64, 64), network.remember(_templates(2)))
    (found.boxes.sum() + found.scores.sum()).backward()
    embedding = "backbone.stage0.patch_embed.proj.weight" if family == "cvt" else "backbone.patch_embed.proj.weight"
    assert network.get_parameter(embedding).grad.abs().sum() > 0
