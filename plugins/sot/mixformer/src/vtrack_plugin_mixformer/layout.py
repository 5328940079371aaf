"""What kind of MixFormer weights are for, by their names and shapes. Light but for the tensors it is handed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Protocol

import attrs

__all__ = ["FAMILIES", "PATCH", "Layout", "layout_of"]

FAMILIES = ("cvt", "vit", "v2")
"""MixFormer on a convolutional transformer, on a plain one (MixViT), and MixFormerV2."""

PATCH = 16
"""Pixels along an edge of a patch of the plain transformers."""


class Shaped(Protocol):
    """A tensor, as far as it is looked at here."""

    @property
    def shape(self) -> Iterable[int]: ...


@attrs.frozen
class Layout:
    """A network's sizes; by default those of CvT-21 as its first stage of training leaves it, without a score.

    Attributes:
        family: One of `FAMILIES`.
        widths: Of a token, stage by stage.
        depths: Blocks, stage by stage.
        hidden: Between a perceptron's layers, in the last stage.
        scored: Whether it tells how likely a box holds the target.
        pyramid: Whether the map of corners is finer than the features.
        head: Channels of the corner head's first layer, or bins of an edge of MixFormerV2.
        search_cells: Patches along an edge of the search region; 0 for any.
        template_cells: Patches along an edge of a template; 0 for any.
    """

    family: str = "cvt"
    widths: tuple[int, ...] = (64, 192, 384)
    depths: tuple[int, ...] = (1, 4, 16)
    hidden: int = 1536
    scored: bool = False
    pyramid: bool = False
    head: int = 384
    search_cells: int = 0
    template_cells: int = 0

    @property
    def sizes(self) -> tuple[int, int]:
        """Edges of search regions and templates in pixels; 0 for any."""
        return PATCH * self.search_cells, PATCH * self.template_cells

    def __str__(self) -> str:
        """``vit of 12 blocks of 768, with a score``."""
        widths, blocks = "/".join(map(str, self.widths)), "/".join(map(str, self.depths))
        return f"{self.family} of {blocks} blocks of {widths}, with{'' if self.scored else 'out'} a score"


def layout_of(state: Mapping[str, Shaped]) -> Layout | None:
    """Return what network weights are for; None where they are no MixFormer's.

    Args:
        state: Tensors by the names of MixFormer or MixFormerV2.
    """
    try:
        return _convolutional(state) if "backbone.stage0.patch_embed.proj.weight" in state else _plain(state)
    except (KeyError, ValueError):
        return None


def _convolutional(state: Mapping[str, Shaped]) -> Layout:
    stages = 1 + max(int(found[1]) for name in state if (found := re.match(r"backbone\.stage(\d+)\.", name)))
    prefixes = [f"backbone.stage{place}." for place in range(stages)]
    return Layout(
        "cvt",
        widths=tuple(_size(state, f"{prefix}patch_embed.proj.weight") for prefix in prefixes),
        depths=tuple(_depth(state, prefix) for prefix in prefixes),
        hidden=_size(state, f"{prefixes[-1]}blocks.0.mlp.fc1.weight"),
        scored="score_branch.score_token" in state,
        pyramid="box_head.adjust1_tl.0.weight" in state,
        head=_size(state, "box_head.conv1_tl.0.weight"),
    )


def _plain(state: Mapping[str, Shaped]) -> Layout:
    second = "backbone.reg_tokens" in state
    return Layout(
        "v2" if second else "vit",
        widths=(_size(state, "backbone.patch_embed.proj.weight"),),
        depths=(_depth(state, "backbone."),),
        hidden=_size(state, "backbone.blocks.0.mlp.fc1.weight"),
        scored=("score_head.layers.0.0.weight" if second else "score_branch.score_token") in state,
        pyramid="box_head.adjust1_tl.0.weight" in state,
        head=_size(state, "box_head.layers.1.0.weight" if second else "box_head.conv1_tl.0.weight"),
        search_cells=_edge(state, "backbone.pos_embed_s"),
        template_cells=_edge(state, "backbone.pos_embed_t"),
    )


def _size(state: Mapping[str, Shaped], name: str) -> int:
    return int(next(iter(state[name].shape)))


def _depth(state: Mapping[str, Shaped], prefix: str) -> int:
    pattern = re.compile(re.escape(prefix) + r"blocks\.(\d+)\.")
    return len({found[1] for name in state if (found := pattern.match(name))})


def _edge(state: Mapping[str, Shaped], name: str) -> int:
    _, places, _ = state[name].shape
    return math.isqrt(places)
