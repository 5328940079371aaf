"""Options of STARK."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_sot.network_config import NetworkTrackerConfig
from vtrack_nets.weights_option import weights_option

__all__ = ["VARIANTS", "StarkConfig"]

VARIANTS = ("s", "st1", "st2", "lightning")
"""Spatial; spatio-temporal, as its first and as its second stage of training leave it; the small one."""

_STRIDE = 16


@attrs.frozen(kw_only=True)
class StarkConfig(NetworkTrackerConfig):
    """How a STARK looks at a frame; backbone and sizes of layers follow from the weights."""

    weights: str = weights_option(
        help="File or address of the weights: of a STARK-S, STARK-ST or STARK-Lightning, as published."
    )
    variant: str = option(
        "",
        "s (one template), st1 (several templates, never renewed), st2 (renewed where the score allows) or lightning; "
        "empty for st2 where the weights have a score head, else for what they are.",
        choices=("", *VARIANTS),
    )
    update_intervals: tuple[int, ...] = option(
        (200,),
        "With st1 and st2, after how many frames each further template is renewed; raising it renews less often.",
        unit="frames",
        ge=1,
    )
    update_threshold: float = option(
        0.5, "With st2, the score above which a template is renewed; raising it renews less often.", ge=0, le=1
    )
    template_factor: float = option(
        2.0, "Side of the template in sides of the box; raising it shows more of what is around.", gt=0
    )
    template_size: int = option(128, "Pixels along the template's edge.", unit="px", ge=_STRIDE)
    search_factor: float = option(
        5.0, "Side of the search region in sides of the box; raising it finds what moves faster, less exactly.", gt=0
    )
    search_size: int = option(
        320,
        "Pixels along the search region's edge, a multiple of 16; raising it is more exact, and slower.",
        ge=_STRIDE,
    )
    margin: float = option(
        10.0, "How far a box reaches into the picture, and how long it is, at least.", unit="px", ge=0
    )
    heads: int = option(8, "Heads of each attention, which no weight tells.", ge=1)

    def __attrs_post_init__(self) -> None:
        """Refuse sizes that the network cannot work with."""
        if self.search_size % _STRIDE:
            raise ValueError(f"search_size: must be a multiple of {_STRIDE}, got {self.search_size}")
        problem = self.interval_problem(self.variant)
        if problem:
            raise ValueError(problem)

    def interval_problem(self, variant: str) -> str:
        """Return what is wrong with giving intervals to a variant, empty for nothing."""
        # None, or those that stand there when nobody gave any.
        if variant not in ("s", "lightning") or self.update_intervals in ((), (200,)):
            return ""
        return f"update_intervals: {variant} has one template, which is never renewed; leave update_intervals out"
