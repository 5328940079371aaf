"""How likely a box holds the target: MixFormer's score prediction module, and MixFormerV2's perceptron.

Numbers and names of weights are those of https://github.com/MCG-NJU/MixFormer and
https://github.com/MCG-NJU/MixFormerV2 (both MIT).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.perceptron import Perceptron
from vtrack_common_sot.vit import merged
from vtrack_plugin_mixformer.precise_pooling import precise_roi_pool

__all__ = ["ScoreModule", "TokenScore"]

_BINS = 4
_HEAD_WIDTH = 64


class ScoreModule(nn.Module):
    """A learnt token asks what lies in the box, then the first template, and becomes a score.

    Args:
        width: Channels of features.
        layers: Of the perceptron at its end.
    """

    def __init__(self, width: int, layers: int = 3) -> None:
        super().__init__()
        self.heads = width // _HEAD_WIDTH
        # By the width of all heads together, not of one.
        self.scale = width**-0.5
        self.score_token = nn.Parameter(torch.zeros(1, 1, width))
        nn.init.trunc_normal_(self.score_token, std=0.02)
        self.proj_q, self.proj_k, self.proj_v, self.proj = (
            nn.ModuleList(nn.Linear(width, width) for _ in range(2)) for _ in range(4)
        )
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.score_head = Perceptron([*[width] * layers, 1])

    def remember(self, template: Tensor) -> list[Tensor]:
        """Return keys and values of the first template, each ``(N, t * t, width)``.

        Args:
            template: ``(N, t * t, width)``.
        """
        return self._keys_values(template, 1)

    def forward(self, features: Tensor, boxes: Tensor, memory: Sequence[Tensor]) -> Tensor:
        """Return ``(N,)``, before the sigmoid.

        Args:
            features: ``(N, width, s, s)``, of search regions.
            boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in shares of the region's edge.
            memory: As `remember` gives it.
        """
        pooled = precise_roi_pool(features, boxes * features.shape[3], _BINS).flatten(2).transpose(1, 2)
        x = self.norm1(self.score_token).expand(len(features), -1, -1)
        for step, (keys, values) in enumerate((self._keys_values(pooled, 0), memory)):
            queries = self.proj_q[step](x)
            asked, known, given = (self._heads(part.to(queries.dtype)) for part in (queries, keys, values))
            attended = functional.scaled_dot_product_attention(asked, known, given, scale=self.scale)
            x = self.norm2[step](self.proj[step](merged(attended)))
        scores: Tensor = self.score_head(x).flatten()
        return scores

    def _keys_values(self, tokens: Tensor, step: int) -> list[Tensor]:
        return [self.proj_k[step](tokens), self.proj_v[step](tokens)]

    def _heads(self, tokens: Tensor) -> Tensor:
        return tokens.view(len(tokens), -1, self.heads, _HEAD_WIDTH).transpose(1, 2)


class TokenScore(nn.Module):
    """The mean over a box's four tokens of what a perceptron makes of each.

    Args:
        width: Of a token.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(width, width), nn.ReLU()), nn.Linear(width, 1))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return ``(N,)``, before the sigmoid, of tokens ``(N, 4, width)``."""
        scores: Tensor = self.layers(tokens).mean(dim=1).flatten()
        return scores
