"""Options of heads."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = ["BoxHeadConfig", "RpnConfig"]


@attrs.frozen(kw_only=True)
class RpnConfig:
    """How boxes that may hold something are proposed."""

    in_channels: int = option(0, "Channels of the maps; 0 takes those of the neck.", ge=0)
    hidden_channels: int = option(0, "Channels between the convolutions; 0 takes as many as the maps have.", ge=0)
    strides: tuple[int, ...] = option((4, 8, 16, 32, 64), "Stride of each map, finest first.", unit="px", ge=1)
    scales: tuple[float, ...] = option((8.0,), "Sides of square anchors, in strides of their map.", gt=0)
    ratios: tuple[float, ...] = option((0.5, 1.0, 2.0), "Height of an anchor by its width.", gt=0)
    nms_pre: int = option(1000, "Anchors of each map that are looked at further, the best ones; 0 for all.", ge=0)
    max_proposals: int = option(1000, "Proposals for a picture; more find more, and take longer.", ge=1)
    nms_threshold: float = option(
        0.7, "Of two proposals of a map that overlap by more only the better one stays.", ge=0, le=1
    )
    min_size: float = option(0.0, "Proposals must be wider and higher than this.", unit="px", ge=0)

    def __attrs_post_init__(self) -> None:
        """Refuse a head without maps or anchors."""
        _name_one(self, "strides", "scales", "ratios")


@attrs.frozen(kw_only=True)
class BoxHeadConfig:
    """How the content of each proposal is told, and its box made better."""

    in_channels: int = option(0, "Channels of the maps; 0 takes those of the neck.", ge=0)
    num_classes: int = option(0, "Classes, without the background; 0 takes as many as the weights have.", ge=0)
    strides: tuple[int, ...] = option((4, 8, 16, 32), "Stride of each map that is looked at.", unit="px", ge=1)
    roi_size: int = option(7, "Cells along each side of what is cut out of the maps.", ge=1)
    sampling_ratio: int = option(0, "Points per cell and side; 0 takes as many as the cell covers.", ge=0)
    finest_scale: float = option(
        56.0,
        "Boxes with a side up to twice this look at the first map, those up to four times at the second, ...",
        unit="px",
        gt=0,
    )
    hidden_features: int = option(1024, "Outputs of each of the two hidden layers.", ge=1)
    class_agnostic: bool = option(False, "One box for all classes instead of one for each.")
    stds: tuple[float, float, float, float] = option(
        (0.1, 0.1, 0.2, 0.2), "What differences of boxes are divided by before they are learnt.", gt=0
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a head without maps."""
        _name_one(self, "strides")


def _name_one(config: RpnConfig | BoxHeadConfig, *names: str) -> None:
    for name in names:
        if not getattr(config, name):
            raise ValueError(f"{name}: must name at least one, got none")
