"""A detector that describes what it finds, out of the feature maps in which it found it.

Paper: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
https://arxiv.org/abs/2006.06664. Boxes and embeddings are those of https://github.com/open-mmlab/mmtracking
(Apache-2.0).
"""

from __future__ import annotations

import time
from collections.abc import Sequence as Seq
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Instances
from vtrack_common_mot.feature_detector import KeptClasses, require_feature_detector, runs_of_one_size
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_qdtrack.config import QDTrackDetectorConfig
from vtrack_plugin_qdtrack.track_head import TrackHead, convert_track_head, load_track_head

__all__ = ["QDTrackDetector"]

_NAME = "detector 'qdtrack'"


class QDTrackDetector:
    """Finds boxes with a two-stage detector, and describes each.

    Args:
        weights: File or address of the weights that describe boxes, as a rule the detector's own file.
        weights_sha256: Of that file.
        detector: What finds boxes: ``FasterRcnnDetector(weights=...)``.
        classes: Classes to keep, by name; empty for all.
        context: Device, precision and more; None for the defaults of a run.

    Attributes:
        config: The options.
        detector: What finds boxes.
        head: What describes them, in evaluation mode.
        classes: Names of the classes that are kept, in the network's order; labels index them.

    Raises:
        OptionError: No weights are given, `detector` hands out no feature maps, or has no class of a name.
        CheckpointError: The weights cannot be read, or hold no such head.
    """

    head: TrackHead

    def __init__(
        self,
        *,
        weights: str = "",
        weights_sha256: str = "",
        detector: Any = None,
        classes: Seq[str] = (),
        context: BuildContext | None = None,
    ) -> None:
        self.config = QDTrackDetectorConfig(
            weights=str(weights), weights_sha256=weights_sha256, detector=detector, classes=tuple(classes)
        )
        self.detector = require_feature_detector(detector)
        self._kept = KeptClasses(self.detector.classes, classes)
        self.classes = self._kept.names
        self.head = load_track_head(weights, weights_sha256)
        context = BuildContext() if context is None else context
        # As many boxes as a picture happens to have: not worth compiling.
        self._runner = NetworkRunner(self.head, attrs.evolve(context, compile=False), name=_NAME)
        self._seconds = {"embed": 0.0}

    @staticmethod
    def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a checkpoint's tensors under the head's names, which are mmtracking's."""
        return convert_track_head(state)

    @property
    def batch_size(self) -> int:
        """Frames that `detect` wants at once."""
        return self.detector.batch_size

    @property
    def seconds(self) -> dict[str, float]:
        """Time spent so far, by stage: the detector's own, and ``"embed"``."""
        return {**getattr(self.detector, "seconds", {}), **self._seconds}

    def reset(self, sequence: Sequence | None = None) -> None:
        """Do nothing: every frame is looked at by itself."""

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return the instances of each frame with embeddings, best first, boxes in pixels of the original frame.

        Raises:
            ValueError: A frame has no image.
        """
        found: list[Instances] = []
        for images in runs_of_one_size([_image(frame) for frame in frames], self.batch_size):
            found += self.detect_in(self.extract(images))
        return found

    def extract(self, images: Seq[Image]) -> Any:
        """Return pictures of one size and their feature maps, as the detector sees them."""
        return self.detector.extract(images)

    def detect_in(self, extracted: Any) -> list[Instances]:
        """Return the instances of each picture, with embeddings.

        Args:
            extracted: As `extract` returns it.
        """
        found = [self._instances(*each) for each in self.detector.detect_in(extracted)]
        began = time.perf_counter()
        boxes = [
            torch.from_numpy(each.boxes).to(factor.device) * factor
            for each, factor in zip(found, extracted.factors, strict=True)
        ]
        embeddings = self._runner(*extracted.features, boxes).cpu()
        parts = embeddings.split([len(each) for each in found])
        described = [each.replace(embeddings=part.numpy()) for each, part in zip(found, parts, strict=True)]
        self._seconds["embed"] += time.perf_counter() - began
        return described

    def _instances(self, boxes: Any, scores: Any, labels: Any) -> Instances:
        """Leave out classes that nobody asked for, and what is no number, as networks find it that overflow."""
        good = np.isfinite(boxes).all(axis=1) & np.isfinite(scores) & self._kept.kept(labels)
        return Instances(boxes[good], scores[good], self._kept.numbered(labels[good]))


def _image(frame: Frame) -> Image:
    if frame.image is None:
        raise ValueError(f"{frame!r} has no image; {_NAME} needs one")
    return frame.image
