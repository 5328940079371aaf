"""From raw maps to boxes and scores, for all images of a batch at once."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import torch
from torch import Tensor

__all__ = ["STRIDES", "Places", "decode", "decoded_boxes", "flattened", "places"]

STRIDES = (8, 16, 32)
"""Pixels from one place to the next, of each scale."""

Places = tuple[Tensor, Tensor]
"""float32 ``(A, 2)``, column and row of each place in its grid, and ``(A, 1)``, its stride."""


def places(sizes: Seq[tuple[int, int]], device: torch.device | None = None) -> Places:
    """Return where the places of all scales lie.

    Args:
        sizes: Height and width of the map of each scale.
        device: Where to make them.
    """
    grids, strides = [], []
    for (height, width), stride in zip(sizes, STRIDES, strict=True):
        row, column = torch.meshgrid(
            torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij"
        )
        grids.append(torch.stack((column, row), dim=2).reshape(-1, 2))
        strides.append(torch.full((height * width, 1), stride, device=device))
    return torch.cat(grids).float(), torch.cat(strides).float()


def flattened(maps: Seq[Tensor]) -> Tensor:
    """Return maps ``(N, C, h, w)`` of all scales as one float32 ``(N, A, C)``, place by place."""
    return torch.cat([each.flatten(start_dim=2) for each in maps], dim=2).transpose(1, 2).float()


def decoded_boxes(raw: Tensor, at: Places) -> Tensor:
    """Return boxes ``(N, A, 4)``, centre and size in pixels, of raw ones."""
    grid, strides = at
    return torch.cat(((raw[..., :2] + grid) * strides, raw[..., 2:4].exp() * strides), dim=-1)


def decode(raw: Tensor, sizes: Seq[tuple[int, int]]) -> Tensor:
    """Return boxes in pixels and scores between 0 and 1.

    Args:
        raw: ``(N, A, 4 + 1 + classes)``, as `flattened` gives them.
        sizes: Height and width of the map of each scale.

    Returns:
        As `Yolox.forward`.
    """
    return torch.cat((decoded_boxes(raw, places(sizes, raw.device)), raw[..., 4:].sigmoid()), dim=-1)
