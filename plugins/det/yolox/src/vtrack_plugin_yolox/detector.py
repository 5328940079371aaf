"""YOLOX as a detector of vtcore.

Ge et al., YOLOX: Exceeding YOLO Series in 2021, https://arxiv.org/abs/2107.08430. What a picture goes through equals,
by the preset, Megvii's YOLOX (Apache-2.0), ByteTrack (MIT) or MMDetection and MMTracking (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms

from vtcore.components import BuildContext
from vtcore.frames import Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_det.class_filter import network_class_names
from vtrack_common_det.detector import Found, NetworkDetector
from vtrack_nets.cores import shared
from vtrack_nets.device import resolve_device
from vtrack_nets.lanes import lanes_of
from vtrack_nets.pointwise import hasten_pointwise
from vtrack_nets.running import NetworkRunner
from vtrack_nets.suppression import batched_nms as shifted_nms
from vtrack_plugin_yolox import naming
from vtrack_plugin_yolox.config import YoloxConfig
from vtrack_plugin_yolox.loading import load_network
from vtrack_plugin_yolox.network import Yolox
from vtrack_plugin_yolox.postprocessing import Detected, postprocess
from vtrack_plugin_yolox.preprocessing import Normaliser, Preprocessing
from vtrack_plugin_yolox.presets import PRESETS

__all__ = ["YoloxDetector"]

_NAME = "detector 'yolox'"

_PIXELS_TOGETHER = 4 * 416 * 416
"""A core that has small pictures to itself is busier with several at once; larger ones only take more memory."""


class YoloxDetector(NetworkDetector):
    """Finds the classes that its weights know; see `YoloxConfig` for the arguments.

    Attributes:
        config: The options.
        network: The network, in evaluation mode, on its device.
        input_size: Height and width of the network's pictures, or bounds of their edges with the preset ``"mmdet"``.
    """

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        preset: str = "megvii",
        size: str = "",
        input_size: Seq[int] = (),
        class_names: Seq[str] = (),
        classes: Seq[str] = (),
        min_score: float = 0.01,
        nms_threshold: float = 0.7,
        max_detections: int = 0,
        batch_size: int = 1,
        fuse: bool = True,
        network: Yolox | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of its weights.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            preset: How pictures were handed to it in training.
            size: Size that it must have; empty for any.
            input_size: Height and width that pictures are scaled into; empty for the preset's.
            class_names: What its classes are called; empty for the usual names.
            classes: Names of those to keep; empty for all.
            min_score: Least score of what is kept.
            nms_threshold: Greatest overlap that two boxes of a class survive.
            max_detections: Most detections of a frame; 0 for any number.
            batch_size: Frames at once.
            fuse: Make batch norms part of the convolutions.
            network: A network in memory, in place of weights; it is taken as it is, fused or not.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or there are neither weights nor a network, or both.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        self.config = YoloxConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            preset=preset,
            size=size,
            input_size=tuple(input_size),
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            nms_threshold=nms_threshold,
            max_detections=max_detections,
            batch_size=batch_size,
            fuse=fuse,
        )
        if (network is None) is not bool(weights):
            raise ValueError("weights: give a file or address of weights" if network is None else "network: not both")
        context = context or BuildContext()
        device = resolve_device(context.device)
        self.network = network or load_network(weights, sha256=weights_sha256, size=size, fuse=fuse)
        if size and self.network.layout.size != size:
            raise ValueError(f"size: the network is YOLOX {self.network.layout.size}, not {size}; leave size out")
        chosen = PRESETS[preset]
        height, width = tuple(input_size) or chosen.size_for(self.network.layout.size)
        self.input_size = height, width
        self._preprocessing = Preprocessing(chosen, self.input_size)
        self._suppression = shifted_nms if chosen.shifted_nms else batched_nms
        # On the processor twice as fast, whatever the run says.
        channels_last = device.type == "cpu" or context.channels_last
        if channels_last:
            self.network.to(memory_format=torch.channels_last)
        self._runner = NetworkRunner(
            nn.Sequential(Normaliser(chosen, channels_last=channels_last), self.network), context, name=_NAME
        )
        together = max(1, _PIXELS_TOGETHER // (height * width))
        lanes = lanes_of(self._runner, compiled=context.compile)
        if lanes is not None:
            hasten_pointwise(self.network)
        super().__init__(
            network_class_names(class_names, self.network.layout.classes),
            classes=classes,
            max_detections=max_detections,
            batch_size=batch_size,
            name=_NAME,
            spread=None if lanes is None else lanes.spread,
            together=together,
        )
        # One picture is soonest done by all cores, several by each core for itself.
        self._answer = shared(self._runner, compiled=context.compile, divide_single=True)
        wanted = None if self._filter.everything else torch.from_numpy(self._filter.wanted)
        self._wanted = None if wanted is None else wanted.to(self._runner.device)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights under our network's names; see `vtrack_plugin_yolox.naming`."""
        return naming.convert_weights(state)

    def _infer(self, images: Seq[Image]) -> list[Found]:
        with self._timed("preprocess"):
            batch, factors = self._preprocessing(images)
        with self._timed("forward"):
            decoded = self._answer(batch)
            if decoded.is_cuda:
                torch.cuda.synchronize(decoded.device)
        with self._timed("postprocess"), torch.inference_mode():
            found = postprocess(
                decoded,
                min_score=self.config.min_score,
                nms_threshold=self.config.nms_threshold,
                wanted=self._wanted,
                suppression=self._suppression,
            )
            return [_in_original(each, factor) for each, factor in zip(found, factors, strict=True)]


def _in_original(found: Detected, factors: Float64Array) -> Found:
    """Return boxes in pixels of the original picture, and what goes with them, as arrays."""
    boxes: Float32Array = np.asarray(found.boxes.cpu().numpy() / factors, np.float32)
    return boxes, found.scores.cpu().numpy(), found.labels.cpu().numpy()
