"""The transformer of STARK: that of DETR, without the norm behind the encoder.

Layers as in https://github.com/researchmm/Stark (MIT), norms last; tokens are ``(B, N, C)`` here.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from vtrack_plugin_stark.attention import Attention

__all__ = ["Decoder", "Encoder", "EncoderLayer", "FeedForward", "Transformer"]


class FeedForward(nn.Module):
    """What stands behind the attention in every layer; its weights lie in the layer itself, as in the original."""

    def __init__(self, channels: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.linear1 = nn.Linear(channels, feedforward)
        self.linear2 = nn.Linear(feedforward, channels)
        self.dropout = dropout

    def _added(self, tokens: Tensor, change: Tensor) -> Tensor:
        return tokens + functional.dropout(change, self.dropout, self.training)

    def _widened(self, tokens: Tensor) -> Tensor:
        inside = functional.relu(self.linear1(tokens), inplace=not self.training)
        widened: Tensor = self.linear2(functional.dropout(inside, self.dropout, self.training))
        return widened


class EncoderLayer(FeedForward):
    """Every token takes from all tokens."""

    def __init__(self, channels: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__(channels, feedforward, dropout)
        self.self_attn = Attention(channels, heads, dropout)
        self.norm1 = nn.LayerNorm(channels)
        self.norm2 = nn.LayerNorm(channels)

    def forward(self, tokens: Tensor, position: Tensor, keep: Tensor | None) -> Tensor:
        """Return the tokens, changed, ``(B, N, C)``."""
        taken = self.self_attn(tokens + position, tokens, keep)
        tokens = self.norm1(self._added(tokens, taken))
        changed: Tensor = self.norm2(self._added(tokens, self._widened(tokens)))
        return changed


class Encoder(nn.Module):
    """Layers, one after the other."""

    def __init__(self, layers: int, channels: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(channels, heads, feedforward, dropout) for _ in range(layers))

    def forward(self, tokens: Tensor, position: Tensor, keep: Tensor | None) -> Tensor:
        """Return the tokens, changed, ``(B, N, C)``."""
        for layer in self.layers:
            tokens = layer(tokens, position, keep)
        return tokens


class DecoderLayer(FeedForward):
    """Queries take from each other, then from the encoder's tokens."""

    def __init__(self, channels: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__(channels, feedforward, dropout)
        self.self_attn = Attention(channels, heads, dropout)
        self.multihead_attn = Attention(channels, heads, dropout)
        self.norm1 = nn.LayerNorm(channels)
        self.norm2 = nn.LayerNorm(channels)
        self.norm3 = nn.LayerNorm(channels)

    def forward(self, queries: Tensor, asked: Tensor, tokens: Tensor, placed: Tensor, keep: Tensor | None) -> Tensor:
        """Return the queries, changed, ``(B, Q, C)``.

        Args:
            queries: ``(B, Q, C)``.
            asked: ``(Q, C)``, what each query asks for.
            tokens: ``(B, N, C)``, of the encoder.
            placed: ``(B, N, C)``, the same with their positions.
            keep: bool ``(B, N)``, tokens that count; None for all.
        """
        alone = queries.shape[1] == 1
        taken = self.self_attn.of_one(queries) if alone else self.self_attn(queries + asked, queries)
        queries = self.norm1(self._added(queries, taken))
        taken = self.multihead_attn.of_few(queries + asked, placed, tokens, keep)
        queries = self.norm2(self._added(queries, taken))
        changed: Tensor = self.norm3(self._added(queries, self._widened(queries)))
        return changed


class Decoder(nn.Module):
    """Layers, one after the other, and a norm."""

    def __init__(self, layers: int, channels: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(channels, heads, feedforward, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(channels)

    def forward(self, asked: Tensor, tokens: Tensor, position: Tensor, keep: Tensor | None) -> Tensor:
        """Return what the queries found, ``(B, Q, C)``."""
        queries = tokens.new_zeros(len(tokens), *asked.shape)
        placed = tokens + position
        for layer in self.layers:
            queries = layer(queries, asked, tokens, placed, keep)
        found: Tensor = self.norm(queries)
        return found


class Transformer(nn.Module):
    """Encoder and decoder.

    Args:
        channels: Of a token.
        heads: Of each attention.
        feedforward: Channels inside the layers.
        encoder_layers: How many the encoder has.
        decoder_layers: How many the decoder has.
        dropout: Share that is dropped in training.
    """

    def __init__(
        self,
        *,
        channels: int,
        heads: int,
        feedforward: int,
        encoder_layers: int,
        decoder_layers: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(encoder_layers, channels, heads, feedforward, dropout)
        self.decoder = Decoder(decoder_layers, channels, heads, feedforward, dropout)

    def forward(
        self, tokens: Tensor, position: Tensor, asked: Tensor, keep: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return what the queries found, ``(B, Q, C)``, and the encoder's tokens, ``(B, N, C)``.

        Args:
            tokens: ``(B, N, C)``.
            position: ``(B, N, C)`` or ``(1, N, C)``, where each token lies.
            asked: ``(Q, C)``, what each query asks for.
            keep: bool ``(B, N)``, tokens that count; None for all.
        """
        memory = self.encoder(tokens, position, keep)
        return self.decoder(asked, memory, position, keep), memory
