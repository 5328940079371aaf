"""The parts of vision transformers, with the names of parameters that timm gave them; needs torch.

Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, https://arxiv.org/abs/2010.11929. Attention is computed
by torch's fused operator and never held as a whole.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

__all__ = ["Block", "Mlp", "PatchEmbedding", "SelfAttention", "merged", "resized_positions"]


class PatchEmbedding(nn.Module):
    """Makes a token of every square of a picture. Parameters: ``proj``."""

    def __init__(self, patch: int = 16, width: int = 768) -> None:
        """Make the projection.

        Args:
            patch: Side of a square, pixels.
            width: Numbers of a token.
        """
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return tokens ``(N, h * w, width)``, row by row, of pictures ``(N, 3, H, W)``."""
        tokens: Tensor = self.proj(pictures).flatten(2).transpose(1, 2)
        return tokens


class SelfAttention(nn.Module):
    """Attention of tokens to each other. Parameters: ``qkv``, ``proj``.

    Attributes:
        heads: Number of heads.
        scale: What products of queries and keys are multiplied with.
    """

    def __init__(self, width: int, heads: int, *, bias: bool = True) -> None:
        """Make the projections.

        Args:
            width: Numbers of a token.
            heads: Number of heads; they share the width.
            bias: Whether queries, keys and values have a bias.
        """
        super().__init__()
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.proj = nn.Linear(width, width)

    def project(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each ``(N, heads, L, width / heads)``, of tokens ``(N, L, width)``."""
        count, length, width = tokens.shape
        split = self.qkv(tokens).view(count, length, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        return queries, keys, values

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        attended = F.scaled_dot_product_attention(*self.project(tokens), scale=self.scale)
        projected: Tensor = self.proj(merged(attended))
        return projected


class Mlp(nn.Module):
    """Two layers for each token alone. Parameters: ``fc1``, ``fc2``."""

    def __init__(self, width: int, hidden: int) -> None:
        """Make the layers.

        Args:
            width: Numbers of a token.
            hidden: Numbers between the layers.
        """
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        changed: Tensor = self.fc2(F.gelu(self.fc1(tokens)))
        return changed


class Block(nn.Module):
    """Attention and layers, each behind a norm and around a short cut.

    Parameters: ``norm1``, ``attn``, ``norm2``, ``mlp``.
    """

    def __init__(self, width: int, heads: int, *, hidden: int = 0, bias: bool = True, eps: float = 1e-6) -> None:
        """Make the parts.

        Args:
            width: Numbers of a token.
            heads: Number of heads.
            hidden: Numbers between the layers; 0 for four times the width.
            bias: Whether queries, keys and values have a bias.
            eps: Of the norms.
        """
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.attn = SelfAttention(width, heads, bias=bias)
        self.norm2 = nn.LayerNorm(width, eps=eps)
        self.mlp = Mlp(width, hidden or 4 * width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens ``(N, L, width)`` of the same shape."""
        tokens = tokens + self.attn(self.norm1(tokens))
        changed: Tensor = tokens + self.mlp(self.norm2(tokens))
        return changed


def merged(heads: Tensor) -> Tensor:
    """Return what the heads answered side by side: ``(N, heads, L, d)`` to ``(N, L, heads * d)``."""
    return heads.transpose(1, 2).flatten(2)


def resized_positions(embedding: Tensor, size: int, *, skip: int = 1) -> Tensor:
    """Scale the position embedding of a square grid, as of MAE's or ImageNet's weights, to another grid.

    Args:
        embedding: ``(1, skip + n * n, width)``, row by row.
        size: Side of the new grid.
        skip: Tokens in front that have no place: 1 for the class token. They are left out.

    Returns:
        ``(1, size * size, width)``, bicubic, corners not aligned.
    """
    grid = embedding[:, skip:]
    side = round(grid.shape[1] ** 0.5)
    planes = grid.transpose(1, 2).reshape(1, -1, side, side)
    scaled = F.interpolate(planes, size=(size, size), mode="bicubic", align_corners=False)
    return scaled.flatten(2).transpose(1, 2)
