"""The plain vision transformer of MixViT and MixFormerV2, with templates' keys and values computed once.

Numbers and names of weights are those of https://github.com/MCG-NJU/MixFormer and
https://github.com/MCG-NJU/MixFormerV2 (both MIT). MixFormerV2 appends four tokens to the search region's, from which
its head reads the box; there is no class token, and no norm behind the last block.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from vtrack_common_sot.vit import Block, PatchEmbedding
from vtrack_plugin_mixformer.attention import KeysValues, attend, remembered

__all__ = ["HEAD_WIDTH", "VisionTransformer", "sine_cosine_table"]

HEAD_WIDTH = 64
_BOX_TOKENS = 4


class MixedBlock(Block):
    """A block in which the search region sees templates, and templates only templates."""

    def mixed(
        self, x: Tensor, memory: Sequence[Tensor] = (), absent: Tensor | None = None
    ) -> tuple[Tensor, KeysValues]:
        """Return tokens of the same shape, and their keys and values.

        Args:
            x: ``(N, tokens, width)``.
            memory: Keys and values of templates; empty for templates themselves.
            absent: Which templates are padding; see `attend`.
        """
        queries, keys, values = self.attn.project(self.norm1(x))
        x = x + self.attn.proj(attend(queries, keys, values, memory, scale=self.attn.scale, absent=absent))
        return x + self.mlp(self.norm2(x)), (keys, values)


class VisionTransformer(nn.Module):
    """Blocks over the tokens of templates, then over those of a search region.

    Args:
        width: Of a token.
        depth: Number of blocks.
        hidden: Width between the perceptrons' two layers.
        search_cells: Patches along an edge of the search region.
        template_cells: Patches along an edge of a template.
        box_tokens: Whether four tokens for the box's edges go along with the search region (MixFormerV2).
        patch: Edge of a patch in pixels.
    """

    def __init__(
        self,
        *,
        width: int,
        depth: int,
        hidden: int,
        search_cells: int,
        template_cells: int,
        box_tokens: bool = False,
        patch: int = 16,
    ) -> None:
        super().__init__()
        self.width = width
        self.depth = depth
        self.search_cells = search_cells
        self.patch_embed = PatchEmbedding(patch, width)
        self.blocks = nn.ModuleList(MixedBlock(width, width // HEAD_WIDTH, hidden=hidden) for _ in range(depth))
        self.pos_embed_s = _fixed(sine_cosine_table(width, search_cells))
        self.pos_embed_t = _fixed(sine_cosine_table(width, template_cells))
        self.box_tokens = box_tokens
        if box_tokens:
            self.reg_tokens = nn.Parameter(torch.zeros(1, _BOX_TOKENS, width))
            self.pos_embed_reg = nn.Parameter(torch.zeros(1, _BOX_TOKENS, width))
            nn.init.trunc_normal_(self.reg_tokens, std=0.02)

    def remember(self, templates: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return what templates give to search regions.

        Args:
            templates: ``(N, n, 3, T, T)``, the first template of each target and then its later ones.

        Returns:
            The features of each target's first template, ``(N, t * t, width)``; and keys and values of all, block by
            block, each ``(N, n * t * t, width)``.
        """
        tokens = self.patch_embed(templates.flatten(0, 1)) + self.pos_embed_t
        x = tokens.reshape(len(templates), -1, self.width)
        memory: list[Tensor] = []
        for block in self._blocks():
            x, own = block.mixed(x)
            memory += remembered(own)
        return x[:, : self.pos_embed_t.shape[1]], memory

    def search(self, regions: Tensor, memory: Sequence[Tensor], absent: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the features of search regions.

        Args:
            regions: ``(N, 3, S, S)``.
            memory: As `remember` gives it, in one batch.
            absent: Bool ``(N, n)``, which templates are padding; None where none is.

        Returns:
            ``(N, width, s, s)``, and the four tokens of the box's edges, ``(N, 4, width)``; ``(N, 0, width)`` where
            the network has none.
        """
        x = self.patch_embed(regions) + self.pos_embed_s
        if self.box_tokens:
            x = torch.cat((x, (self.reg_tokens + self.pos_embed_reg).expand(len(x), -1, -1)), dim=1)
        for place, block in enumerate(self._blocks()):
            x, _ = block.mixed(x, memory[2 * place : 2 * place + 2], absent)
        cells = self.search_cells
        features = x[:, : cells * cells].reshape(len(x), cells, cells, -1).permute(0, 3, 1, 2)
        return features, x[:, cells * cells :]

    def _blocks(self) -> Iterator[MixedBlock]:
        yield from cast("Iterable[MixedBlock]", self.blocks)


def sine_cosine_table(width: int, cells: int) -> Tensor:
    """Return MAE's fixed embedding of places, ``(1, cells * cells, width)``.

    The first half tells columns, the second rows; of each half the first half is sines, the second cosines, of
    frequencies from 1 down to about 1 / 10000.

    Args:
        width: Of a token, a multiple of 4.
        cells: Along an edge of the map.
    """
    steps = torch.arange(width // 4, dtype=torch.float64) / (width // 4)
    angles = torch.arange(cells, dtype=torch.float64)[:, None] * torch.exp(-math.log(10000.0) * steps)
    line = torch.cat((angles.sin(), angles.cos()), dim=1)
    columns = line[None].expand(cells, -1, -1)
    rows = line[:, None].expand(-1, cells, -1)
    return torch.cat((columns, rows), dim=2).reshape(1, cells * cells, width).float()


def _fixed(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values, requires_grad=False)
