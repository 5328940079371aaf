"""Options of the correlation filters; light."""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.options import option
from vtrack_common_sot.config import TargetTrackerConfig

__all__ = ["KcfConfig", "MosseConfig"]

_SCALES = ("filter", "none")


def _odd(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value % 2 == 0:
        raise ValueError(f"{attribute.name}: must be odd, got {value}")


def _count_option(default: int) -> Any:
    declared = option(
        default, "Sizes that are compared, half of them larger; odd. Raising it takes more time.", ge=3, le=99
    )
    declared.validator(_odd)
    return declared


@attrs.frozen(kw_only=True)
class KcfConfig(TargetTrackerConfig):
    """Kernelized correlation filter, with a filter over sizes besides."""

    features: str = option(
        "hog", "What is compared: histograms of gradients, or the brightness of pixels.", choices=("hog", "grey")
    )
    kernel: str = option("gaussian", "How pictures are compared; linear is faster.", choices=("gaussian", "linear"))
    padding: float = option(
        1.5, "Surroundings that are looked at, times the target's size; raising it follows faster motion.", gt=0, le=10
    )
    template_size: int = option(
        96, "Edge of the square that the surroundings are scaled to have the area of.", unit="px", ge=24, le=512
    )
    kernel_sigma: float = option(0.5, "Width of the Gaussian kernel; raising it tells less apart.", gt=0)
    regularisation: float = option(1e-4, "Raising it keeps the filter flatter.", gt=0)
    label_sigma: float = option(
        0.1, "Width of the bell that the filter is to answer, times the target's size; raising it is less exact.", gt=0
    )
    learning_rate: float = option(
        0.012, "Share of each frame in the filter; raising it follows changes of looks faster, and drifts.", ge=0, le=1
    )
    scale: str = option("filter", "Whether the size is found, by a filter over sizes.", choices=_SCALES)
    scale_count: int = _count_option(17)
    scale_step: float = option(1.03, "From one size to the next.", gt=1, le=1.5)
    scale_learning_rate: float = option(0.025, "Share of each frame in the filter over sizes.", ge=0, le=1)
    min_score: float = option(
        0.2, "Where the score is less, nothing is learnt: the target is hidden. 0 always learns.", ge=0, le=1
    )


@attrs.frozen(kw_only=True)
class MosseConfig(TargetTrackerConfig):
    """Minimum output sum of squared error filter; with a filter over sizes where asked for."""

    padding: float = option(
        1.0, "Surroundings that are looked at, times the target's size; raising it follows faster motion.", ge=0, le=10
    )
    template_size: int = option(
        64, "Edge of the square that the surroundings are scaled to have the area of.", unit="px", ge=16, le=512
    )
    label_sigma: float = option(
        2.0, "Width of the bell that the filter is to answer; raising it is less exact.", unit="px", gt=0
    )
    regularisation: float = option(1e-2, "Raising it keeps the filter flatter.", gt=0)
    learning_rate: float = option(
        0.125, "Share of each frame in the filter; raising it follows changes of looks faster, and drifts.", ge=0, le=1
    )
    variants: int = option(
        8, "How often the first picture is turned and sheared a little, to learn from that too.", ge=0, le=128
    )
    min_psr: float = option(
        7.0,
        "Where the peak stands less above its surroundings, the target is lost: box and filter stay; 0 never loses it.",
        ge=0,
    )
    scale: str = option("none", "Whether the size is found, by a filter over sizes.", choices=_SCALES)
    scale_count: int = _count_option(17)
    scale_step: float = option(1.03, "From one size to the next.", gt=1, le=1.5)
    scale_learning_rate: float = option(0.025, "Share of each frame in the filter over sizes.", ge=0, le=1)
