"""People by histograms of oriented gradients.

Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005. The descriptor and the linear SVM,
trained on the INRIA person set, are OpenCV's (Apache-2.0); this module turns what they find into scored boxes.

Differences from a plain ``detectMultiScale``: overlapping windows are not grouped but thinned out by their score, boxes
inside better boxes included; windows are shrunk to the person (below); distances become scores (`score_of_distance`).
Its windows are found here level by level: there several threads add theirs in any order, and may give the distances of
one to windows of another, since these are added apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from typing import Any

import numpy as np

from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtcore.processor import available_cores
from vtcore.side_by_side import SideBySide
from vtrack_plugin_classic.config import HogConfig
from vtrack_plugin_classic.scaling import scaled_down

__all__ = ["HogDetector", "score_of_distance"]

# The detector was trained on windows with a border around the person. These shares of the window (left, top, width,
# height) are the person: the medians over the matched boxes of TUD-Campus, made symmetric.
_PERSON = np.array([0.18, 0.11, 0.64, 0.77])
_WINDOW = (64, 128)
_MOST_LEVELS = 64


def score_of_distance(distance: Float64Array) -> Float64Array:
    """Return scores in (0, 1) of distances to the SVM's plane.

    The logistic of ``2.2 * (distance - 0.1)``: 0.45 at the plane, 0.6 at 0.28, 0.7 at 0.49, 0.98 at 2. It rises with
    the distance and puts detections that are mostly right above the usual thresholds of trackers (0.6 and 0.7); it is
    no probability.
    """
    scores: Float64Array = 1 / (1 + np.exp(-2.2 * (distance - 0.1)))
    return scores


class HogDetector:
    """Finds upright people of at least 96 px of height, facing any way; see `HogConfig` for the arguments.

    Attributes:
        classes: ``("person",)``.
        batch_size: 1.
    """

    classes: tuple[str, ...] = ("person",)
    batch_size = 1

    def __init__(
        self,
        min_score: float = 0.0,
        classes: Seq[str] = (),
        resize_width: int = 1280,
        win_stride: int = 8,
        padding: int = 16,
        scale: float = 1.08,
        hit_threshold: float = 0.0,
        nms_overlap: float = 0.5,
        nested_overlap: float = 0.8,
    ) -> None:
        """Check the options.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = HogConfig(
            min_score=min_score,
            classes=tuple(classes),
            resize_width=resize_width,
            win_stride=win_stride,
            padding=padding,
            scale=scale,
            hit_threshold=hit_threshold,
            nms_overlap=nms_overlap,
            nested_overlap=nested_overlap,
        )
        self._descriptor: Any = None
        self._levels = SideBySide(available_cores(), name="vtrack-hog")

    def reset(self, sequence: Sequence | None = None) -> None:
        """Do nothing: every frame is looked at by itself."""

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return the people of each frame, best first.

        Raises:
            ValueError: A frame has no image.
        """
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Instances:
        image, factor = scaled_down(frame, self.config.resize_width)
        windows, distances = self._search(image)
        scores = score_of_distance(distances).astype(np.float32)
        wanted = scores >= self.config.min_score
        boxes = _people(windows[wanted]) * factor
        scores = scores[wanted]
        kept = _thinned(boxes, scores, self.config.nms_overlap, self.config.nested_overlap)
        return Instances(boxes[kept].astype(np.float32), scores[kept])

    def _search(self, image: Image) -> tuple[Float64Array, Float64Array]:
        """Return the windows that hold a person, ``(N, 4)`` left, top, width, height, and their distances ``(N,)``."""
        import cv2

        if self._descriptor is None:
            self._descriptor = cv2.HOGDescriptor()
            self._descriptor.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
        found = self._levels.spread(lambda scale: self._search_level(image, scale), self._scales(image))
        windows, distances = map(np.concatenate, zip(*found, strict=True))
        corners = np.hstack((windows[:, :2], windows[:, :2] + windows[:, 2:]))
        corners = np.clip(corners, 0, (*image.shape[1::-1], *image.shape[1::-1]))
        clipped = np.hstack((corners[:, :2], corners[:, 2:] - corners[:, :2]))
        kept = (clipped[:, 2:] > 0).all(axis=1)
        return clipped[kept], distances[kept]

    def _scales(self, image: Image) -> Iterator[float]:
        """Yield by how much the picture is scaled down: not at all, and as long as it holds the window."""
        scale = 1.0
        for _ in range(_MOST_LEVELS):
            yield scale
            scale *= self.config.scale
            width, height = _scaled(image, scale)
            if width < _WINDOW[0] or height < _WINDOW[1]:
                return

    def _search_level(self, image: Image, scale: float) -> tuple[Float64Array, Float64Array]:
        """Return windows in pixels of the picture, and distances, of the picture scaled down by so much."""
        import cv2

        size, border = _scaled(image, scale), 2 * self.config.padding
        if size[0] + border < _WINDOW[0] or size[1] + border < _WINDOW[1]:
            return np.zeros((0, 4)), np.zeros(0)  # Smaller than the window: OpenCV would refuse it.
        if scale != 1:
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)
        places, distances = self._descriptor.detect(
            image,
            hitThreshold=self.config.hit_threshold,
            winStride=(self.config.win_stride, self.config.win_stride),
            padding=(self.config.padding, self.config.padding),
        )
        windows = np.empty((len(places), 4))
        windows[:, :2] = np.rint(np.asarray(places, np.float64).reshape(-1, 2) * scale)
        windows[:, 2:] = np.rint(np.array(_WINDOW) * scale)
        return windows, np.asarray(distances, np.float64).reshape(-1)


def _scaled(image: Image, scale: float) -> tuple[int, int]:
    """Return width and height of a picture that is scaled down by so much."""
    return round(image.shape[1] / scale), round(image.shape[0] / scale)


def _people(windows: Float64Array) -> Float64Array:
    """Return the boxes ``x1, y1, x2, y2`` of the people in windows ``left, top, width, height``."""
    size = windows[:, 2:]
    corner = windows[:, :2] + _PERSON[:2] * size
    return np.concatenate([corner, corner + _PERSON[2:] * size], axis=1)


def _thinned(boxes: Float64Array, scores: Float32Array, overlap: float, nested: float) -> Int64Array:
    """Return the rows that stay, best first: those that overlap no better one too much."""
    left = np.argsort(-scores, kind="stable")
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    kept: list[int] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        corner = np.maximum(boxes[best, :2], boxes[left, :2])
        shared = np.clip(np.minimum(boxes[best, 2:], boxes[left, 2:]) - corner, 0, None).prod(axis=1)
        union = area[best] + area[left] - shared
        smaller = np.minimum(area[best], area[left])
        left = left[(shared <= overlap * union) & (shared <= nested * smaller)]
    return np.array(kept, np.int64)
