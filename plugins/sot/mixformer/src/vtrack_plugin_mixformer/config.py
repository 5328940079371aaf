"""Options of the MixFormer trackers. Light: nothing heavy is imported."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_sot.network_config import NetworkTrackerConfig
from vtrack_nets.weights_option import weights_option

__all__ = ["UPDATES", "MixFormerConfig", "MixFormerOptions", "MixFormerV2Config", "MixFormerVitConfig"]

UPDATES = ("auto", "score", "interval", "never")

_STRIDE = 16


def _search_factor(default: float) -> float:
    factor: float = option(
        default,
        "Edge of the search region, in edges of the target; raising it finds a target that moves farther, and shows "
        "it smaller.",
        gt=0,
    )
    return factor


def _online_size(default: int) -> int:
    size: int = option(
        default,
        "Later looks of the target that are kept beside the first; raising it remembers more, and is slower.",
        ge=1,
    )
    return size


@attrs.frozen(kw_only=True)
class MixFormerOptions(NetworkTrackerConfig):
    """What all of them have; `search_factor` and `online_size` differ in their defaults."""

    search_factor: float
    online_size: int

    template_factor: float = option(
        2.0, "Edge of a template, in edges of the target; raising it shows more of what is around it.", gt=0
    )
    update: str = option(
        "auto",
        "When a later look is taken up: score (at the end of every interval the best-scored one, if it scores above "
        "min_score), interval (then, whatever it is), never; auto takes score where the weights can score, else what "
        "the original does with them.",
        choices=UPDATES,
    )
    update_interval: int = option(
        200, "Every so many frames a look is taken up; lowering it follows changes faster, and errors too.", ge=1
    )
    min_score: float = option(0.5, "A look that scores no more is never taken up.", ge=0, le=1)
    max_score_decay: float = option(
        1.0, "What an interval's best score is multiplied by every frame; below 1, later looks win.", gt=0, le=1
    )
    fuse: bool = option(
        True,
        "Make norms part of convolutions, and lay out weights for the processor: faster, the same but for rounding.",
    )


@attrs.frozen(kw_only=True)
class MixFormerConfig(MixFormerOptions):
    """MixFormer on the convolutional transformers CvT-21 and CvT-w24; which one it is, the weights tell."""

    weights: str = weights_option(help="File or address of the weights: of MixFormer (CvT), with or without a score.")
    search_factor: float = _search_factor(5.0)
    online_size: int = _online_size(2)
    search_size: int = option(320, "Edge of the search region as the network sees it.", unit="px", ge=2 * _STRIDE)
    template_size: int = option(128, "Edge of a template as the network sees it.", unit="px", ge=2 * _STRIDE)

    def __attrs_post_init__(self) -> None:
        """Refuse sizes that the network cannot work with."""
        for name in ("search_size", "template_size"):
            if getattr(self, name) % _STRIDE:
                raise ValueError(f"{name}: must be a multiple of {_STRIDE}, got {getattr(self, name)}")


@attrs.frozen(kw_only=True)
class MixFormerVitConfig(MixFormerOptions):
    """MixFormer on plain vision transformers, base and large; sizes of network and pictures, the weights tell."""

    weights: str = weights_option(
        help="File or address of the weights: of MixViT (MixFormer-ViT), base or large, with or without a score."
    )
    search_factor: float = _search_factor(4.5)
    online_size: int = _online_size(2)


@attrs.frozen(kw_only=True)
class MixFormerV2Config(MixFormerOptions):
    """MixFormerV2, base and small; sizes of network and pictures, the weights tell."""

    weights: str = weights_option(
        help="File or address of the weights: of MixFormerV2, base, small or of another depth, with or without a score."
    )
    search_factor: float = _search_factor(5.0)
    online_size: int = _online_size(1)
