"""Options of torchvision's detectors."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtcore.options import option
from vtrack_common_det.network_config import NetworkDetectorConfig
from vtrack_nets.weights_option import weight_files, weights_option, weights_problems
from vtrack_plugin_torchvision.models import MODELS

__all__ = ["PUBLISHED", "TorchvisionConfig"]

PUBLISHED = "DEFAULT"
"""What torchvision calls the best weights that it publishes for a model."""


@attrs.frozen
class _Source:
    """Weights as a file or an address."""

    weights: str
    weights_sha256: str


@attrs.frozen(kw_only=True)
class TorchvisionConfig(NetworkDetectorConfig):
    """Which of torchvision's models, with which weights, and what is kept of its answer."""

    model: str = option(
        "fasterrcnn_resnet50_fpn_v2", "Name of torchvision's builder of the model.", choices=tuple(MODELS)
    )
    weights: str = weights_option(
        PUBLISHED,
        "torchvision's own, by their name (DEFAULT, COCO_V1), which are fetched once; or file or address of a state of "
        "such a model, with any number of classes.",
    )
    max_detections: int = option(100, "Most detections of a frame, the best ones; 0 for any number.", ge=0)
    min_size: int = option(
        0,
        "Pixels that the short edge of a picture is scaled to; 0 for the model's usual number. More finds smaller "
        "objects and is slower.",
        unit="px",
        ge=0,
    )
    max_size: int = option(
        0, "Pixels that the long edge must not exceed then; 0 for the model's usual number.", unit="px", ge=0
    )
    masks: bool = option(True, "Whether the masks of Mask R-CNN are kept; without, it is faster.")
    mask_threshold: float = option(
        0.5, "From what probability on a pixel belongs to a mask; raising it makes masks smaller.", ge=0, le=1
    )

    def __attrs_post_init__(self) -> None:
        """Refuse sizes where the model has one of its own."""
        for name in ("min_size", "max_size"):
            if getattr(self, name) and not MODELS[self.model].resizable:
                raise ValueError(f"{name}: {self.model} takes pictures of one size; leave it out")

    @property
    def published(self) -> bool:
        """Whether the weights are torchvision's own."""
        return self.weights == PUBLISHED or self.weights in MODELS[self.model].weights

    @property
    def source(self) -> str:
        """File or address of the weights."""
        addresses = MODELS[self.model].weights
        return [*addresses.values()][-1] if self.weights == PUBLISHED else addresses.get(self.weights, self.weights)

    def files(self) -> Iterator[str]:
        """Yield the file of weights, which is fetched first if need be."""
        yield from weight_files(_Source(self.source, self.weights_sha256))

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the weights, without reading them."""
        for problem in weights_problems(_Source(self.source, self.weights_sha256)):
            names = " or ".join((PUBLISHED, *MODELS[self.model].weights))
            yield problem if self.published else f"{problem}; torchvision's own are {names}"
