"""STARK-Lightning: a small RepVGG and a single layer in which the search region looks at the template and itself.

Equal to ``stark_lightning_X_trt`` of https://github.com/researchmm/Stark (MIT). RepVGG: Ding et al., "RepVGG: Making
VGG-style ConvNets Great Again", CVPR 2021, https://arxiv.org/abs/2101.03697.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.corner_head import soft_argmax
from vtrack_common_sot.folding import fold_norm
from vtrack_plugin_stark.attention import Attention
from vtrack_plugin_stark.layout import LightningLayout
from vtrack_plugin_stark.network import Found, cells_of
from vtrack_plugin_stark.position import LearnedPosition
from vtrack_plugin_stark.transformer import FeedForward

__all__ = ["LiteCornerHead", "LiteLayer", "RepVggBlock", "StarkLightning"]


class _Normed(nn.Module):
    """A convolution and its norm."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)``."""
        changed: Tensor = self.bn(self.conv(x))
        return changed


class RepVggBlock(nn.Module):
    """A 3x3 convolution, a 1x1 one and, where shapes allow, the identity, each with a norm; summed, then a ReLU.

    Args:
        inside: Channels that come in.
        outside: Channels that go out.
        stride: Of the convolutions.
    """

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        self.rbr_dense: _Normed | None = _Normed(inside, outside, 3, stride)
        self.rbr_1x1: _Normed | None = _Normed(inside, outside, 1, stride)
        self.rbr_identity = nn.BatchNorm2d(inside) if inside == outside and stride == 1 else None
        self.rbr_reparam: nn.Conv2d | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outside, h, w)`` of ``(N, inside, H, W)``."""
        if self.rbr_reparam is not None:
            return functional.relu(self.rbr_reparam(x), inplace=True)
        assert self.rbr_dense is not None
        assert self.rbr_1x1 is not None
        total: Tensor = self.rbr_dense(x) + self.rbr_1x1(x)
        return functional.relu(total if self.rbr_identity is None else total + self.rbr_identity(x))

    def fuse(self) -> None:
        """Make one convolution of all."""
        if self.rbr_dense is None or self.rbr_1x1 is None:
            return
        whole, *parts = (fold_norm(branch.conv, branch.bn) for branch in (self.rbr_dense, self.rbr_1x1))
        if self.rbr_identity is not None:
            channels = self.rbr_identity.num_features
            identity = nn.Conv2d(channels, channels, 1, bias=False).to(whole.weight)
            with torch.no_grad():
                identity.weight.copy_(torch.eye(channels)[:, :, None, None])
            parts.append(fold_norm(identity, self.rbr_identity))
        with torch.no_grad():
            for part in parts:
                whole.weight[:, :, 1:2, 1:2] += part.weight
                assert whole.bias is not None
                assert part.bias is not None
                whole.bias += part.bias
        self.rbr_reparam, self.rbr_dense, self.rbr_1x1, self.rbr_identity = whole, None, None, None


class _Backbone(nn.Module):
    """A RepVGG without its last stage."""

    def __init__(self, layout: LightningLayout) -> None:
        super().__init__()
        stem, *widths = layout.widths
        self.stage0 = RepVggBlock(3, stem, 2)
        inside = stem
        for stage, (width, count) in enumerate(zip(widths, layout.blocks, strict=True), start=1):
            first = RepVggBlock(inside, width, 2)
            setattr(self, f"stage{stage}", nn.Sequential(first, *(RepVggBlock(width, width) for _ in range(1, count))))
            inside = width

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, H / 16, W / 16)`` of ``(N, 3, H, W)``."""
        for stage in range(4):
            x = getattr(self, f"stage{stage}")(x)
        return x


class LiteLayer(FeedForward):
    """The search region takes from all tokens; what it keeps of itself has its position in it."""

    def __init__(self, channels: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__(channels, feedforward, dropout)
        self.self_attn = Attention(channels, heads, dropout)
        self.norm1 = nn.LayerNorm(channels)
        self.norm2 = nn.LayerNorm(channels)

    def forward(self, queries: Tensor, placed: Tensor, values: Tensor, keep: Tensor | None) -> Tensor:
        """Return the queries, changed."""
        taken = self.self_attn(placed, values, keep, queries)
        queries = self.norm1(self._added(queries, taken))
        changed: Tensor = self.norm2(self._added(queries, self._widened(queries)))
        return changed


class _LiteTransformer(nn.Module):
    """Holds the one layer, under the name that it has in checkpoints."""

    def __init__(self, layout: LightningLayout, dropout: float) -> None:
        super().__init__()
        self.encoder = LiteLayer(layout.channels, layout.heads, layout.feedforward, dropout)


class LiteCornerHead(nn.Module):
    """One tower for both corners, whose places lie in the middle of cells."""

    def __init__(self, inside: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        blocks = (RepVggBlock(inside, channels), RepVggBlock(channels, channels))
        self.conv_tower = nn.Sequential(*blocks, nn.Conv2d(channels, 2, 3, padding=1))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes ``x1, y1, x2, y2`` in shares of the edge, and the corners' probabilities, ``(N, h * w)``."""
        maps = self.conv_tower(features)
        count, _, height, _ = maps.shape
        places, shares = soft_argmax(maps.transpose(0, 1).flatten(0, 1), stride=self.stride, offset=0.5)
        boxes = torch.cat((places[:count], places[count:]), dim=1) / (height * self.stride)
        return boxes, shares[:count], shares[count:]


class StarkLightning(nn.Module):
    """The network of STARK-Lightning.

    Args:
        layout: How big it is.
        dropout: Share that is dropped in training.

    Attributes:
        layout: How big it is.
    """

    def __init__(self, layout: LightningLayout, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.layout = layout
        self.backbone = _Backbone(layout)
        self.bottleneck = nn.Conv2d(layout.widths[-1], layout.channels, 1)
        self.pos_emb_z0 = LearnedPosition(layout.channels, layout.template_cells)
        self.pos_emb_x = LearnedPosition(layout.channels, layout.search_cells)
        self.transformer = _LiteTransformer(layout, dropout)
        self.box_head = LiteCornerHead(layout.channels, layout.head_channels, stride=layout.stride)

    @property
    def positions(self) -> tuple[nn.Module, nn.Module]:
        """What places the tokens of a template, and those of a search region."""
        return self.pos_emb_z0, self.pos_emb_x

    def encode(self, images: Tensor) -> Tensor:
        """Return the tokens of pictures, ``(N, h * w, C)``, row by row, of ``(N, 3, H, W)``."""
        features: Tensor = self.bottleneck(self.backbone(images))
        return features.flatten(2).transpose(1, 2)

    def find(self, tokens: Tensor, position: Tensor, keep: Tensor | None, cells: int) -> Found:
        """Return where the target is; the arguments are those of `Stark.find`."""
        placed = tokens + position
        memory = self.transformer.encoder(placed[:, -cells * cells :], placed, tokens, keep)
        boxes, first, last = self.box_head(memory.transpose(1, 2).reshape(len(memory), -1, cells, cells))
        low, high = boxes.split(2, dim=1)
        boxes = torch.cat(((low + high) / 2, high - low), dim=1)[:, None]
        return Found(boxes, None, None, memory, (first, last))

    def forward(self, templates: tuple[Tensor], search: Tensor, paddings: tuple[Tensor, ...] | None = None) -> Found:
        """Return where the target is, from pictures; the arguments are those of `Stark.forward`."""
        pictures = (*templates, search)
        if paddings is None:
            paddings = tuple(torch.zeros_like(each[:, 0], dtype=torch.bool) for each in pictures)
        tokens = torch.cat([self.encode(each) for each in pictures], dim=1)
        cells = [cells_of(each, self.layout.stride) for each in paddings]
        position = torch.cat([place(each) for place, each in zip(self.positions, cells, strict=True)], dim=1)
        keep = ~torch.cat([each.flatten(1) for each in cells], dim=1)
        return self.find(tokens, position, keep, cells[-1].shape[-1])

    def fuse(self) -> StarkLightning:
        """Make one convolution of each block, for a network that no longer learns; return the network."""
        for module in self.modules():
            if isinstance(module, RepVggBlock):
                module.fuse()
        return self
