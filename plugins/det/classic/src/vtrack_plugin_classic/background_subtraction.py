"""What moves before a fixed camera.

Every pixel's background is modelled by OpenCV (Apache-2.0): a mixture of Gaussians (Zivkovic, Improved Adaptive
Gaussian Mixture Model for Background Subtraction, ICPR 2004) or the nearest of remembered samples (Zivkovic and van
der Heijden, Pattern Recognition Letters 2006). Pixels that do not fit are foreground; connected foreground, cleaned of
specks and holes and joined where pieces lie close together, makes the boxes. OpenCV's nearest samples are replaced at
random, by a generator that cannot be seeded: with them no two runs are quite the same.

Score: the share of the box that is foreground before holes are filled, over 0.4, at most 1: solid blobs, as upright
people and vehicles are, score near 1; ragged ones (leaves, reflections, several pieces of different things) little.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_plugin_classic.config import BackgroundSubtractionConfig
from vtrack_plugin_classic.scaling import scaled_down

__all__ = ["BackgroundSubtractionDetector"]

_SOLID = 0.4
"""Share of foreground in a box from which on the score is 1."""

Mask = npt.NDArray[np.uint8]


class BackgroundSubtractionDetector:
    """Finds moving objects; see `BackgroundSubtractionConfig` for the arguments.

    Attributes:
        classes: The one name that `class_name` gives.
        batch_size: 1: the background is learnt frame by frame.
    """

    batch_size = 1

    def __init__(
        self,
        min_score: float = 0.0,
        classes: Seq[str] = (),
        class_name: str = "object",
        method: str = "mog2",
        history: int = 500,
        threshold: float = 0.0,
        learning_rate: float = -1.0,
        drop_shadows: bool = True,
        warm_up: int = 3,
        resize_width: int = 800,
        opening: int = 3,
        closing: int = 7,
        merge_gap: int = 3,
        min_area: float = 0.0005,
        max_foreground: float = 0.5,
    ) -> None:
        """Check the options.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = BackgroundSubtractionConfig(
            min_score=min_score,
            classes=tuple(classes),
            class_name=class_name,
            method=method,
            history=history,
            threshold=threshold,
            learning_rate=learning_rate,
            drop_shadows=drop_shadows,
            warm_up=warm_up,
            resize_width=resize_width,
            opening=opening,
            closing=closing,
            merge_gap=merge_gap,
            min_area=min_area,
            max_foreground=max_foreground,
        )
        self._model: Any = None
        self._size: tuple[int, ...] = ()
        self._seen = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of the one class."""
        return (self.config.class_name,)

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget the background; the next frames are learnt from anew."""
        self._model = None
        self._size = ()
        self._seen = 0

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return what moves in each frame, from left to right; nothing while the background is being learnt.

        Raises:
            ValueError: A frame has no image.
        """
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Instances:
        image, factor = scaled_down(frame, self.config.resize_width)
        if image.shape != self._size:
            self.reset()
            self._size = image.shape
        foreground = self._foreground(image)
        self._seen += 1
        if self._seen <= self.config.warm_up or foreground.mean() > 255 * self.config.max_foreground:
            return Instances.empty()
        boxes, areas = self._blobs(foreground)
        scores = np.minimum(
            1, areas / (_SOLID * np.maximum(1, boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        )
        kept = (areas >= self.config.min_area * foreground.size) & (scores >= self.config.min_score)
        return Instances((boxes[kept] * factor).astype(np.float32), scores[kept].astype(np.float32))

    def _foreground(self, image: Image) -> Mask:
        """Learn from a picture and return its foreground, 255 or 0, without specks."""
        import cv2

        if self._model is None:
            self._model = self._new_model()
        marked = self._model.apply(image, learningRate=self.config.learning_rate)
        foreground: Mask = np.where(marked == 255, np.uint8(255), np.uint8(0))  # Shadows are marked 127.
        if self.config.opening > 1:
            foreground = _changed(foreground, cv2.MORPH_OPEN, self.config.opening)
        return foreground

    def _new_model(self) -> Any:
        import cv2

        shadows, history = self.config.drop_shadows, self.config.history
        if self.config.method == "knn":
            return cv2.createBackgroundSubtractorKNN(history, self.config.threshold or 400.0, shadows)
        return cv2.createBackgroundSubtractorMOG2(history, self.config.threshold or 16.0, shadows)

    def _blobs(self, foreground: Mask) -> tuple[Float64Array, Float64Array]:
        """Return boxes ``(N, 4)`` ``x1, y1, x2, y2`` of what belongs together, and its foreground ``(N,)`` in px."""
        import cv2

        filled = foreground
        if self.config.closing > 1:
            filled = _changed(foreground, cv2.MORPH_CLOSE, self.config.closing)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(filled, connectivity=8)
        areas = np.bincount(labels[foreground > 0], minlength=count)[1:].astype(np.float64)
        boxes = stats[1:, :4].astype(np.float64)
        boxes[:, 2:] += boxes[:, :2]
        specks = areas < 0.1 * self.config.min_area * foreground.size
        return _merged(boxes[~specks], areas[~specks], self.config.merge_gap)


def _changed(mask: Mask, operation: int, size: int) -> Mask:
    """Return the mask opened or closed with a disc of `size` pixels."""
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    changed: Mask = cv2.morphologyEx(mask, operation, disc)  # type: ignore[assignment]
    return changed


def _merged(boxes: Float64Array, areas: Float64Array, gap: int) -> tuple[Float64Array, Float64Array]:
    """Join boxes that are no more than `gap` apart, until none are; from left to right."""
    while True:
        group = _groups(boxes, gap)
        count = int(group.max(initial=-1)) + 1
        if count == len(boxes):
            order = np.lexsort((boxes[:, 1], boxes[:, 0]))
            return boxes[order], areas[order]
        corners = np.concatenate([-boxes[:, :2], boxes[:, 2:]], axis=1)
        joined = np.full((count, 4), -np.inf)
        np.maximum.at(joined, group, corners)
        areas = np.bincount(group, areas, count).astype(np.float64)
        boxes = np.concatenate([-joined[:, :2], joined[:, 2:]], axis=1)


def _groups(boxes: Float64Array, gap: int) -> Int64Array:
    """Return the number of each box's group: boxes that are near one another, directly or through others."""
    starts, ends = boxes[:, None, :2], boxes[:, None, 2:]
    apart = np.maximum(starts - boxes[None, :, 2:], boxes[None, :, :2] - ends).max(axis=2)
    near = apart <= gap
    group = np.arange(len(boxes))
    while True:
        least = np.where(near, group, len(boxes)).min(axis=1, initial=len(boxes))
        if (least == group).all():
            return np.unique(group, return_inverse=True)[1].reshape(-1)
        group = least
