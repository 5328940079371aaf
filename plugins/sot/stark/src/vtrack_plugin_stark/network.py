"""STARK-S and STARK-ST: templates and a search region as one row of tokens, and a query that asks for the target.

Paper: Yan et al., "Learning Spatio-Temporal Transformer for Visual Tracking", ICCV 2021,
https://arxiv.org/abs/2103.17154. Equal to https://github.com/researchmm/Stark (MIT).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.corner_head import CornerHead
from vtrack_common_sot.folding import fold_norms
from vtrack_common_sot.perceptron import Perceptron
from vtrack_nets.resnet import ResNet
from vtrack_plugin_stark.layout import StarkLayout
from vtrack_plugin_stark.position import LearnedPosition, SinePosition
from vtrack_plugin_stark.transformer import Transformer

__all__ = ["Found", "Stark", "cells_of"]


class Found(NamedTuple):
    """What a network answers.

    Attributes:
        boxes: ``(B, Q, 4)``, centre x and y, width and height in shares of the search region's edge.
        logits: ``(B, Q, 1)``, whether the target is there, before the sigmoid; None without a score head.
        embedding: ``(B, Q, C)``, what the queries found; None where nothing is asked for (STARK-Lightning).
        memory: ``(B, N, C)``, the encoder's tokens.
        corners: Probabilities of the two corners, ``(B * Q, h * w)`` each; None without a corner head.
    """

    boxes: Tensor
    logits: Tensor | None
    embedding: Tensor | None
    memory: Tensor
    corners: tuple[Tensor, Tensor] | None


def cells_of(padding: Tensor, stride: int) -> Tensor:
    """Return which cells are padding, bool ``(N, h, w)``, of which pixels are, bool ``(N, H, W)``."""
    size = [-(-edge // stride) for edge in padding.shape[1:]]
    return functional.interpolate(padding[:, None].float(), size=size)[:, 0].to(torch.bool)


class Stark(nn.Module):
    """The network of STARK-S, STARK-ST1 and STARK-ST2.

    Args:
        layout: How big it is.
        dropout: Share that is dropped in training.

    Attributes:
        layout: How big it is.
    """

    def __init__(self, layout: StarkLayout, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.layout = layout
        channels = layout.channels
        self.backbone = ResNet(depth=layout.depth, out_indices=(2,), frozen_stages=1, norm_eval=True)
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(requires_grad=False)
        self.position = LearnedPosition(channels) if layout.learned_position else SinePosition(channels)
        self.bottleneck = nn.Conv2d(self.backbone.channels[0], channels, 1)
        self.transformer = Transformer(
            channels=channels,
            heads=layout.heads,
            feedforward=layout.feedforward,
            encoder_layers=layout.encoder_layers,
            decoder_layers=layout.decoder_layers,
            dropout=dropout,
        )
        self.query_embed = nn.Embedding(layout.queries, channels)
        corner = layout.box_head == "corner"
        self.box_head: CornerHead | Perceptron = (
            CornerHead(channels, layout.head_channels, stride=layout.stride)
            if corner
            else Perceptron((channels, channels, channels, 4))
        )
        hidden = [channels] * layout.score_layers
        self.cls_head = Perceptron((*hidden, 1)) if hidden else None

    @property
    def positions(self) -> tuple[nn.Module, nn.Module]:
        """What places the tokens of a template, and those of a search region."""
        return self.position, self.position

    def encode(self, images: Tensor) -> Tensor:
        """Return the tokens of pictures, ``(N, h * w, C)``, row by row.

        Args:
            images: float ``(N, 3, H, W)``, red first, normalised.
        """
        features: Tensor = self.bottleneck(self.backbone(images)[0])
        return features.flatten(2).transpose(1, 2)

    def find(self, tokens: Tensor, position: Tensor, keep: Tensor | None, cells: int) -> Found:
        """Return where the target is.

        Args:
            tokens: ``(B, N, C)``, of the templates and, last, of the search region.
            position: ``(B, N, C)`` or ``(1, N, C)``, where each lies in its picture.
            keep: bool ``(B, N)``, tokens that are no padding; None for all.
            cells: Cells along the edge of the search region.
        """
        embedding, memory = self.transformer(tokens, position, self.query_embed.weight, keep)
        logits = None if self.cls_head is None else self.cls_head(embedding)
        if isinstance(self.box_head, Perceptron):
            return Found(self.box_head(embedding).sigmoid(), logits, embedding, memory, None)
        count, queries, channels = embedding.shape
        search = memory[:, -cells * cells :]
        # How alike each cell is to what each query found.
        alike = torch.bmm(search, embedding.transpose(1, 2))
        marked = search.transpose(1, 2)[:, None] * alike.transpose(1, 2)[:, :, None]
        corners = self.box_head(marked.reshape(count * queries, channels, cells, cells))
        first, last = corners.boxes.split(2, dim=1)
        boxes = torch.cat(((first + last) / 2, last - first), dim=1).view(count, queries, 4)
        return Found(boxes, logits, embedding, memory, (corners.top_left, corners.bottom_right))

    def forward(
        self, templates: tuple[Tensor, ...], search: Tensor, paddings: tuple[Tensor, ...] | None = None
    ) -> Found:
        """Return where the target is, from pictures: the whole network, as training needs it.

        Args:
            templates: float ``(B, 3, h, w)`` each, red first, normalised.
            search: float ``(B, 3, H, W)``.
            paddings: bool ``(B, H, W)`` for each template and, last, for the search region; None where nothing is.
        """
        pictures = (*templates, search)
        if paddings is None:
            paddings = tuple(torch.zeros_like(each[:, 0], dtype=torch.bool) for each in pictures)
        tokens = [self.encode(each) for each in pictures]
        cells = [cells_of(each, self.layout.stride) for each in paddings]
        position = torch.cat([self.position(each) for each in cells], dim=1)
        keep = ~torch.cat([each.flatten(1) for each in cells], dim=1)
        return self.find(torch.cat(tokens, dim=1), position, keep, cells[-1].shape[-1])

    def fuse(self) -> Stark:
        """Make the norms part of their convolutions, for a network that no longer learns; return the network."""
        fold_norms(self)
        return self
