"""Attention of a search region to itself and to templates whose keys and values are known.

MixFormer's mixed attention is asymmetric: templates attend to templates only, the search region to everything. What
templates give to it, their keys and values in every block, is therefore computed once, when templates change, and not
in every frame. Cui et al., "MixFormer: End-to-End Tracking with Iterative Mixed Attention", CVPR 2022,
https://arxiv.org/abs/2203.11082; code: https://github.com/MCG-NJU/MixFormer (MIT).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from vtrack_common_sot.vit import merged

__all__ = ["KeysValues", "attend", "remembered", "stacked"]

KeysValues = tuple[Tensor, Tensor]
"""Keys and values of one block, each ``(N, heads, tokens, width of a head)``."""


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    memory: Sequence[Tensor],
    *,
    scale: float,
    absent: Tensor | None = None,
) -> Tensor:
    """Return attended values with the heads side by side, ``(N, q, width)``.

    Args:
        queries: ``(N, heads, q, width / heads)``.
        keys: ``(N, heads, k, width / heads)``, of the tokens themselves.
        values: As `keys`.
        memory: Keys and values of n templates of equal size after each other, as `remembered` gives them: they go
            before the others; empty for none.
        scale: Queries times keys are multiplied by it.
        absent: Bool ``(N, n)``, which of these templates are padding; None where none is.
    """
    mask = None
    if memory:
        if absent is not None:
            present = ~absent.repeat_interleave(memory[0].shape[1] // absent.shape[1], dim=1)
            mask = functional.pad(present, (0, keys.shape[2]), value=True)[:, None, None]
        keys, values = (_behind(part, own) for part, own in zip(memory, (keys, values), strict=True))
    return merged(functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=scale))


def remembered(own: KeysValues) -> list[Tensor]:
    """Return keys and values as they are kept, each ``(N, tokens, width)``."""
    return [merged(part) for part in own]


def _behind(memory: Tensor, own: Tensor) -> Tensor:
    """Return ``(N, heads, M + k, width of a head)``."""
    # Under autocast a memory may be wider than what it is joined with.
    count, heads, _, width = own.shape
    kept = memory.to(own.dtype).view(count, -1, heads, width)
    return torch.cat((kept, own.transpose(1, 2)), dim=1).transpose(1, 2)


def stacked(memories: Sequence[Sequence[Tensor]], counts: Sequence[int]) -> tuple[list[Tensor], Tensor | None]:
    """Return the memories of several targets as one batch.

    Args:
        memories: Of each target the same parts, each ``(1, tokens, width)``; how many tokens there are may differ
            from target to target.
        counts: How many templates each target has.

    Returns:
        The parts, ``(N, most tokens, width)``; and which templates are padding, bool ``(N, most templates)``,
        None where none is.
    """
    if len(memories) == 1:
        return list(memories[0]), None
    parts = [_joined(of_targets) for of_targets in zip(*memories, strict=True)]
    if min(counts) == max(counts):
        return parts, None
    places = torch.arange(max(counts), device=parts[0].device)
    return parts, places >= torch.tensor(counts, device=places.device)[:, None]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    most = max(part.shape[1] for part in parts)
    return torch.cat([functional.pad(part, (0, 0, 0, most - part.shape[1])) for part in parts])
