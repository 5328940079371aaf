"""The convolutional vision transformer of MixFormer, with templates' keys and values computed once.

Wu et al., "CvT: Introducing Convolutions to Vision Transformers", ICCV 2021, https://arxiv.org/abs/2103.15808, as
MixFormer has it (https://github.com/MCG-NJU/MixFormer, MIT): three stages, each of which makes tokens by a convolution;
queries, keys and values come from a convolution per channel and its norm, keys and values of every second place only.
Attention is scaled by the width of all heads together, not of one.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_common_sot.folding import fold_norms
from vtrack_plugin_mixformer.attention import KeysValues, attend, remembered

__all__ = ["HEAD_WIDTH", "ConvolutionalTransformer"]

HEAD_WIDTH = 64
_QUICK = 1.702
"""x * sigmoid(1.702 x) stands for a GELU."""

_EMBEDDINGS = ((7, 4, 2), (3, 2, 1), (3, 2, 1))
"""Kernel, stride and padding of the convolution that makes the tokens of a stage."""


class FrozenNorm(nn.BatchNorm2d):
    """A batch norm that never learns, and never looks at the batch."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of the same shape, normalised by what was found in training."""
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )


class ChannelConvolution(nn.Module):
    """A convolution of each channel for itself, and its norm, from maps to tokens."""

    def __init__(self, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=stride, padding=1, groups=width, bias=False)
        self.bn: nn.Module = FrozenNorm(width)

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``(N, h * w, width)`` of ``(N, width, H, W)``."""
        tokens: Tensor = self.bn(self.conv(maps)).flatten(2).transpose(1, 2)
        return tokens


class ConvolutionalAttention(nn.Module):
    """Mixed attention with queries, keys and values out of convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.scale = width**-0.5
        self.conv_proj_q = ChannelConvolution(width, stride=1)
        self.conv_proj_k = ChannelConvolution(width, stride=2)
        self.conv_proj_v = ChannelConvolution(width, stride=2)
        self.proj_q = nn.Linear(width, width)
        self.proj_k = nn.Linear(width, width)
        self.proj_v = nn.Linear(width, width)
        self.proj = nn.Linear(width, width)

    def forward(
        self, x: Tensor, cells: int, memory: Sequence[Tensor], absent: Tensor | None
    ) -> tuple[Tensor, KeysValues]:
        """Return what was attended to, ``(N, tokens, width)``, and the tokens' own keys and values.

        Args:
            x: ``(N, tokens, width)``: one or more square maps after each other.
            cells: Their edge.
            memory: Keys and values of templates.
            absent: Where these are padding.
        """
        # Tokens lie in memory as maps do whose channels are innermost: nothing is copied.
        maps = x.reshape(-1, cells, cells, x.shape[2]).permute(0, 3, 1, 2)
        queries, keys, values = (
            projection(convolution(maps).reshape(len(x), -1, x.shape[2]))
            .view(len(x), -1, self.heads, HEAD_WIDTH)
            .transpose(1, 2)
            for convolution, projection in (
                (self.conv_proj_q, self.proj_q),
                (self.conv_proj_k, self.proj_k),
                (self.conv_proj_v, self.proj_v),
            )
        )
        attended = attend(queries, keys, values, memory, scale=self.scale, absent=absent)
        return self.proj(attended), (keys, values)


class Perceptron(nn.Module):
    """Two layers with x * sigmoid(1.702 x) between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)
        self._fused = False

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        x = self.fc1(x)
        answer: Tensor = self.fc2(functional.silu(x) if self._fused else x * torch.sigmoid(_QUICK * x))
        return answer

    def fuse(self) -> None:
        """Move the factor into the layers around it, which leaves an activation that is one operation."""
        if not self._fused:
            with torch.no_grad():
                for values, factor in (
                    (self.fc1.weight, _QUICK),
                    (self.fc1.bias, _QUICK),
                    (self.fc2.weight, 1 / _QUICK),
                ):
                    values.copy_(values.double() * factor)
            self._fused = True


class Block(nn.Module):
    """Attention and perceptron, each behind a norm and beside a way around it."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = ConvolutionalAttention(width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Perceptron(width, hidden)

    def forward(
        self, x: Tensor, cells: int, memory: Sequence[Tensor] = (), absent: Tensor | None = None
    ) -> tuple[Tensor, KeysValues]:
        """Return tokens of the same shape, and their keys and values in this block."""
        attended, own = self.attn(self.norm1(x), cells, memory, absent)
        x = x + attended
        return x + self.mlp(self.norm2(x)), own


class ConvolutionalEmbedding(nn.Module):
    """The tokens of a stage: places of a map that a convolution makes, each normalised."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, kernel, stride=stride, padding=padding)
        self.norm = nn.LayerNorm(width)

    def forward(self, maps: Tensor) -> tuple[Tensor, int]:
        """Return tokens ``(N, cells * cells, width)`` of square maps, and the cells along an edge."""
        maps = self.proj(maps)
        return self.norm(maps.flatten(2).transpose(1, 2)), maps.shape[3]


class Stage(nn.Module):
    """Tokens out of maps, and blocks over them.

    Args:
        channels: Of the maps that come in.
        width: Of a token.
        hidden: Width between the perceptrons' two layers.
        depth: Number of blocks.
        place: Number of the stage, 0 to 2.
    """

    def __init__(self, channels: int, width: int, hidden: int, depth: int, place: int) -> None:
        super().__init__()
        self.patch_embed = ConvolutionalEmbedding(channels, width, *_EMBEDDINGS[place])
        self.blocks = nn.ModuleList(Block(width, hidden) for _ in range(depth))

    def remember(self, maps: Tensor, count: int) -> tuple[Tensor, list[Tensor]]:
        """Return maps and memory of templates, of which each target has `count` after each other."""
        tokens, cells = self.patch_embed(maps)
        x = tokens.reshape(-1, count * cells * cells, tokens.shape[2])
        memory: list[Tensor] = []
        for block in self.blocks:
            x, own = block(x, cells)
            memory += remembered(own)
        return _maps(x.reshape_as(tokens), cells), memory

    def search(self, maps: Tensor, memory: Sequence[Tensor], absent: Tensor | None) -> Tensor:
        """Return maps of search regions."""
        x, cells = self.patch_embed(maps)
        for place, block in enumerate(self.blocks):
            x, _ = block(x, cells, memory[2 * place : 2 * place + 2], absent)
        return _maps(x, cells)


class ConvolutionalTransformer(nn.Module):
    """The three stages.

    Args:
        widths: Of a token in each stage.
        depths: Blocks of each stage.
        ratio: Width between a perceptron's two layers, in widths of a token.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int], ratio: float = 4.0) -> None:
        super().__init__()
        self.width = widths[-1]
        self.depths = tuple(depths)
        for place, (channels, width, depth) in enumerate(zip((3, *widths[:-1]), widths, depths, strict=True)):
            setattr(self, f"stage{place}", Stage(channels, width, int(ratio * width), depth, place))

    def remember(self, templates: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return what templates give to search regions.

        Args:
            templates: ``(N, n, 3, T, T)``, the first template of each target and then its later ones.

        Returns:
            The features of each target's first template, ``(N, t * t, width)``; and keys and values of all, block by
            block, each ``(N, tokens, width)``.
        """
        maps, memory = templates.flatten(0, 1), []
        for stage in self._stages():
            maps, part = stage.remember(maps, templates.shape[1])
            memory += part
        first = maps[:: templates.shape[1]]
        return first.flatten(2).transpose(1, 2), memory

    def search(self, regions: Tensor, memory: Sequence[Tensor], absent: Tensor | None = None) -> tuple[Tensor, None]:
        """Return the features of search regions, ``(N, width, s, s)``, and None: it has no tokens for boxes.

        Args:
            regions: ``(N, 3, S, S)``.
            memory: As `remember` gives it, in one batch.
            absent: Bool ``(N, n)``, which templates are padding; None where none is.
        """
        maps, start = regions, 0
        for stage, depth in zip(self._stages(), self.depths, strict=True):
            maps = stage.search(maps, memory[start : start + 2 * depth], absent)
            start += 2 * depth
        return maps, None

    def fuse(self) -> None:
        """Make norms part of convolutions and factors part of layers, for a network that no longer learns."""
        fold_norms(self)
        for module in self.modules():
            if isinstance(module, Perceptron):
                module.fuse()

    def _stages(self) -> list[Stage]:
        return [getattr(self, f"stage{place}") for place in range(len(self.depths))]


def _maps(tokens: Tensor, cells: int) -> Tensor:
    """Return ``(N, width, cells, cells)`` of ``(N, cells * cells, width)``, without copying."""
    return tokens.view(len(tokens), cells, cells, -1).permute(0, 3, 1, 2)
