"""Backbones of timm, where that package is installed."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

from torch import Tensor, nn

from vtcore.errors import MissingPackageError, OptionError
from vtrack_nets.backbone_config import TimmConfig

__all__ = ["TimmBackbone"]

_LAST = 4


class TimmBackbone(nn.Module):
    """A model of timm (https://github.com/huggingface/pytorch-image-models, Apache-2.0) that returns its maps.

    Args:
        model: Name in timm.
        out_indices: Levels whose maps are returned, finest first; empty takes the last four.

    Attributes:
        channels: Of each returned map.
        strides: Pixels of the image per cell of each returned map.

    Raises:
        MissingPackageError: timm is not installed.
        OptionError: timm has no such model, or the model has no such levels.
    """

    def __init__(self, *, model: str, out_indices: Seq[int] = ()) -> None:
        super().__init__()
        options = TimmConfig(model=model, out_indices=tuple(out_indices))
        self.body = _create(options.model, options.out_indices)
        self.channels: tuple[int, ...] = tuple(self.body.feature_info.channels())
        self.strides: tuple[int, ...] = tuple(self.body.feature_info.reduction())

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps ``(N, C, h, w)``, finest first, of images ``(N, 3, H, W)``."""
        return tuple(self.body(images))


def _create(model: str, wanted: tuple[int, ...]) -> Any:
    try:
        import timm
    except ImportError as error:
        raise MissingPackageError(
            f"backbone 'timm': model {model!r} needs the package timm: pip install 'vtrack-nets[timm]'"
        ) from error
    try:
        # Weights come from the checkpoint of the whole network: nothing is downloaded here.
        if wanted:
            return timm.create_model(model, pretrained=False, features_only=True, out_indices=wanted)
        levels = len(timm.create_model(model, pretrained=False, features_only=True).feature_info.channels())
        last = tuple(range(max(levels - _LAST, 0), levels))
        return timm.create_model(model, pretrained=False, features_only=True, out_indices=last)
    except (RuntimeError, IndexError, AssertionError) as error:
        raise OptionError(f"backbone 'timm': model: timm cannot make {model!r} return maps: {error}") from error
