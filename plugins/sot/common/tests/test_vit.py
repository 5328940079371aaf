from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_nets", reason="vtrack-nets is not installed")

from vtrack_common_sot.normalisation import CropNormaliser, crop_batch  # noqa: E402
from vtrack_common_sot.vit import Block, PatchEmbedding, resized_positions  # noqa: E402


def test_patches_become_tokens_row_by_row() -> None:
    embedding = PatchEmbedding(4, 6)
    pictures = torch.randn(2, 3, 8, 12)
    with torch.inference_mode():
        tokens = embedding(pictures)
        assert tokens.shape == (2, 6, 6)
        for index, (row, column) in enumerate((row, column) for row in range(2) for column in range(3)):
            patch = pictures[:, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            torch.testing.assert_close(embedding(patch)[:, 0], tokens[:, index])


def test_attention_is_that_of_the_formula() -> None:
    torch.manual_seed(0)
    block = Block(12, 3, hidden=20)
    tokens = torch.randn(2, 5, 12)
    with torch.inference_mode():
        normed = block.norm1(tokens)
        parts = block.attn.qkv(normed).view(2, 5, 3, 3, 4)
        weights = torch.einsum("nqhd,nkhd->nhqk", parts[:, :, 0], parts[:, :, 1]).div(2).softmax(dim=-1)
        attended = torch.einsum("nhqk,nkhd->nqhd", weights, parts[:, :, 2]).reshape(2, 5, 12)
        between = tokens + block.attn.proj(attended)
        expected = between + block.mlp.fc2(torch.nn.functional.gelu(block.mlp.fc1(block.norm2(between))))
        torch.testing.assert_close(block(tokens), expected)


def test_positions_of_a_grid_of_the_same_size_stay() -> None:
    embedding = torch.randn(1, 1 + 14 * 14, 8)
    torch.testing.assert_close(resized_positions(embedding, 14), embedding[:, 1:])
    assert resized_positions(embedding[:, 1:], 16, skip=0).shape == (1, 256, 8)


def test_bytes_are_normalised_red_first() -> None:
    crops = [np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8) for seed in (1, 2)]
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    found = CropNormaliser()(crop_batch(crops))
    assert found.shape == (2, 3, 6, 6)
    for crop, answer in zip(crops, found, strict=True):
        expected = (crop[..., ::-1] / 255 - mean) / deviation
        np.testing.assert_allclose(answer.permute(1, 2, 0), expected, atol=1e-6)
    plain = CropNormaliser((0, 0, 0), (1, 1, 1), red_first=False)(crop_batch(crops[:1]))
    np.testing.assert_allclose(plain[0].permute(1, 2, 0), crops[0] / 255, atol=1e-7)
