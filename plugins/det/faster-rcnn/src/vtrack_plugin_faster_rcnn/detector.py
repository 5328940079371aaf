"""Faster R-CNN as a detector.

Paper: Ren et al., "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks", NeurIPS 2015,
https://arxiv.org/abs/1506.01497. The network, what comes before and what comes after equal MMDetection's
(https://github.com/open-mmlab/mmdetection, Apache-2.0); what does not is listed in the documentation of the detector.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence as Seq
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtcore.frames import Image
from vtcore.instances import Float32Array
from vtrack_common_det.class_filter import network_class_names
from vtrack_common_det.detector import Found, NetworkDetector
from vtrack_common_det.keep_ratio import KeepRatio
from vtrack_nets.faster_rcnn import Detections, FasterRcnn
from vtrack_nets.faster_rcnn_names import convert_faster_rcnn
from vtrack_nets.faster_rcnn_running import FasterRcnnRunner
from vtrack_nets.normalisation import Normalizer
from vtrack_plugin_faster_rcnn.config import FasterRcnnConfig
from vtrack_plugin_faster_rcnn.weights import loaded_network

__all__ = ["Extracted", "FasterRcnnDetector"]

_NAME = "detector 'faster-rcnn'"

_log = logging.getLogger("vtcore")


@attrs.frozen
class Extracted:
    """Pictures of one size as the network sees them.

    Attributes:
        images: float32 ``(N, 3, H, W)``, scaled, normalised, padded with zeros.
        features: The pyramid, ``(N, C, h, w)`` each, finest first.
        sizes: int64 ``(N, 2)``, height and width of each scaled picture without its padding.
        factors: float32 ``(N, 4)``, what ``x1, y1, x2, y2`` in the original are multiplied with.
    """

    images: Tensor
    features: tuple[Tensor, ...]
    sizes: Tensor
    factors: Tensor


class FasterRcnnDetector(NetworkDetector):
    """Finds objects with a backbone, a feature pyramid and two stages.

    Trackers that look at the feature maps themselves, or let the second stage correct boxes of their own, use
    `extract`, `detect_in` and `regress`.

    Args:
        weights: File or address of the weights: MMDetection's, MMTracking's or torchvision's names.
        weights_sha256: Of that file.
        class_names: What the network's classes are called; empty for the usual names by their number.
        classes: Classes to keep; empty for all.
        min_score: Scores of detections exceed it.
        nms_threshold: Of two detections of a class that overlap by more only the better one stays.
        max_detections: Most detections of a frame; 0 for any number.
        batch_size: Frames at once.
        backbone: Any `vtcore.interfaces.Backbone`; None for ResNet-50.
        neck: Any `vtrack_nets.interfaces.Neck`; None for a feature pyramid.
        rpn: The first stage; None for one with the usual options.
        roi_head: The second stage; None for one with the usual options.
        scale: Bounds of the long and the short edge of scaled pictures, in pixels.
        pad_to: Edges of scaled pictures become multiples of it, in pixels.
        clip_border: Cut boxes to the picture.
        mean: Of each channel, on the scale of 0 to 255.
        std: Of each channel.
        channel_order: ``rgb`` or ``bgr``.
        context: Device, precision and more; None for the defaults of a run.

    Attributes:
        network: The network, in evaluation mode.

    Raises:
        ValueError: An option is out of bounds.
        OptionError: No weights are given, the network has no such classes, or parts do not fit together.
        CheckpointError: The weights cannot be read, or do not fit.
    """

    network: FasterRcnn

    def __init__(
        self,
        *,
        weights: str = "",
        weights_sha256: str = "",
        class_names: Seq[str] = (),
        classes: Seq[str] = (),
        min_score: float = 0.05,
        nms_threshold: float = 0.5,
        max_detections: int = 100,
        batch_size: int = 1,
        backbone: Any = None,
        neck: Any = None,
        rpn: Any = None,
        roi_head: Any = None,
        scale: Seq[int] = (1333, 800),
        pad_to: int = 32,
        clip_border: bool = True,
        mean: Seq[float] = (123.675, 116.28, 103.53),
        std: Seq[float] = (58.395, 57.12, 57.375),
        channel_order: str = "rgb",
        context: BuildContext | None = None,
    ) -> None:
        config = FasterRcnnConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            nms_threshold=nms_threshold,
            max_detections=max_detections,
            batch_size=batch_size,
            scale=_pair(scale),
            pad_to=pad_to,
            clip_border=clip_border,
            mean=_three(mean),
            std=_three(std),
            channel_order=channel_order,
        )
        parts = {"backbone": backbone, "neck": neck, "rpn_head": rpn, "roi_head": roi_head}
        self.network = loaded_network(config, parts)
        try:
            names = network_class_names(config.class_names, self.network.roi_head.bbox_head.num_classes)
            super().__init__(names, classes=classes, max_detections=max_detections, batch_size=batch_size, name=_NAME)
        except ValueError as error:
            # Only the weights say which classes there are.
            raise OptionError(f"{_NAME}: {error}") from error
        if not self._filter.everything:
            # Counted when the others are gone.
            self.network.max_detections = 0
        self._scaled = KeepRatio(config.scale, divisor=pad_to)
        self._normalised = Normalizer(mean, std, channel_order=channel_order)
        self._runner = FasterRcnnRunner(self.network, context, name=_NAME)

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a checkpoint's tensors under our names: those of MMDetection."""
        return convert_faster_rcnn(state)

    def extract(self, images: Seq[Image]) -> Extracted:
        """Return pictures, and their feature maps, as the network sees them.

        Args:
            images: uint8 ``(height, width, 3)``, blue-green-red, all of one size.
        """
        with self._timed("preprocess"):
            batch, factors, sizes = self._scaled(images)
            device = self._runner.device
            normalised = self._normalised(torch.from_numpy(batch).to(device), sizes)
            limits = torch.tensor(sizes, dtype=torch.int64)
            scaling = torch.from_numpy(factors.astype(np.float32)).to(device)
        with self._timed("forward"):
            return Extracted(normalised, self._runner.features(normalised), limits, scaling)

    def detect_in(self, extracted: Extracted) -> list[Found]:
        """Return boxes ``(n, 4)`` in pixels of the original, scores and the network's labels, for each picture.

        Nothing is left out here because of its class.
        """
        with self._timed("forward"):
            found = self._runner.detect(extracted.features, extracted.sizes, extracted.factors)
            self._check_numbers(extracted, found)
        with self._timed("postprocess"):
            return [(_array(each.boxes), _array(each.scores), each.labels.cpu().numpy()) for each in found]

    def regress(self, extracted: Extracted, boxes: Seq[Float32Array]) -> list[tuple[Float32Array, Float32Array]]:
        """Return better boxes for given ones, and how sure they are, as the second stage has it.

        Args:
            extracted: Pictures, as `extract` returns them.
            boxes: float32 ``(n, 4)`` ``x1, y1, x2, y2`` for each picture, in pixels of the original.

        Returns:
            For each picture float32 ``(n, C, 4)``, a box for each of the network's classes, in pixels of the original,
            and float32 ``(n, C)``, its score.
        """
        device = self._runner.device
        given = [
            torch.from_numpy(np.asarray(each, np.float32).reshape(-1, 4)).to(device) * factor
            for each, factor in zip(boxes, extracted.factors, strict=True)
        ]
        with self._timed("forward"):
            found = self._runner.regress(extracted.features, given, extracted.sizes)
        return [
            (_array(each.boxes / factor), _array(each.scores[:, :-1]))
            for each, factor in zip(found, extracted.factors, strict=True)
        ]

    def _infer(self, images: Seq[Image]) -> Seq[Found]:
        return self.detect_in(self.extract(images))

    def _check_numbers(self, extracted: Extracted, found: Seq[Detections]) -> None:
        """Say once that a picture is empty because of numbers that are none: no such score exceeds any other."""
        empty = [index for index, each in enumerate(found) if not len(each.boxes)]
        if self._warned or not empty:
            return
        features, sizes = [each[empty] for each in extracted.features], extracted.sizes[empty]
        whole = [torch.tensor([[0, 0, width, height]], dtype=torch.float32) for height, width in sizes.tolist()]
        told = self._runner.regress(features, [each.to(self._runner.device) for each in whole], sizes)
        if all(bool(each.isfinite().all()) for each in (*features, *(each.scores for each in told))):
            return
        self._warned = True
        _log.warning(
            "%s: nothing is found in a picture, for the network's numbers overflow there; the weights are damaged, or "
            'need dtype = "float32" in [run]',
            _NAME,
        )


def _array(values: Tensor) -> Float32Array:
    array: Float32Array = values.cpu().numpy()
    return array


def _pair(values: Seq[int]) -> tuple[int, int]:
    first, second = values
    return first, second


def _three(values: Seq[float]) -> tuple[float, float, float]:
    first, second, third = values
    return first, second, third
