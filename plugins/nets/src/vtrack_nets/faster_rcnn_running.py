"""Faster R-CNN at work: on the device, in the precision and within the memory that a run has."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import attrs
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtrack_nets.faster_rcnn import Detections, FasterRcnn
from vtrack_nets.roi_head import Regressed
from vtrack_nets.running import NetworkRunner

__all__ = ["FasterRcnnRunner"]


class FasterRcnnRunner:
    """Runs the parts of a network one by one, so that others may use the maps between them.

    Backbone and neck are compiled where the run asks for it; what follows has as many boxes as a picture happens to
    have, and is not.

    Attributes:
        network: The network, in evaluation mode, on `device`.
        device: Where it computes.
    """

    def __init__(self, network: FasterRcnn, context: BuildContext | None = None, *, name: str) -> None:
        """Put a network to work.

        Args:
            network: It is changed in place, as by `vtrack_nets.NetworkRunner`.
            context: As there.
            name: For messages: ``detector 'faster-rcnn'``.

        Raises:
            DeviceError: There is no such device or type.
        """
        context = BuildContext() if context is None else context
        eager = attrs.evolve(context, compile=False)
        self.network = network
        self._pyramid = NetworkRunner(_Pyramid(network), context, name=name)
        self._detection = NetworkRunner(_Detection(network), eager, name=name)
        self._regression = NetworkRunner(_Regression(network), eager, name=name)
        self.device = self._pyramid.device

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the pyramid ``(N, C, h, w)``, finest first, of normalised pictures ``(N, 3, H, W)``."""
        found: tuple[Tensor, ...] = self._pyramid(images)
        return found

    def detect(self, features: Seq[Tensor], sizes: Tensor, factors: Tensor) -> list[Detections]:
        """Return what is found in each picture.

        Args:
            features: As `features` returns them.
            sizes: int64 ``(N, 2)``, height and width of each picture without its padding.
            factors: float32 ``(N, 4)``, what boxes of detections are divided by.
        """
        found: list[Detections] = self._detection(*features, sizes, factors)
        return found

    def regress(self, features: Seq[Tensor], boxes: Seq[Tensor], sizes: Tensor) -> list[Regressed]:
        """Return better boxes and scores for given boxes of each picture.

        Args:
            features: As `features` returns them.
            boxes: float32 ``(n, 4)`` for each picture, in pixels of the network's picture.
            sizes: int64 ``(N, 2)``, height and width of each picture without its padding.
        """
        found: list[Regressed] = self._regression(*features, sizes, list(boxes))
        return found


class _Part(nn.Module):
    def __init__(self, network: FasterRcnn) -> None:
        super().__init__()
        self.network = network


class _Pyramid(_Part):
    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return self.network.extract_features(images)


class _Detection(_Part):
    def forward(self, *values: Tensor) -> list[Detections]:
        *features, sizes, factors = values
        # Once to where Python reads it, instead of number by number.
        limits = sizes.cpu()
        proposals = [each.boxes for each in self.network.propose(features, limits)]
        return self.network.detect(features, proposals, limits, factors)


class _Regression(_Part):
    def forward(self, *values: Any) -> list[Regressed]:
        *features, sizes, boxes = values
        return self.network.regress(features, boxes, sizes.cpu())
