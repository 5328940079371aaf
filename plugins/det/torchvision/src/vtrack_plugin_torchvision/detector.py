"""torchvision's models as detectors of vtcore.

The models are torchvision's own (https://github.com/pytorch/vision, BSD-3-Clause), and so is all that happens to a
picture from its bytes to boxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.frames import Image
from vtcore.instances import BoolArray, Float32Array, Instances
from vtcore.masks import Masks
from vtrack_common_det.detector import Found, NetworkDetector
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_torchvision import naming
from vtrack_plugin_torchvision.classes import numbering
from vtrack_plugin_torchvision.config import TorchvisionConfig
from vtrack_plugin_torchvision.loading import load_model
from vtrack_plugin_torchvision.models import MODELS
from vtrack_plugin_torchvision.running import DetectionNetwork, encoded

__all__ = ["TorchvisionDetector"]

_NAME = "detector 'torchvision'"


class TorchvisionDetector(NetworkDetector):
    """Finds what one of torchvision's models finds; see `TorchvisionConfig` for the arguments.

    Attributes:
        config: The options.
        model: torchvision's model, in evaluation mode, on its device.
    """

    def __init__(
        self,
        model: str = "fasterrcnn_resnet50_fpn_v2",
        weights: str = "DEFAULT",
        weights_sha256: str = "",
        class_names: Seq[str] = (),
        classes: Seq[str] = (),
        min_score: float = 0.05,
        nms_threshold: float = 0.5,
        max_detections: int = 100,
        batch_size: int = 1,
        min_size: int = 0,
        max_size: int = 0,
        masks: bool = True,
        mask_threshold: float = 0.5,
        context: BuildContext | None = None,
    ) -> None:
        """Load the model.

        Args:
            model: Name of torchvision's builder.
            weights: torchvision's own by their name, or a file or address.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            class_names: What the classes are called, without a background; empty for the usual names.
            classes: Names of those to keep; empty for all.
            min_score: Scores of detections exceed it.
            nms_threshold: Greatest overlap that two boxes of a class survive.
            max_detections: Most detections of a frame; 0 for any number.
            batch_size: Frames at once.
            min_size: Pixels that the short edge of a picture is scaled to; 0 for the model's usual number.
            max_size: Pixels that the long edge must not exceed then; 0 for the model's usual number.
            masks: Whether the masks of Mask R-CNN are kept.
            mask_threshold: From what probability on a pixel belongs to a mask.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or no weights are given.
            MissingPackageError: torchvision is not installed.
            CheckpointError: The weights are missing, damaged, or another model's.
            DownloadError: They cannot be fetched.
            DeviceError: There is no such device.
        """
        self.config = TorchvisionConfig(
            model=model,
            weights=str(weights),
            weights_sha256=weights_sha256,
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            nms_threshold=nms_threshold,
            max_detections=max_detections,
            batch_size=batch_size,
            min_size=min_size,
            max_size=max_size,
            masks=masks,
            mask_threshold=mask_threshold,
        )
        # The best of a class are chosen when the others are gone.
        self.model, count = load_model(self.config, most=0 if classes else max_detections)
        self._label_map = numbering(class_names, count, background=MODELS[model].background)
        super().__init__(
            self._label_map.names, classes=classes, max_detections=max_detections, batch_size=batch_size, name=_NAME
        )
        network = DetectionNetwork(self.model, masks=masks)
        self._masks = network.masks
        self._runner = NetworkRunner(network, context, name=_NAME)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights under the names of today's torchvision; see `vtrack_plugin_torchvision.naming`."""
        return naming.convert_weights(state)

    def _infer(self, images: Seq[Image]) -> list[Found]:
        with self._timed("preprocess"):
            batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        with self._timed("forward"):
            answers: list[dict[str, Tensor]] = self._runner(batch)
            if self._runner.device.type == "cuda":
                torch.cuda.synchronize(self._runner.device)
        with self._timed("postprocess"), torch.inference_mode():
            return [self._read(answer, images[0].shape[:2]) for answer in answers]

    def _read(self, answer: Mapping[str, Tensor], size: tuple[int, ...]) -> Found:
        """Return what a model found, with labels as places in the names."""
        boxes, scores = _array(answer["boxes"]), _array(answer["scores"])
        rows, labels = self._label_map(answer["labels"].cpu().numpy())
        if not self._masks:
            return boxes[rows], scores[rows], labels
        # Masks are dear: only those are spread out that stay.
        kept = self._filter.kept(labels) & np.isfinite(boxes[rows]).all(axis=1) & np.isfinite(scores[rows])
        rows[rows] = kept
        return Instances(boxes[rows], scores[rows], labels[kept], masks=self._spread(answer, rows, size))

    def _spread(self, answer: Mapping[str, Tensor], rows: BoolArray, size: tuple[int, ...]) -> Masks:
        chosen = torch.from_numpy(np.flatnonzero(rows)).to(answer["boxes"].device)
        return encoded(answer["masks"][chosen], answer["boxes"][chosen], size, self.config.mask_threshold)


def _array(values: Tensor) -> Float32Array:
    array: Float32Array = values.float().cpu().numpy()
    return array
