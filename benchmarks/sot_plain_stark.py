"""STARK-S in its plain form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from sot_plain import Cropping
from torch import Tensor

from vtrack_common_sot.crops import padding_mask, square_crop

__all__ = ["PlainStark"]


class PlainStark(Cropping):
    """Yan et al., ICCV 2021, https://arxiv.org/abs/2103.17154: STARK-S with a ResNet-50."""

    search_factor, search_size = 5.0, 320

    def start(self, image: Any, box: list[int]) -> None:
        self.box = np.array(box)
        with torch.no_grad():
            self.template = self.encoded(image, 2.0, 128)[:3]

    @torch.no_grad()
    def step(self, image: Any) -> Any:
        *search, scale = self.encoded(image, self.search_factor, self.search_size)
        tokens, position, padding = (torch.cat(pair, dim=1) for pair in zip(self.template, search, strict=True))
        for layer in range(6):
            tokens = self.encoder_layer(tokens, position, padding, f"transformer.encoder.layers.{layer}")
        asked = self.weights["query_embed.weight"][None]
        query = torch.zeros_like(asked)
        for layer in range(6):
            query = self.decoder_layer(query, asked, tokens, position, padding, f"transformer.decoder.layers.{layer}")
        query = self.weights.layer_norm(query, "transformer.decoder.norm")
        region = tokens[:, -400:]
        marked = (region * (region @ query.transpose(1, 2))).transpose(1, 2).reshape(1, 256, 20, 20).contiguous()
        (x1, y1), (x2, y2) = (self.corner(marked, corner) for corner in ("tl", "br"))
        found = torch.stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)) / 320
        return self.settled(image, found, scale)

    def encoded(self, image: Any, factor: float, size: int) -> tuple[Any, ...]:
        """Return tokens, positions, which of them are padding, and the scale."""
        crop, scale = square_crop(image, self.box, factor, size)
        mask = torch.from_numpy(padding_mask(image.shape, self.box, factor, size)).to(self.device)
        w = self.weights
        x = w.convolution(self.picture(crop), "backbone.conv1", 2, 3)
        x = F.max_pool2d(F.relu_(w.batch_norm(x, "backbone.bn1")), 3, 2, 1)
        for stage, count in enumerate((3, 4, 6), start=1):
            for block in range(count):
                stride = 2 if stage > 1 and block == 0 else 1
                shortcut = None if block else (stride,)
                x = w.bottleneck(x, f"backbone.layer{stage}.{block}", stride, 1, 1, shortcut)
        padding = F.interpolate(mask[None, None].float(), size=x.shape[-2:])[0].to(torch.bool)
        tokens = w.convolution(x, "bottleneck").flatten(2).transpose(1, 2)
        return tokens, self.sines(padding), padding.flatten(1), scale

    def sines(self, padding: Tensor) -> Tensor:
        found = []
        for axis in (1, 2):
            places = (~padding).cumsum(axis, dtype=torch.float32)
            last = places[:, -1:, :] if axis == 1 else places[:, :, -1:]
            places = places / (last + 1e-6) * 2 * math.pi
            number = torch.arange(128, dtype=torch.float32, device=padding.device)
            angles = places[..., None] / 10000 ** (2 * torch.div(number, 2, rounding_mode="floor") / 128)
            found.append(torch.stack((angles[..., 0::2].sin(), angles[..., 1::2].cos()), dim=4).flatten(3))
        return torch.cat(found, dim=3).flatten(1, 2)

    def attention(self, queries: Tensor, keys: Tensor, values: Tensor, padding: Tensor | None, name: str) -> Tensor:
        weight, bias = self.weights[f"{name}.in_proj_weight"], self.weights[f"{name}.in_proj_bias"]
        parts = zip((queries, keys, values), weight.chunk(3), bias.chunk(3), strict=True)
        q, k, v = (F.linear(x, w, b).view(1, x.shape[1], 8, 32).transpose(1, 2) for x, w, b in parts)
        alike = (q / math.sqrt(32)) @ k.transpose(-2, -1)
        if padding is not None:
            alike = alike.masked_fill(padding[:, None, None], -math.inf)
        attended = (alike.softmax(dim=-1) @ v).transpose(1, 2).flatten(2)
        return self.weights.linear(attended, f"{name}.out_proj")

    def encoder_layer(self, tokens: Tensor, position: Tensor, padding: Tensor, name: str) -> Tensor:
        placed = tokens + position
        taken = self.attention(placed, placed, tokens, padding, f"{name}.self_attn")
        return self.widened(self.weights.layer_norm(tokens + taken, f"{name}.norm1"), name, "norm2")

    def decoder_layer(
        self, query: Tensor, asked: Tensor, tokens: Tensor, position: Tensor, padding: Tensor, name: str
    ) -> Tensor:
        w = self.weights
        taken = self.attention(query + asked, query + asked, query, None, f"{name}.self_attn")
        query = w.layer_norm(query + taken, f"{name}.norm1")
        taken = self.attention(query + asked, tokens + position, tokens, padding, f"{name}.multihead_attn")
        return self.widened(w.layer_norm(query + taken, f"{name}.norm2"), name, "norm3")

    def widened(self, tokens: Tensor, name: str, norm: str) -> Tensor:
        hidden = F.relu_(self.weights.linear(tokens, f"{name}.linear1"))
        return self.weights.layer_norm(tokens + self.weights.linear(hidden, f"{name}.linear2"), f"{name}.{norm}")
