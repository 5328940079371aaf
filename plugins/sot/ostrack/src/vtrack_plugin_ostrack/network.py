"""OSTrack as a network: template and search region in, maps and a box out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vtrack_plugin_ostrack.backbone import JointTransformer
from vtrack_plugin_ostrack.elimination import Focus
from vtrack_plugin_ostrack.head import CentreHead, Maps, boxes_at_best
from vtrack_plugin_ostrack.layout import OstrackLayout

__all__ = ["Described", "Ostrack"]


class Described(NamedTuple):
    """Everything that the network says on its way.

    Attributes:
        maps: What the head answers.
        boxes: ``(N, 4)``, middle x, middle y, width, height in fractions of the search region, of the likeliest cell.
        features: ``(N, L, width)``, template first, zeros where candidates were dropped.
        attention: ``(N, heads, l, l)``, that of the last block to the tokens that are left before it.
        removed: For each block that dropped candidates ``(N, k)``, where these stood, row by row; likeliest first.
    """

    maps: Maps
    boxes: Tensor
    features: Tensor
    attention: Tensor
    removed: tuple[Tensor, ...]


class Ostrack(nn.Module):
    """The network; parameters are named as the original's: ``backbone``, ``box_head``.

    Attributes:
        layout: Its sizes.
    """

    def __init__(self, layout: OstrackLayout | None = None, keep: Mapping[int, float] | None = None) -> None:
        """Make the parts.

        Args:
            layout: Sizes; None for ViT-B at 256 pixels.
            keep: Share of the candidates that stays, by the number of the block that drops the others.
        """
        super().__init__()
        self.layout = layout or OstrackLayout()
        self.backbone = JointTransformer(self.layout, keep)
        self.box_head = CentreHead(self.layout.width, self.layout.channels)

    def forward(self, template: Tensor, search: Tensor, focus: Focus | None = None, keep: float | None = None) -> Maps:
        """Return the head's maps.

        Args:
            template: Templates ``(N, 3, H, W)``, or tokens of them, ``(N, L, width)``.
            search: ``(N, 3, H, W)``.
            focus: Which squares of the template decide what is dropped; None for all alike.
            keep: Share of the candidates that stays, instead of that of each block that drops some; 1 drops none.
        """
        tokens = self.backbone.template_tokens(template) if template.ndim == 4 else template
        return self._maps(self.backbone(tokens, search, focus, keep))

    def describe(
        self, template: Tensor, search: Tensor, focus: Focus | None = None, keep: float | None = None
    ) -> Described:
        """Return maps, and all that is thrown away otherwise; the arguments are those of a call."""
        backbone, tokens = self.backbone, self.backbone.template_tokens(template)
        length = tokens.shape[1]
        before = backbone.before_last(backbone.joined(tokens, search), length, focus, keep)
        after = backbone.last(before, length, focus, keep)
        found = backbone.in_place(after._replace(values=after.values[:, length:]))
        maps = self._maps(found)
        features = torch.cat((backbone.norm(after.values[:, :length]), found), dim=1)
        return Described(
            maps, boxes_at_best(maps)[0], features, backbone.block(-1).attention(before.values), after.removed
        )

    def _maps(self, features: Tensor) -> Maps:
        side = self.layout.search_grid
        maps: Maps = self.box_head(features.reshape(len(features), side, side, -1).permute(0, 3, 1, 2))
        return maps
