"""Options of SiamRPN++."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_sot.network_config import NetworkTrackerConfig
from vtrack_nets.weights_option import weights_option

__all__ = ["CONVENTIONS", "SiamRpnConfig"]

CONVENTIONS = ("pysot", "mmtracking")
"""Whose crops and anchors."""


@attrs.frozen(kw_only=True)
class SiamRpnConfig(NetworkTrackerConfig):
    """How SiamRPN++ follows; in brackets the names of pysot. Defaults are those of siamrpn_r50_l234_dwxcorr.

    Which network it is, of ResNet, MobileNetV2 or AlexNet, follows from the weights.
    """

    weights: str = weights_option(help="File or address of the weights: of pysot's SiamRPN++, or MMTracking's.")
    penalty_k: float = option(
        0.05, "How much a change of size and shape counts against a box; raising it keeps boxes steadier.", ge=0
    )
    window_influence: float = option(
        0.42, "Share of the window that prefers the middle; raising it follows slow targets more surely.", ge=0, le=1
    )
    lr: float = option(
        0.38, "Share of the new size for a sure box that fits; raising it lets the size change faster.", ge=0, le=1
    )
    template_size: int = option(127, "Edge of the template picture [EXEMPLAR_SIZE].", unit="px", ge=32)
    search_size: int = option(
        255,
        "Edge of the search picture [INSTANCE_SIZE]; 287 for AlexNet. Raising it finds faster targets, and is slower.",
        unit="px",
        ge=32,
    )
    context_amount: float = option(
        0.5, "Margin around the target, as a share of the sum of its width and height.", ge=0
    )
    stride: int = option(8, "Pixels of the search picture between anchors [ANCHOR.STRIDE].", unit="px", ge=1)
    ratios: tuple[float, ...] = option(
        (0.33, 0.5, 1.0, 2.0, 3.0), "Height by width of the anchors that the weights were trained with.", gt=0
    )
    scales: tuple[float, ...] = option(
        (8.0,), "Edge of a square anchor that the weights were trained with, in strides.", gt=0
    )
    center_size: int = option(7, "Edge of what the neck leaves of a template, in cells.", unit="cells", ge=1)
    convention: str = option(
        "pysot",
        "Whose crops and anchors; weights of MMTracking were trained with its own.",
        choices=CONVENTIONS,
    )
    long_term: bool = option(False, "Look for a target that was lost in more of the picture [SiamRPNLTTracker].")
    lost_search_size: int = option(831, "Edge of the search picture for a lost target.", unit="px", ge=32)
    confidence_low: float = option(
        0.85, "Long term: with a lower score a target is lost, and its box stays where it is.", ge=0, le=1
    )
    confidence_high: float = option(0.998, "Long term: with a higher score a lost target is found again.", ge=0, le=1)
    fuse: bool = option(True, "Make batch norms part of the convolutions: faster, the same but for rounding.")

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for name in ("ratios", "scales"):
            if not getattr(self, name):
                raise ValueError(f"{name}: must hold at least one number")
        for name in ("search_size", "lost_search_size"):
            if getattr(self, name) < self.template_size:
                raise ValueError(f"{name}: must be >= template_size ({self.template_size}), got {getattr(self, name)}")
        if self.confidence_high < self.confidence_low:
            raise ValueError(
                f"confidence_high: must be >= confidence_low ({self.confidence_low!r}), got {self.confidence_high!r}"
            )
