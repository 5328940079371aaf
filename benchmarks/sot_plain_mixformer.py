"""MixFormer in its plain form."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from sot_plain import Cropping
from torch import Tensor

from vtrack_common_sot.crops import padding_mask, square_crop

__all__ = ["PlainMixFormer"]


class PlainMixFormer(Cropping):
    """Cui et al., CVPR 2022, https://arxiv.org/abs/2203.11082: MixFormer on CvT-21, both templates in every frame."""

    search_factor, search_size = 5.0, 320
    embeddings = ((7, 4, 2), (3, 2, 1), (3, 2, 1))
    depths, widths = (1, 4, 16), (64, 192, 384)

    def start(self, image: Any, box: list[int]) -> None:
        self.box = np.array(box)
        self.template = self.picture(square_crop(image, box, 2.0, 128)[0])

    @torch.no_grad()
    def step(self, image: Any) -> Any:
        crop, scale = square_crop(image, self.box, self.search_factor, self.search_size)
        padding_mask(image.shape, self.box, self.search_factor, self.search_size)
        maps = [self.template, self.template, self.picture(crop)]
        for stage in range(3):
            maps = self.stage(maps, stage)
        (x1, y1), (x2, y2) = (self.corner(maps[2], corner) for corner in ("tl", "br"))
        found = torch.stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)) / 320
        return self.settled(image, found, scale)

    def stage(self, maps: list[Tensor], stage: int) -> list[Tensor]:
        w, name, width = self.weights, f"backbone.stage{stage}", self.widths[stage]
        _, stride, padding = self.embeddings[stage]
        maps = [w.convolution(each, f"{name}.patch_embed.proj", stride, padding) for each in maps]
        edges = [each.shape[3] for each in maps]
        tokens = [w.layer_norm(each.flatten(2).transpose(1, 2), f"{name}.patch_embed.norm") for each in maps]
        for block in range(self.depths[stage]):
            tokens = self.block(tokens, edges, f"{name}.blocks.{block}", width)
        pairs = zip(tokens, edges, strict=True)
        return [each.transpose(1, 2).reshape(1, width, edge, edge).contiguous() for each, edge in pairs]

    def block(self, tokens: list[Tensor], edges: list[int], name: str, width: int) -> list[Tensor]:
        w, lengths = self.weights, [each.shape[1] for each in tokens]
        joined = torch.cat(tokens, dim=1)
        normed = torch.split(w.layer_norm(joined, f"{name}.norm1"), lengths, dim=1)
        pairs = zip(normed, edges, strict=True)
        maps = [each.transpose(1, 2).reshape(1, width, edge, edge).contiguous() for each, edge in pairs]
        queries, keys, values = (self.projected(maps, f"{name}.attn", which) for which in "qkv")
        ours, theirs = lengths[0] + lengths[1], keys.shape[2] - (edges[2] // 2) ** 2
        of_templates = self.attended(queries[:, :, :ours], keys[:, :, :theirs], values[:, :, :theirs], width)
        attended = torch.cat((of_templates, self.attended(queries[:, :, ours:], keys, values, width)), dim=1)
        joined = joined + w.linear(attended, f"{name}.attn.proj")
        hidden = w.linear(w.layer_norm(joined, f"{name}.norm2"), f"{name}.mlp.fc1")
        joined = joined + w.linear(hidden * torch.sigmoid(1.702 * hidden), f"{name}.mlp.fc2")
        return list(torch.split(joined, lengths, dim=1))

    def projected(self, maps: list[Tensor], name: str, which: str) -> Tensor:
        w, found = self.weights, []
        kernel = w[f"{name}.conv_proj_{which}.conv.weight"]
        for each in maps:
            each = F.conv2d(each, kernel, None, 1 if which == "q" else 2, 1, 1, len(kernel))
            found.append(w.batch_norm(each, f"{name}.conv_proj_{which}.bn").flatten(2).transpose(1, 2))
        tokens = w.linear(torch.cat(found, dim=1), f"{name}.proj_{which}")
        return tokens.view(1, tokens.shape[1], -1, 64).transpose(1, 2).contiguous()

    @staticmethod
    def attended(queries: Tensor, keys: Tensor, values: Tensor, width: int) -> Tensor:
        attention = ((queries @ keys.transpose(-2, -1)) * width**-0.5).softmax(dim=-1)
        merged: Tensor = (attention @ values).transpose(1, 2).flatten(2)
        return merged
