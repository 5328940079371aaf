"""Options of OSTrack."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_sot.network_config import NetworkTrackerConfig
from vtrack_nets.weights_option import weights_option

__all__ = ["RANGES", "OstrackConfig"]

RANGES = ("ALL", "CTR_POINT", "CTR_REC", "GT_BOX")
"""Which squares of the template may say what in the search region is background, as the original names them."""


@attrs.frozen(kw_only=True)
class OstrackConfig(NetworkTrackerConfig):
    """How OSTrack looks around a target; sizes of template, search region and network follow from the weights."""

    weights: str = weights_option(
        help="File or address of the weights, as published: OSTrack_ep0300.pth.tar, of 256 or 384 pixels."
    )
    template_factor: float = option(
        2.0, "Side of the template in sides of the target; raising it shows more of what is around.", gt=0
    )
    search_factor: float = option(
        0.0,
        "Side of the search region in sides of the target; raising it finds targets that move faster, and sees them "
        "smaller. 0 for what the weights were trained with: 4, or 5 from 320 pixels on.",
        ge=0,
    )
    elimination_blocks: tuple[int, ...] = option(
        (3, 6, 9),
        "Blocks of the transformer, counted from 0, in which candidates are dropped; empty for weights that were "
        "trained without.",
        ge=0,
    )
    elimination_keep: tuple[float, ...] = option(
        (0.7,),
        "Share of the candidates that stays, in each of these blocks, or one for all; raising it is slower.",
        gt=0,
        le=1,
    )
    elimination_range: str = option(
        "CTR_POINT",
        "Squares of the template whose attention decides: ALL, its centre (CTR_POINT), four around it (CTR_REC), or "
        "those of the target's box (GT_BOX).",
        choices=RANGES,
    )
    window_influence: float = option(
        1.0,
        "How much a cosine window over the search region counts; raising it holds the target nearer to where it was.",
        ge=0,
        le=1,
    )
    margin: float = option(
        10.0, "How far a box reaches into the picture at least, and the least length of its sides.", unit="px", ge=0
    )
    fuse: bool = option(
        True,
        "Make batch norms part of the convolutions, and lay out weights for the processor: faster, the same but for "
        "rounding; the network can then learn no more.",
    )

    def __attrs_post_init__(self) -> None:
        """Refuse shares that do not go with the blocks."""
        if len(set(self.elimination_blocks)) != len(self.elimination_blocks):
            raise ValueError(f"elimination_blocks: names a block twice: {list(self.elimination_blocks)}")
        if self.elimination_blocks and len(self.elimination_keep) not in (1, len(self.elimination_blocks)):
            raise ValueError(
                f"elimination_keep: must be one number, or one for each of the {len(self.elimination_blocks)} blocks "
                f"of elimination_blocks, got {len(self.elimination_keep)}"
            )
