"""The transformer over the tokens of template and search region.

Of Ye et al., Joint Feature Learning and Relation Modeling for Tracking: A One-Stream Framework, ECCV 2022,
https://arxiv.org/abs/2203.11991. Numbers and names of parameters are those of botaoye/OSTrack (MIT), with tokens
joined directly, template first. Tokens that are eliminated are dropped before attention is computed for them, and
where nobody asks for the template the last block leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from vtrack_common_sot.vit import Block, PatchEmbedding, merged
from vtrack_plugin_ostrack.elimination import Focus, attention_paid, kept_candidates
from vtrack_plugin_ostrack.layout import OstrackLayout

__all__ = ["EliminatingBlock", "JointTransformer", "Tokens"]


class Tokens(NamedTuple):
    """Tokens on their way through the transformer.

    Attributes:
        values: ``(N, L, width)``, those of the template first.
        places: ``(N, n)``, where the candidates stood in the search region, row by row; None while none is dropped.
        removed: For each block that dropped some ``(N, k)``, where these stood, likeliest first.
    """

    values: Tensor
    places: Tensor | None = None
    removed: tuple[Tensor, ...] = ()


class EliminatingBlock(Block):
    """A block that may drop candidates between attention and layers."""

    def follow(self, tokens: Tokens, template: int, *, keep: float, focus: Focus | None) -> Tokens:
        """Return the tokens behind the block.

        Args:
            tokens: Before it.
            template: Tokens of the template.
            keep: Share of the candidates that stays; 1 drops none.
            focus: Who decides, see `attention_paid`.
        """
        values = tokens.values
        queries, keys, contents = self.attn.project(self.norm1(values))
        candidates = values.shape[1] - template
        kept = kept_candidates(candidates, keep) if keep < 1 else candidates
        if kept < candidates:
            paid = attention_paid(queries, keys, self.attn.scale, template, focus)
            order = torch.sort(paid, dim=1, descending=True).indices
            tokens = _without(tokens, order, kept)
            queries = _chosen(queries, order[:, :kept], template)
            values = _chosen(values.unsqueeze(1), order[:, :kept], template).squeeze(1)
        values = self._attended(values, queries, keys, contents)
        return tokens._replace(values=values)

    def candidates_alone(self, tokens: Tokens, template: int) -> Tokens:
        """Return the candidates behind the block, without the template; none are dropped."""
        queries, keys, contents = self.attn.project(self.norm1(tokens.values))
        values = self._attended(tokens.values[:, template:], queries[:, :, template:], keys, contents)
        return tokens._replace(values=values)

    def attention(self, values: Tensor) -> Tensor:
        """Return the attention that the block pays, ``(N, heads, L, L)``, which nothing else here holds."""
        queries, keys, _ = self.attn.project(self.norm1(values))
        attention: Tensor = (queries @ keys.transpose(-2, -1) * self.attn.scale).softmax(dim=-1)
        return attention

    def _attended(self, values: Tensor, queries: Tensor, keys: Tensor, contents: Tensor) -> Tensor:
        attended = F.scaled_dot_product_attention(queries, keys, contents, scale=self.attn.scale)
        values = values + self.attn.proj(merged(attended))
        changed: Tensor = values + self.mlp(self.norm2(values))
        return changed


class JointTransformer(nn.Module):
    """Makes features of a search region that know of a template. Parameters are named as the original's.

    Attributes:
        keep: Share of the candidates that stays, by the number of the block that drops the others.
    """

    def __init__(self, layout: OstrackLayout, keep: Mapping[int, float] | None = None) -> None:
        """Make the parts.

        Args:
            layout: Sizes.
            keep: See the attribute.
        """
        super().__init__()
        self.keep = dict(keep or {})
        self.patch_embed = PatchEmbedding(layout.patch, layout.width)
        self.pos_embed_z = nn.Parameter(torch.zeros(1, layout.template_grid**2, layout.width))
        self.pos_embed_x = nn.Parameter(torch.zeros(1, layout.search_grid**2, layout.width))
        self.blocks = nn.ModuleList(
            EliminatingBlock(layout.width, layout.heads, hidden=layout.hidden) for _ in range(layout.depth)
        )
        self.norm = nn.LayerNorm(layout.width, eps=1e-6)

    def template_tokens(self, template: Tensor) -> Tensor:
        """Return tokens ``(N, L, width)`` of templates ``(N, 3, H, W)``: all of them that needs to be done once."""
        tokens: Tensor = self.patch_embed(template) + self.pos_embed_z
        return tokens

    def joined(self, template: Tensor, search: Tensor) -> Tokens:
        """Return the tokens before the first block.

        Args:
            template: ``(N, L, width)``, as `template_tokens` gives them.
            search: ``(N, 3, H, W)``.
        """
        return Tokens(torch.cat((template, self.patch_embed(search) + self.pos_embed_x), dim=1))

    def forward(
        self, template: Tensor, search: Tensor, focus: Focus | None = None, keep: float | None = None
    ) -> Tensor:
        """Return features of the search region, ``(N, n, width)``, row by row, zeros where candidates were dropped.

        Args:
            template: ``(N, L, width)``, as `template_tokens` gives them.
            search: ``(N, 3, H, W)``.
            focus: Who decides what is dropped.
            keep: Share of the candidates that stays, instead of that of each block that drops some; 1 drops none.
        """
        tokens = self.before_last(self.joined(template, search), template.shape[1], focus, keep)
        if self.share(-1, keep) < 1:
            tokens = self.last(tokens, template.shape[1], focus, keep)
            tokens = tokens._replace(values=tokens.values[:, template.shape[1] :])
        else:
            tokens = self.block(-1).candidates_alone(tokens, template.shape[1])
        return self.in_place(tokens)

    def block(self, number: int) -> EliminatingBlock:
        """Return a block by its number."""
        block = self.blocks[number]
        assert isinstance(block, EliminatingBlock)
        return block

    def before_last(self, tokens: Tokens, template: int, focus: Focus | None, keep: float | None = None) -> Tokens:
        """Return the tokens before the last block."""
        for number in range(len(self.blocks) - 1):
            tokens = self.block(number).follow(tokens, template, keep=self.share(number, keep), focus=focus)
        return tokens

    def last(self, tokens: Tokens, template: int, focus: Focus | None, keep: float | None = None) -> Tokens:
        """Return the tokens behind the last block, the template's too."""
        return self.block(-1).follow(tokens, template, keep=self.share(-1, keep), focus=focus)

    def in_place(self, candidates: Tokens) -> Tensor:
        """Return the normed candidates where they stood, zeros in the places of the others."""
        values: Tensor = self.norm(candidates.values)
        if candidates.places is None:
            return values
        count, _, width = values.shape
        features = values.new_zeros(count, self.pos_embed_x.shape[1], width)
        return features.scatter(1, candidates.places.unsqueeze(-1).expand(-1, -1, width), values)

    def share(self, number: int, keep: float | None) -> float:
        """Return the share of the candidates that stays in a block: its own, or the one that stands for all of them."""
        own = self.keep.get(number % len(self.blocks), 1.0)
        return own if own >= 1 or keep is None else keep


def _without(tokens: Tokens, order: Tensor, kept: int) -> Tokens:
    """Note which candidates stay and which do not; `order` says the likeliest first, by their present rows."""
    places = order if tokens.places is None else tokens.places.gather(1, order)
    return Tokens(tokens.values, places[:, :kept], (*tokens.removed, places[:, kept:]))


def _chosen(values: Tensor, order: Tensor, template: int) -> Tensor:
    """Return the template's rows and the chosen ones of the others, ``(N, heads, L, d)``."""
    count, heads, _, width = values.shape
    rows = torch.arange(template, device=values.device).expand(count, -1)
    rows = torch.cat((rows, order + template), dim=1)
    return values.gather(2, rows[:, None, :, None].expand(-1, heads, -1, width))
