"""Options of backbones and necks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import attrs

from vtcore.options import option

__all__ = ["FpnConfig", "ResNetConfig", "TimmConfig"]

_STAGES = 4


@attrs.frozen(kw_only=True)
class ResNetConfig:
    """Which ResNet, and what of it learns."""

    depth: int = option(50, "Layers; more find more and take longer.", choices=(18, 34, 50, 101, 152))
    out_indices: tuple[int, ...] = option(
        (0, 1, 2, 3),
        "Stages whose maps are passed on, finest first; stages after the last one are not built.",
        ge=0,
        le=3,
    )
    style: str = option(
        "pytorch",
        "Where a stage's stride lies: pytorch, on the 3x3 convolution; caffe, on the first 1x1 one. It goes with the "
        "weights.",
        choices=("pytorch", "caffe"),
    )
    strides: tuple[int, ...] = option((1, 2, 2, 2), "Stride of each stage; 1 keeps the map's size.", ge=1, le=2)
    dilations: tuple[int, ...] = option((1, 1, 1, 1), "Dilation of each stage's 3x3 convolutions.", ge=1)
    frozen_stages: int = option(
        1, "The stem (0) and so many stages keep their weights in training; -1 lets all learn.", ge=-1, le=4
    )
    norm_eval: bool = option(True, "Batch normalisation keeps its statistics in training.")

    def __attrs_post_init__(self) -> None:
        """Refuse stages that are not there."""
        if not self.out_indices or list(self.out_indices) != sorted(set(self.out_indices)):
            raise ValueError(f"out_indices: must rise and name at least one stage, got {list(self.out_indices)}")
        for name in ("strides", "dilations"):
            if len(getattr(self, name)) != _STAGES:
                raise ValueError(f"{name}: must be {_STAGES} numbers, one per stage, got {list(getattr(self, name))}")


@attrs.frozen(kw_only=True)
class TimmConfig:
    """Any convolutional model of the package timm, as a backbone."""

    model: str = option(help="Name of the model in timm: resnet50d, convnext_tiny, efficientnet_b0, ...")
    out_indices: tuple[int, ...] = option(
        (), "Levels whose maps are passed on, finest first; empty takes the last four.", ge=0
    )

    def check(self) -> Iterator[str]:
        """Yield that timm is not installed."""
        if find_spec("timm") is None:
            yield "timm is not installed: pip install 'vtrack-nets[timm]'"


@attrs.frozen(kw_only=True)
class FpnConfig:
    """How a feature pyramid is built on a backbone's maps."""

    in_channels: tuple[int, ...] = option((), "Channels of the backbone's maps; empty takes what it has.", ge=1)
    out_channels: int = option(256, "Channels of every map of the pyramid.", ge=1)
    levels: int = option(5, "Maps of the pyramid; those beyond the backbone's are made as extra says.", ge=1)
    start_level: int = option(0, "First map of the backbone that is used.", ge=0)
    extra: str = option(
        "max-pool",
        "How further maps are made: max-pool (every second cell of the last one), or by convolutions of stride 2 on "
        "the backbone's last map (on-input), its lateral map (on-lateral), or the pyramid's last map (on-output).",
        choices=("max-pool", "on-input", "on-lateral", "on-output"),
    )
    relu_before_extra: bool = option(False, "Pass maps through a ReLU before each further convolution but the first.")

    def __attrs_post_init__(self) -> None:
        """Refuse a pyramid of fewer maps than it is built on."""
        if self.in_channels:
            used = len(self.in_channels) - self.start_level
            if used < 1:
                raise ValueError(
                    f"start_level: must be < {len(self.in_channels)}, the backbone's number of maps, "
                    f"got {self.start_level}"
                )
            if self.levels < used:
                raise ValueError(f"levels: must be >= {used}, the maps that are used, got {self.levels}")
