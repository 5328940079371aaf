"""The two things that a tracker asks of a network: tokens of templates, and where targets are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vtrack_common_sot.normalisation import CropNormaliser
from vtrack_plugin_stark.lightning import StarkLightning
from vtrack_plugin_stark.network import Stark

__all__ = ["SearchStage", "TemplateStage"]


class TemplateStage(nn.Module):
    """From crops to tokens."""

    def __init__(self, network: Stark | StarkLightning) -> None:
        super().__init__()
        self.normaliser = CropNormaliser()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        """Return tokens, ``(N, n, C)``, of crops, uint8 ``(N, H, W, 3)``, blue first."""
        tokens: Tensor = self.network.encode(self.normaliser(crops))
        return tokens


class SearchStage(nn.Module):
    """From crops and the templates' tokens to boxes and scores.

    Args:
        network: The network.
        scored: Whether its score head counts; one that has learnt nothing yet does not.
    """

    def __init__(self, network: Stark | StarkLightning, *, scored: bool) -> None:
        super().__init__()
        self._scored = scored
        self.normaliser = CropNormaliser()
        self.network = network

    def forward(self, crops: Tensor, templates: Tensor, position: Tensor, keep: Tensor | None) -> Tensor:
        """Return centre x and y, width, height in shares of the crop's edge, and the score, ``(B, 5)``.

        The box is the mean of those of all queries. Where no score head counts the score is 1.

        Args:
            crops: uint8 ``(B, S, S, 3)``, blue first.
            templates: ``(B, T, C)``, tokens of all templates.
            position: ``(B, T + n, C)`` or ``(1, T + n, C)``, where these and those of the search region lie.
            keep: bool ``(B, T + n)``, tokens that are no padding; None for all.
        """
        cells = crops.shape[1] // self.network.layout.stride
        tokens = torch.cat((templates, self.network.encode(self.normaliser(crops))), dim=1)
        found = self.network.find(tokens, position, keep, cells)
        boxes = found.boxes.mean(dim=1)
        scores = boxes.new_ones(len(boxes), 1)
        if self._scored and found.logits is not None:
            scores = found.logits.mean(dim=1).sigmoid()
        return torch.cat((boxes, scores), dim=1)
