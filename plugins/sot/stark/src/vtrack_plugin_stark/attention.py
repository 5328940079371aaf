"""Attention of the transformers: fused over many tokens, and without projecting the tokens for few queries.

Weights are named as those of ``torch.nn.MultiheadAttention``, which STARK uses.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Attention"]


class Attention(nn.Module):
    """Attention with several heads.

    Args:
        channels: Of all tokens.
        heads: They share the channels evenly.
        dropout: Share of the weights that are dropped in training.
    """

    def __init__(self, channels: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels))
        self.out_proj = nn.Linear(channels, channels)
        self._parts: nn.ModuleList | None = None
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.xavier_uniform_(self.out_proj.weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(
        self, tokens: Tensor, values: Tensor, keep: Tensor | None = None, queries: Tensor | None = None
    ) -> Tensor:
        """Return what each query takes from all tokens, ``(B, Q, C)``.

        Args:
            tokens: ``(B, N, C)``, from which keys are made, and queries too where none are given.
            values: ``(B, N, C)``, from which values are made.
            keep: bool ``(B, N)``, tokens that count; None for all.
            queries: ``(B, Q, C)``, from which queries are made; None for `tokens`.
        """
        query, key, value = self._projected(tokens if queries is None else queries, tokens, values)
        taken = functional.scaled_dot_product_attention(
            self._headed(query),
            self._headed(key),
            self._headed(value),
            attn_mask=None if keep is None else keep[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self._out(taken.transpose(1, 2).flatten(2))

    def of_few(self, queries: Tensor, tokens: Tensor, values: Tensor, keep: Tensor | None = None) -> Tensor:
        """Return the same for queries that are few; neither keys nor values are made of the tokens.

        A query times a projected token is the query, projected the other way round, times the token; and a sum of
        projected values is the projected sum. What the keys' bias adds is the same for all tokens, which the softmax
        does not see.

        Args:
            queries: ``(B, Q, C)``, from which queries are made.
            tokens: ``(B, N, C)``, that are looked at.
            values: ``(B, N, C)``, that are taken.
            keep: bool ``(B, N)``, tokens that count; None for all.
        """
        count, wanted, channels = queries.shape
        inside = channels // self.heads
        query_weight, key_weight, value_weight = self.in_proj_weight.view(3, channels, channels)
        query = functional.linear(queries, query_weight, self.in_proj_bias[:channels])
        query = query.view(count, wanted, self.heads, 1, inside) * inside**-0.5
        # (B, Q, H, 1, D) times (H, D, C).
        query = torch.matmul(query, key_weight.view(self.heads, inside, channels)).view(count, -1, channels)
        shares = torch.bmm(query, tokens.transpose(1, 2))
        if keep is not None:
            shares = shares.masked_fill(~keep[:, None, :], float("-inf"))
        shares = functional.dropout(shares.softmax(dim=-1), self.dropout, self.training)
        taken = torch.bmm(shares, values).view(count, wanted, self.heads, 1, channels)
        # (B, Q, H, 1, C) times (H, C, D).
        taken = torch.matmul(taken, value_weight.view(self.heads, inside, channels).transpose(1, 2))
        # Dropped shares no longer sum to 1; without dropout this adds the bias once.
        whole = shares.sum(dim=-1).view(count, wanted, self.heads, 1, 1) if self.training else 1.0
        taken = taken + self.in_proj_bias[2 * channels :].view(self.heads, 1, inside) * whole
        return self._out(taken.flatten(2))

    def of_one(self, value: Tensor) -> Tensor:
        """Return what a single token takes from itself alone, ``(B, 1, C)``: its value, whatever its query."""
        channels = value.shape[-1]
        taken = functional.linear(value, self.in_proj_weight[2 * channels :], self.in_proj_bias[2 * channels :])
        if self.training:
            # Its only share is dropped, or kept, by each head.
            shares = functional.dropout(taken.new_ones(len(taken), 1, self.heads, 1), self.dropout, training=True)
            taken = (taken.view(len(taken), 1, self.heads, -1) * shares).flatten(2)
        return self._out(taken)

    def split(self) -> None:
        """Make three linear layers of the projections of many tokens, which can then be packed."""
        channels = self.out_proj.in_features
        self._parts = nn.ModuleList(nn.Linear(channels, channels) for _ in range(3))
        with torch.no_grad():
            for part, weight, bias in zip(
                self._parts, self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3), strict=True
            ):
                part.weight.copy_(weight)  # type: ignore[operator]
                part.bias.copy_(bias)  # type: ignore[operator]

    def _projected(self, queries: Tensor, tokens: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each ``(B, N, C)``."""
        if self._parts is not None:
            query, key, value = (part(each) for part, each in zip(self._parts, (queries, tokens, values), strict=True))
            return query, key, value
        channels = tokens.shape[-1]
        weight, bias = self.in_proj_weight, self.in_proj_bias
        if queries is tokens:
            both = functional.linear(tokens, weight[: 2 * channels], bias[: 2 * channels])
            query, key = both[..., :channels], both[..., channels:]
        else:
            query = functional.linear(queries, weight[:channels], bias[:channels])
            key = functional.linear(tokens, weight[channels : 2 * channels], bias[channels : 2 * channels])
        return query, key, functional.linear(values, weight[2 * channels :], bias[2 * channels :])

    def _headed(self, tokens: Tensor) -> Tensor:
        """Return ``(B, H, N, D)`` of ``(B, N, C)``."""
        count, length, _ = tokens.shape
        return tokens.reshape(count, length, self.heads, -1).transpose(1, 2)

    def _out(self, taken: Tensor) -> Tensor:
        answer: Tensor = self.out_proj(taken)
        return answer
