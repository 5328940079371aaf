"""Sizes of an OSTrack, as the shapes of its weights tell them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from pathlib import Path

import attrs
from torch import Tensor

from vtrack_nets.errors import CheckpointError

__all__ = ["OstrackLayout", "layout_of"]

_HEAD_WIDTH = 64
"""Numbers of a token that each head of every published vision transformer has."""

_POSITIONS = ("backbone.pos_embed_z", "backbone.pos_embed_x")
_PATCH = "backbone.patch_embed.proj.weight"
_HIDDEN = "backbone.blocks.0.mlp.fc1.weight"
_CENTRE = "box_head.conv1_ctr.0.weight"


@attrs.frozen
class OstrackLayout:
    """Sizes of the network; the defaults are those of ViT-B at 256 pixels.

    Attributes:
        template_size: Side of the template, pixels.
        search_size: Side of the search region, pixels.
        patch: Side of the square that becomes a token, pixels.
        width: Numbers of a token.
        depth: Blocks.
        heads: Of each attention.
        hidden: Numbers between the two layers of a block.
        channels: Of the head's first convolutions.
    """

    template_size: int = 128
    search_size: int = 256
    patch: int = 16
    width: int = 768
    depth: int = 12
    heads: int = 12
    hidden: int = 3072
    channels: int = 256

    @property
    def template_grid(self) -> int:
        """Tokens along a side of the template."""
        return self.template_size // self.patch

    @property
    def search_grid(self) -> int:
        """Tokens along a side of the search region."""
        return self.search_size // self.patch


def layout_of(state: Mapping[str, Tensor], source: str | Path) -> OstrackLayout:
    """Return the layout of the network that weights are of.

    Args:
        state: Weights by our names.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: They are of no OSTrack with a centre head.
    """
    missing = [name for name in (*_POSITIONS, _PATCH, _HIDDEN, _CENTRE) if name not in state]
    if missing:
        raise CheckpointError(
            f"is no OSTrack with a centre head: it lacks {missing[0]!r}; give a file such as OSTrack_ep0300.pth.tar",
            file=source,
        )
    width, _, patch, _ = state[_PATCH].shape if state[_PATCH].ndim == 4 else (0, 0, 0, 0)
    grids = [isqrt(state[name].shape[1]) if state[name].ndim == 3 else 0 for name in _POSITIONS]
    square = all(grid and grid * grid == state[name].shape[1] for grid, name in zip(grids, _POSITIONS, strict=True))
    if not square or not width or width % _HEAD_WIDTH:
        shapes = ", ".join(f"{name} {tuple(state[name].shape)}" for name in (*_POSITIONS, _PATCH))
        raise CheckpointError(f"is no OSTrack that is known: its weights have the shapes {shapes}", file=source)
    numbers = {int(name.split(".")[2]) for name in state if name.startswith("backbone.blocks.")}
    return OstrackLayout(
        template_size=grids[0] * patch,
        search_size=grids[1] * patch,
        patch=patch,
        width=width,
        depth=max(numbers) + 1,
        heads=width // _HEAD_WIDTH,
        hidden=state[_HIDDEN].shape[0],
        channels=state[_CENTRE].shape[0],
    )
