"""transformers' object detection models as detectors of vtcore.

The models are those of transformers (https://github.com/huggingface/transformers, Apache-2.0), and so is all that
happens to a picture from its bytes to boxes.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence as Seq
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtcore.frames import Image
from vtcore.instances import Float32Array
from vtrack_common_det.detector import Found, NetworkDetector
from vtrack_common_det.nms import class_wise_nms
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_transformers.classes import numbering
from vtrack_plugin_transformers.config import TransformersConfig
from vtrack_plugin_transformers.loading import load_model
from vtrack_plugin_transformers.sources import model_folder

__all__ = ["TransformersDetector"]

_NAME = "detector 'transformers'"


class TransformersDetector(NetworkDetector):
    """Finds what an object detection model of transformers finds; see `TransformersConfig` for the arguments.

    Attributes:
        config: The options.
        model: transformers' model, in evaluation mode, on its device.
    """

    def __init__(
        self,
        weights: str = "",
        revision: str = "",
        offline: bool = False,
        class_names: Seq[str] = (),
        classes: Seq[str] = (),
        min_score: float = 0.05,
        nms_threshold: float = 1.0,
        max_detections: int = 0,
        batch_size: int = 1,
        input_size: Seq[int] = (),
        context: BuildContext | None = None,
    ) -> None:
        """Load the model.

        Args:
            weights: Folder, or name on the Hugging Face Hub.
            revision: Branch, tag or commit on the Hub.
            offline: Take models of the Hub from its cache only.
            class_names: What the classes are called; empty for the model's own names.
            classes: Names of those to keep; empty for all.
            min_score: Scores of detections exceed it.
            nms_threshold: Greatest overlap that two boxes of a class survive; 1 for any.
            max_detections: Most detections of a frame; 0 for any number.
            batch_size: Frames at once.
            input_size: Height and width that pictures are scaled to; empty for the model's own rule.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or no model is given.
            MissingPackageError: transformers is not installed, or what the model's backbone needs.
            CheckpointError: There is no such folder, or no object detection model in it.
            DownloadError: The Hub has no such model, or cannot be reached.
            DeviceError: There is no such device.
        """
        self.config = TransformersConfig(
            weights=str(weights),
            revision=revision,
            offline=offline,
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            nms_threshold=nms_threshold,
            max_detections=max_detections,
            batch_size=batch_size,
            input_size=tuple(input_size),
        )
        if not weights:
            raise ValueError('weights: none are given; write weights = "folder", or "owner/model" of the Hub')
        self._processor, self.model = load_model(model_folder(self.config.weights, revision=revision, offline=offline))
        self._label_map = numbering(class_names, self.model.config.id2label)
        super().__init__(
            self._label_map.names, classes=classes, max_detections=max_detections, batch_size=batch_size, name=_NAME
        )
        self._runner = NetworkRunner(_Answers(self.model), context, name=_NAME)
        self._scaling: dict[str, Any] = {}
        if input_size:
            self._scaling["size"] = dict(zip(("height", "width"), input_size, strict=True))

    def _infer(self, images: Seq[Image]) -> list[Found]:
        with self._timed("preprocess"):
            pictures = [torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1) for image in images]
            ready = self._processor(images=pictures, return_tensors="pt", **self._scaling)
        with self._timed("forward"):
            logits, boxes = self._runner(ready["pixel_values"], ready.get("pixel_mask"))
            if self._runner.device.type == "cuda":
                torch.cuda.synchronize(self._runner.device)
        with self._timed("postprocess"), torch.inference_mode():
            size = torch.tensor([images[0].shape[:2]] * len(images), device=logits.device)
            answers = self._processor.post_process_object_detection(
                SimpleNamespace(logits=logits, pred_boxes=boxes), threshold=self.config.min_score, target_sizes=size
            )
            return [self._read(answer) for answer in answers]

    def _read(self, answer: dict[str, Tensor]) -> Found:
        """Return what a model found, with labels as places in the names."""
        rows, labels = self._label_map(answer["labels"].cpu().numpy())
        boxes, scores = _array(answer["boxes"])[rows], _array(answer["scores"])[rows]
        # A centre and a size in half precision may turn a box without extent over.
        boxes[:, 2:] = np.maximum(boxes[:, :2], boxes[:, 2:])
        if self.config.nms_threshold < 1:
            kept = class_wise_nms(boxes, scores, labels, self.config.nms_threshold)
            return boxes[kept], scores[kept], labels[kept]
        return boxes, scores, labels


class _Answers(nn.Module):
    """What of a model's answer makes boxes, as tensors that a divided batch can be joined from."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self._masked = "pixel_mask" in inspect.signature(model.forward).parameters

    def forward(self, pixels: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return class logits ``(N, Q, C)`` and boxes ``(N, Q, 4)``, centre and size, as shares of the picture."""
        masks = {"pixel_mask": mask} if self._masked and mask is not None else {}
        answer = self.model(pixel_values=pixels, **masks)
        return answer.logits, answer.pred_boxes


def _array(values: Tensor) -> Float32Array:
    array: Float32Array = values.float().cpu().numpy()
    return array
