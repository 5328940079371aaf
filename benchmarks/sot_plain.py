"""Single-object trackers in their plain form, for where the published code is not at hand.

Written from the papers, operator by operator, as the published codes compute: attention as a whole, batch norms by
themselves, template and search region looked at together in every frame where the original does so. Weights are a
dictionary by the names of our networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from vtrack_common_sot.crops import box_in_picture, clip_box, padding_mask, square_crop

__all__ = ["PLAIN", "PlainOstrack", "PlainSiamRpn", "PlainStark"]

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Weights:
    """Operators by the names of their weights."""

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.state = {name: value.to(device) for name, value in state.items()}

    def __getitem__(self, name: str) -> Tensor:
        return self.state[name]

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self[f"{name}.weight"], self.state.get(f"{name}.bias"))

    def layer_norm(self, x: Tensor, name: str, eps: float = 1e-5) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], eps)

    def convolution(self, x: Tensor, name: str, stride: int = 1, padding: int = 0, dilation: int = 1) -> Tensor:
        return F.conv2d(x, self[f"{name}.weight"], self.state.get(f"{name}.bias"), stride, padding, dilation)

    def batch_norm(self, x: Tensor, name: str) -> Tensor:
        running = self[f"{name}.running_mean"], self[f"{name}.running_var"]
        return F.batch_norm(x, *running, self[f"{name}.weight"], self[f"{name}.bias"])

    def bottleneck(self, x: Tensor, name: str, stride: int, padding: int, dilation: int, shortcut: Any) -> Tensor:
        found = F.relu_(self.batch_norm(self.convolution(x, f"{name}.conv1"), f"{name}.bn1"))
        found = self.convolution(found, f"{name}.conv2", stride, padding, dilation)
        found = F.relu_(self.batch_norm(found, f"{name}.bn2"))
        found = self.batch_norm(self.convolution(found, f"{name}.conv3"), f"{name}.bn3")
        if shortcut is not None:
            x = self.batch_norm(self.convolution(x, f"{name}.downsample.0", *shortcut), f"{name}.downsample.1")
        return F.relu_(found + x)


class Cropping:
    """What OSTrack and STARK have in common: crops in, boxes out."""

    search_factor: float
    search_size: int

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.weights, self.device = Weights(state, device), device
        self.box: Any = None

    def picture(self, crop: Any) -> Tensor:
        image = torch.tensor(np.ascontiguousarray(crop[..., ::-1])).to(self.device).float().permute(2, 0, 1)[None]
        return (image / 255.0 - MEAN.to(self.device)) / DEVIATION.to(self.device)

    def settled(self, image: Any, found: Tensor, scale: float) -> Any:
        box = (found * self.search_size / scale).cpu().numpy()
        height, width = image.shape[:2]
        self.box = clip_box(box_in_picture(box, self.box, scale, self.search_size), height, width, 10)
        return self.box


class PlainOstrack(Cropping):
    """Ye et al., ECCV 2022, https://arxiv.org/abs/2203.11991: ViT-B of 256 pixels with candidate elimination."""

    search_factor, search_size = 4.0, 256
    heads, keep = 12, (3, 6, 9)

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        super().__init__(state, device)
        row = 0.5 * (1 - torch.cos(2 * math.pi / 17 * torch.arange(1, 17).float()))
        self.window = (row[:, None] * row).view(1, 1, 16, 16).to(device)

    def start(self, image: Any, box: list[float]) -> None:
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


class PlainStark(Cropping):
    """Yan et al., ICCV 2021, https://arxiv.org/abs/2103.17154: STARK-S with a ResNet-50."""

    search_factor, search_size = 5.0, 320

    def start(self, image: Any, box: list[float]) -> None:
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

    def corner(self, maps: Tensor, corner: str) -> tuple[Tensor, Tensor]:
        w = self.weights
        for layer in range(1, 5):
            name = f"box_head.conv{layer}_{corner}"
            maps = F.relu_(w.batch_norm(w.convolution(maps, f"{name}.0", padding=1), f"{name}.1"))
        chances = w.convolution(maps, f"box_head.conv5_{corner}").flatten().softmax(dim=0).view(20, 20)
        places = torch.arange(20, device=maps.device) * 16.0
        return (chances.sum(dim=0) * places).sum(), (chances.sum(dim=1) * places).sum()


class PlainSiamRpn:
    """Li et al., CVPR 2019, https://arxiv.org/abs/1812.11703: SiamRPN++ with a ResNet-50 and three levels."""

    def __init__(self, state: Mapping[str, Tensor], device: str) -> None:
        self.weights, self.device = Weights(state, device), device
        ratios = (0.33, 0.5, 1.0, 2.0, 3.0)
        widths = [int(math.sqrt(64 / ratio)) for ratio in ratios]
        extents = np.array([(8 * width, 8 * int(width * ratio)) for width, ratio in zip(widths, ratios, strict=True)])
        ys, xs = np.meshgrid(*[8.0 * (np.arange(25) - 12)] * 2, indexing="ij")
        places = np.tile(np.stack((xs.ravel(), ys.ravel())), 5)
        self.anchors = np.vstack((places, np.repeat(extents.T, 625, axis=1))).astype(np.float32)
        self.window = np.tile(np.outer(np.hanning(25), np.hanning(25)).ravel(), 5)

    def start(self, image: Any, box: list[float]) -> None:
        x, y, width, height = box
        self.centre, self.size = np.array((x + (width - 1) / 2, y + (height - 1) / 2)), np.array((width, height))
        self.colour = image.mean(axis=(0, 1))
        crop = self.subwindow(image, 127, round(self.context()))
        with torch.no_grad():
            self.template = [level[:, :, 4:-4, 4:-4] for level in self.features(crop)]

    def context(self) -> float:
        return float(np.sqrt(np.prod(self.size + 0.5 * self.size.sum())))

    def subwindow(self, image: Any, size: int, edge: int) -> Tensor:
        """Return a piece of the picture; beyond it lies its mean colour."""
        left, top = (int(np.floor(middle - (edge + 1) / 2 + 0.5)) for middle in self.centre)
        height, width = image.shape[:2]
        before = max(0, -left), max(0, -top)
        behind = max(0, left + edge - width), max(0, top + edge - height)
        if any((*before, *behind)):
            padded = np.zeros((height + before[1] + behind[1], width + before[0] + behind[0], 3), np.uint8)
            padded[:] = self.colour
            padded[before[1] : before[1] + height, before[0] : before[0] + width] = image
            image = padded
        left, top = left + before[0], top + before[1]
        piece = image[top : top + edge, left : left + edge]
        scaled = piece if edge == size else cv2.resize(piece, (size, size))
        return torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32)).to(self.device)

    def features(self, x: Tensor) -> list[Tensor]:
        w = self.weights
        x = F.relu_(w.batch_norm(w.convolution(x, "backbone.conv1", 2), "backbone.bn1"))
        x = F.max_pool2d(x, 3, 2, 1)
        levels = []
        for stage, (count, stride, dilation) in enumerate(((3, 1, 1), (4, 2, 1), (6, 1, 2), (3, 1, 4)), start=1):
            for block in range(count):
                half = max(dilation // 2, 1)
                if block:
                    options: tuple[Any, ...] = (1, dilation, dilation, None)
                elif stage == 1:
                    options = (1, 1, 1, (1,))
                else:
                    padding = half if dilation > 1 else 0
                    options = (stride, half if dilation > 1 else 2 - stride, half, (stride, padding, half))
                x = w.bottleneck(x, f"backbone.layer{stage}.{block}", *options)
            levels.append(x)
        found = []
        for level, maps in enumerate(levels[1:], start=2):
            name = f"neck.downsample{level}.downsample"
            found.append(w.batch_norm(w.convolution(maps, f"{name}.0"), f"{name}.1"))
        return found

    def head(self, search: list[Tensor], what: str) -> Tensor:
        w, found = self.weights, []
        for level, (template, maps) in enumerate(zip(self.template, search, strict=True), start=2):
            name = f"rpn_head.rpn{level}.{what}"
            kernel = w.batch_norm(w.convolution(template, f"{name}.conv_kernel.0"), f"{name}.conv_kernel.1").relu_()
            maps = w.batch_norm(w.convolution(maps, f"{name}.conv_search.0"), f"{name}.conv_search.1").relu_()
            maps = F.conv2d(maps, kernel.transpose(0, 1), groups=kernel.shape[1])
            maps = w.batch_norm(w.convolution(maps, f"{name}.head.0"), f"{name}.head.1").relu_()
            found.append(w.convolution(maps, f"{name}.head.3"))
        shares = w[f"rpn_head.{what}_weight"].softmax(dim=0)
        return sum(level * share for level, share in zip(found, shares, strict=True))  # type: ignore[return-value]

    @torch.no_grad()
    def step(self, image: Any) -> Any:
        context = self.context()
        scale = 127 / context
        search = self.features(self.subwindow(image, 255, round(context * 255 / 127)))
        scores = self.head(search, "cls").view(2, -1).softmax(dim=0)[1].cpu().numpy()
        boxes = self.head(search, "loc").view(4, -1).cpu().numpy()
        boxes[:2] = boxes[:2] * self.anchors[2:] + self.anchors[:2]
        boxes[2:] = np.exp(boxes[2:]) * self.anchors[2:]
        grown = _either(_edge(boxes[2], boxes[3]) / _edge(*(self.size * scale)))
        bent = _either((self.size[0] / self.size[1]) / (boxes[2] / boxes[3]))
        penalty = np.exp(-(bent * grown - 1) * 0.05)
        best = int((penalty * scores * (1 - 0.42) + self.window * 0.42).argmax())
        share, limits = penalty[best] * scores[best] * 0.38, np.array(image.shape[1::-1])
        found = boxes[:, best] / scale
        self.centre = np.clip(found[:2] + self.centre, 0, limits)
        self.size = np.maximum(10, np.minimum(self.size * (1 - share) + found[2:] * share, limits))
        return np.concatenate((self.centre - self.size / 2, self.size))


def _edge(width: Any, height: Any) -> Any:
    margin = (width + height) * 0.5
    return np.sqrt((width + margin) * (height + margin))


def _either(ratio: Any) -> Any:
    return np.maximum(ratio, 1 / ratio)


PLAIN = {"ostrack": PlainOstrack, "siamrpn": PlainSiamRpn, "stark": PlainStark}
"""Plain forms by the name of the tracker."""
