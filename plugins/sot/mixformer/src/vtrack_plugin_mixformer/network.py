"""MixFormer, MixViT and MixFormerV2: from pictures of templates and of a search region to a box and its score.

Cui et al., "MixFormer: End-to-End Tracking with Iterative Mixed Attention", CVPR 2022 and PAMI 2024,
https://arxiv.org/abs/2203.11082 and https://arxiv.org/abs/2302.02814; "MixFormerV2: Efficient Fully Transformer
Tracking", NeurIPS 2023, https://arxiv.org/abs/2305.15896. Numbers and names of weights are those of
https://github.com/MCG-NJU/MixFormer and https://github.com/MCG-NJU/MixFormerV2 (both MIT).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vtrack_common_sot.corner_head import CornerHead, Corners
from vtrack_common_sot.normalisation import CropNormaliser
from vtrack_plugin_mixformer.box_heads import EdgeHead, Edges, PyramidCornerHead
from vtrack_plugin_mixformer.cvt import ConvolutionalTransformer
from vtrack_plugin_mixformer.layout import Layout
from vtrack_plugin_mixformer.score_head import ScoreModule, TokenScore
from vtrack_plugin_mixformer.vit import VisionTransformer

__all__ = ["Answer", "MixFormer", "SearchNetwork", "TemplateNetwork"]

_SCORE_PARTS = 2
"""Parts of a memory that the score module has: keys and values of the first template."""


class Answer(NamedTuple):
    """What the network says of search regions.

    Attributes:
        boxes: ``(N, 4)``, ``centre x, centre y, width, height`` in shares of the region's edge; a width or height may
            be below 0.
        scores: ``(N,)``, before the sigmoid; None without a score head.
        features: ``(N, width, s, s)``, of the last block.
        tokens: ``(N, 4, width)``, of MixFormerV2's four edges: left, right, top, bottom; None of the others.
        head: What the box head answered.
    """

    boxes: Tensor
    scores: Tensor | None
    features: Tensor
    tokens: Tensor | None
    head: Corners | Edges


class MixFormer(nn.Module):
    """A network of any of the families.

    Args:
        layout: Its sizes; None for those of CvT-21 without a score.
    """

    def __init__(self, layout: Layout | None = None) -> None:
        super().__init__()
        layout = layout or Layout()
        self.layout = layout
        width = layout.widths[-1]
        self.backbone = _backbone(layout)
        if layout.family == "v2":
            self.box_head: EdgeHead | CornerHead | PyramidCornerHead = EdgeHead(width, layout.head)
        else:
            self.box_head = PyramidCornerHead(width, layout.head) if layout.pyramid else CornerHead(width, layout.head)
        # The two families call them differently.
        self.score_branch = ScoreModule(width) if layout.scored and layout.family != "v2" else None
        self.score_head = TokenScore(width) if layout.scored and layout.family == "v2" else None

    def remember(self, templates: Tensor) -> list[Tensor]:
        """Return what templates give to search regions; it stays as it is until a template changes.

        Args:
            templates: ``(N, n, 3, T, T)``, normalised: the first template of each target, then at least one later one.

        Returns:
            Parts that `forward` takes, each ``(N, tokens, width)``.
        """
        first, memory = self.backbone.remember(templates)
        return memory if self.score_branch is None else memory + self.score_branch.remember(first)

    def forward(
        self,
        regions: Tensor,
        memory: Sequence[Tensor],
        absent: Tensor | None = None,
        *,
        score_boxes: Tensor | None = None,
    ) -> Answer:
        """Return the boxes and what led to them.

        Args:
            regions: ``(N, 3, S, S)``, normalised.
            memory: As `remember` gives it, in one batch.
            absent: Bool ``(N, n)``, which templates are padding; None where none is.
            score_boxes: ``(N, 4)``, ``x1, y1, x2, y2`` in shares of the region's edge: what to score; None for the
                boxes that were found. MixFormerV2 does not look at them.
        """
        parts = list(memory)
        kept = parts[: len(parts) - _SCORE_PARTS] if self.score_branch is not None else parts
        features, tokens = self.backbone.search(regions, kept, absent)
        head = self.box_head(tokens if self.layout.family == "v2" else features)
        scores = None
        if self.score_branch is not None:
            scores = self.score_branch(features, head.boxes if score_boxes is None else score_boxes, parts[len(kept) :])
        elif self.score_head is not None:
            scores = self.score_head(tokens)
        return Answer(_centred(head.boxes), scores, features, tokens if self.layout.family == "v2" else None, head)

    def fuse(self) -> MixFormer:
        """Make norms part of convolutions, for a network that no longer learns; return it."""
        for part in (self.backbone, self.box_head):
            if isinstance(part, ConvolutionalTransformer | CornerHead | PyramidCornerHead):
                part.fuse()
        return self


class TemplateNetwork(nn.Module):
    """From templates as bytes to what is remembered of them."""

    def __init__(self, network: MixFormer) -> None:
        super().__init__()
        self.normalise = CropNormaliser()
        self.network = network

    def forward(self, templates: Tensor) -> tuple[Tensor, ...]:
        """Return the parts of the memory of templates uint8 ``(N, n, T, T, 3)``, blue first."""
        normalised = self.normalise(templates.flatten(0, 1))
        return tuple(self.network.remember(normalised.view(*templates.shape[:2], *normalised.shape[1:])))


class SearchNetwork(nn.Module):
    """From search regions as bytes to boxes and scores."""

    def __init__(self, network: MixFormer) -> None:
        super().__init__()
        self.normalise = CropNormaliser()
        self.network = network

    def forward(self, regions: Tensor, absent: Tensor | None, *memory: Tensor) -> Tensor:
        """Return ``(N, 5)``: the box, and the score after the sigmoid, 1 without a score head.

        Args:
            regions: uint8 ``(N, S, S, 3)``, blue first.
            absent: Which templates are padding, or None.
            memory: What is remembered of templates.
        """
        answer = self.network(self.normalise(regions), memory, absent)
        scores = torch.ones_like(answer.boxes[:, 0]) if answer.scores is None else answer.scores.float().sigmoid()
        return torch.cat((answer.boxes.float(), scores[:, None]), dim=1)


def _backbone(layout: Layout) -> ConvolutionalTransformer | VisionTransformer:
    if layout.family == "cvt":
        return ConvolutionalTransformer(layout.widths, layout.depths, layout.hidden / layout.widths[-1])
    return VisionTransformer(
        width=layout.widths[0],
        depth=layout.depths[0],
        hidden=layout.hidden,
        search_cells=layout.search_cells,
        template_cells=layout.template_cells,
        box_tokens=layout.family == "v2",
    )


def _centred(boxes: Tensor) -> Tensor:
    """Return ``centre x, centre y, width, height`` of corners."""
    first, last = boxes[:, :2], boxes[:, 2:]
    return torch.cat(((first + last) / 2, last - first), dim=1)
