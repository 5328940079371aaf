"""OSTrack in its plain form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from sot_plain import Cropping
from torch import Tensor

from vtrack_common_sot.crops import padding_mask, square_crop

__all__ = ["PlainOstrack"]


class PlainOstrack(Cropping):
    """Ye et al., ECCV 2022, https://arxiv.org/abs/2203.11991: ViT-B of 256 pixels with candidate elimination."""

    search_factor, search_size = 4.0, 256
    heads, keep = 12, (3, 6, 9)

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        super().__init__(state, device)
        row = 0.5 * (1 - torch.cos(2 * math.pi / 17 * torch.arange(1, 17).float()))
        self.window = (row[:, None] * row).view(1, 1, 16, 16).to(device)

    def start(self, image: Any, box: list[int]) -> None:
        self.box = np.array(box)
        self.template = self.picture(square_crop(image, box, 2.0, 128)[0])

    @torch.no_grad()
    def step(self, image: Any) -> Any:
        crop, scale = square_crop(image, self.box, self.search_factor, self.search_size)
        padding_mask(image.shape, self.box, self.search_factor, self.search_size)
        score, size, offset = self.network(self.picture(crop))
        best = int((score * self.window).argmax())
        shift, extent = offset.flatten(2)[0, :, best], size.flatten(2)[0, :, best]
        cell = torch.tensor([best % 16, best // 16], device=shift.device)
        return self.settled(image, torch.cat(((cell + shift) / 16, extent)), scale)

    def tokens(self, picture: Tensor, positions: str) -> Tensor:
        found = self.weights.convolution(picture, "backbone.patch_embed.proj", stride=16)
        return found.flatten(2).transpose(1, 2) + self.weights[f"backbone.{positions}"]

    def network(self, search: Tensor) -> list[Tensor]:
        template = self.tokens(self.template, "pos_embed_z")
        tokens = torch.cat((template, self.tokens(search, "pos_embed_x")), dim=1)
        places = torch.arange(256, device=tokens.device)[None]
        for number in range(12):
            tokens, places = self.block(tokens, places, number)
        tokens = self.weights.layer_norm(tokens, "backbone.norm", 1e-6)
        features = torch.zeros(1, 256, 768, device=tokens.device)
        features.scatter_(1, places[..., None].expand(-1, -1, 768), tokens[:, 64:])
        maps = features.transpose(1, 2).reshape(1, 768, 16, 16).contiguous()
        score, size, offset = (self.tower(maps, branch) for branch in ("ctr", "size", "offset"))
        return [score.sigmoid().clamp(1e-4, 1 - 1e-4), size.sigmoid().clamp(1e-4, 1 - 1e-4), offset]

    def block(self, tokens: Tensor, places: Tensor, number: int) -> tuple[Tensor, Tensor]:
        w, name = self.weights, f"backbone.blocks.{number}"
        length = tokens.shape[1]
        parts = w.linear(w.layer_norm(tokens, f"{name}.norm1", 1e-6), f"{name}.attn.qkv")
        queries, keys, values = parts.reshape(1, length, 3, self.heads, 64).permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((queries @ keys.transpose(-2, -1)) * 0.125).softmax(dim=-1)
        attended = (attention @ values).transpose(1, 2).reshape(1, length, 768)
        tokens = tokens + w.linear(attended, f"{name}.attn.proj")
        if number in self.keep:
            paid = attention[:, :, 27, 64:].mean(dim=1)
            order = paid.sort(dim=1, descending=True).indices[:, : math.ceil(0.7 * (length - 64))]
            kept = tokens[:, 64:].gather(1, order[..., None].expand(-1, -1, 768))
            tokens, places = torch.cat((tokens[:, :64], kept), dim=1), places.gather(1, order)
        hidden = F.gelu(w.linear(w.layer_norm(tokens, f"{name}.norm2", 1e-6), f"{name}.mlp.fc1"))
        return tokens + w.linear(hidden, f"{name}.mlp.fc2"), places

    def tower(self, maps: Tensor, branch: str) -> Tensor:
        for layer in range(1, 5):
            name = f"box_head.conv{layer}_{branch}"
            maps = F.relu_(self.weights.batch_norm(self.weights.convolution(maps, f"{name}.0", padding=1), f"{name}.1"))
        return self.weights.convolution(maps, f"box_head.conv5_{branch}")
