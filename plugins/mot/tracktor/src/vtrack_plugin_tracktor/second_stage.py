"""What the detector's second stage says: of what it found itself, of given boxes, of tracks."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import attrs
import numpy as np
import torch

from vtcore.frames import Image
from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.feature_detector import KeptClasses, require_feature_detector
from vtrack_nets.suppression import batched_nms

__all__ = ["Judged", "SecondStage"]


@attrs.frozen
class Judged:
    """Boxes after the second stage, best first.

    Attributes:
        instances: The better boxes, scores and labels.
        rows: int64 ``(n,)``, which of the boxes that were asked about each is.
    """

    instances: Instances
    rows: Int64Array


class SecondStage:
    """Asks a two-stage detector about boxes.

    Attributes:
        classes: Names of the classes that are kept; labels index them.
    """

    def __init__(self, detector: Any, classes: Seq[str] = ()) -> None:
        """Take the detector.

        Args:
            detector: Hands out its feature maps.
            classes: Names of classes to keep; empty for all.

        Raises:
            OptionError: It hands out none, or has no class of a name.
        """
        self._detector = require_feature_detector(detector)
        self._kept = KeptClasses(self._detector.classes, classes)
        self.classes = self._kept.names

    def extract(self, image: Image) -> Any:
        """Return a picture and its feature maps, as the detector sees them."""
        return self._detector.extract([image])

    def found(self, extracted: Any) -> Instances:
        """Return what the detector finds by itself in a picture."""
        ((boxes, scores, labels),) = self._detector.detect_in(extracted)
        good = np.isfinite(boxes).all(axis=1) & np.isfinite(scores) & self._kept.kept(labels)
        return Instances(boxes[good], scores[good], self._kept.numbered(labels[good]))

    def judged(self, extracted: Any, boxes: Float32Array) -> Judged:
        """Return what given boxes, in place of proposals, turn out to be, with the detector's own thresholds.

        Args:
            extracted: As `extract` returns it.
            boxes: float32 ``(n, 4)`` in original pixels.
        """
        network = self._detector.network
        better, scores = self._regressed(extracted, boxes)
        rows, labels = (scores > np.float32(network.min_score)).nonzero()
        chosen = _chosen(better[rows, labels], scores[rows, labels], labels, network.nms_threshold)
        if network.max_detections:
            chosen = chosen[: network.max_detections]
        return _judged(better, scores, rows[chosen], labels[chosen])

    def carried(
        self, extracted: Any, boxes: Float64Array, labels: Int64Array | None, *, least: float, threshold: float
    ) -> Judged:
        """Return where tracks are now, those that go on.

        Args:
            extracted: As `extract` returns it.
            boxes: float64 ``(n, 4)`` in original pixels, where they are expected.
            labels: int64 ``(n,)``, the class that each is to stay of; None lets it be any.
            least: What scores must exceed.
            threshold: Of two of a class that overlap by more only the surer one goes on.
        """
        better, scores = self._regressed(extracted, boxes.astype(np.float32))
        own = scores.argmax(1) if labels is None else labels
        rows = np.arange(len(boxes))
        rows = rows[scores[rows, own] > 0]
        own = own[rows]
        chosen = _chosen(better[rows, own], scores[rows, own], own, threshold)
        rows, own = rows[chosen], own[chosen]
        sure = scores[rows, own] > np.float32(least)
        return _judged(better, scores, rows[sure], own[sure])

    def _regressed(self, extracted: Any, boxes: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return better boxes ``(n, C, 4)`` and scores ``(n, C)`` for the classes that are kept."""
        ((better, scores),) = self._detector.regress(extracted, [boxes])
        columns = self._kept.columns()
        better, scores = better[:, columns], scores[:, columns]
        wrong = ~(np.isfinite(better).all(axis=2) & np.isfinite(scores))
        if wrong.any():
            # As networks answer that overflow.
            better, scores = better.copy(), scores.copy()
            better[wrong], scores[wrong] = 0, 0
        return better, scores


def _chosen(boxes: Float32Array, scores: Float32Array, labels: Int64Array, threshold: float) -> Int64Array:
    """Return the rows that stay, best first."""
    on_processor = [torch.from_numpy(np.ascontiguousarray(part)) for part in (boxes, scores, labels)]
    chosen: Int64Array = batched_nms(on_processor[0], on_processor[1], on_processor[2], threshold).numpy()
    return chosen


def _judged(better: Float32Array, scores: Float32Array, rows: Int64Array, labels: Int64Array) -> Judged:
    return Judged(Instances.trusted(better[rows, labels], scores[rows, labels], labels), rows)
