"""What trackers by a correlation filter have in common: where they look, and how large a target is."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

import attrs
import numpy as np

from vtcore.frames import Frame, Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.crops import shows_picture
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_plugin_correlation.config import KcfConfig, MosseConfig
from vtrack_plugin_correlation.kernels import ComplexArray
from vtrack_plugin_correlation.scale_filter import ScaleFilter, ScaleModel
from vtrack_plugin_correlation.windows import bounded

__all__ = ["FilterTarget", "FilterTracker"]


@attrs.define(kw_only=True)
class FilterTarget:
    """What is kept of a target, whatever its filter.

    Attributes:
        centre: float64 ``(2,)``, x and y in continuous pixels of the frame.
        size: float64 ``(2,)``, width and height.
        start: float64 ``(2,)``, width and height that it was started with.
        columns: Of its pictures.
        scale_numerator: Of the filter over sizes, or None.
        scale_denominator: Of the filter over sizes, or None.
    """

    centre: Float64Array
    size: Float64Array
    start: Float64Array
    columns: int
    scale_numerator: ComplexArray | None = None
    scale_denominator: Float32Array | None = None


F = TypeVar("F", bound=FilterTarget)


class FilterTracker(TargetTrackerBase[F]):
    """Follows targets one after the other; a subclass gives `_step`.

    Attributes:
        config: The options.
    """

    def __init__(self, config: KcfConfig | MosseConfig, *, name: str) -> None:
        """Lay out the sizes that are compared.

        Args:
            config: The options.
            name: For messages: ``tracker 'kcf'``.
        """
        self.config = config
        self._scale = None
        if config.scale == "filter":
            self._scale = ScaleFilter(
                count=config.scale_count, step=config.scale_step, learning_rate=config.scale_learning_rate
            )
        super().__init__(name=name)

    def _follow(self, frame: Frame, targets: list[F]) -> tuple[Float64Array, Float32Array]:
        image = self._image(frame)
        scores = [self._step(image, target) for target in targets]
        boxes = [np.concatenate((each.centre - each.size / 2, each.size)) for each in targets]
        return np.array(boxes), np.array(scores, np.float32)

    @abstractmethod
    def _step(self, image: Image, target: F) -> float:
        """Move a target to where it is found, learn from that, and return the score."""

    def _sees(self, image: Image, target: F) -> bool:
        extent = self._extent(target.size)
        return shows_picture(image.shape, (*(target.centre - extent / 2), *extent))

    def _extent(self, size: Float64Array) -> Float64Array:
        """Return width and height of what is looked at around a target of a size."""
        return size * (1 + self.config.padding)

    def _move(self, image: Image, target: F, place: Float64Array, shape: tuple[int, int]) -> None:
        """Move a target.

        Args:
            image: The frame.
            target: The target.
            place: Columns and rows by which it moved.
            shape: Rows and columns of what was looked at.
        """
        moved = target.centre + place * self._extent(target.size) / np.array(shape[::-1])
        target.centre, _ = bounded(moved, target.size, target.start, image.shape)

    def _resize(self, image: Image, target: F, *, learns: bool) -> None:
        """Give a target the size that it is found to have, and learn how it looks there."""
        if self._scale is None or target.scale_numerator is None or target.scale_denominator is None:
            return
        with self._timed("forward"):
            model = ScaleModel(target.scale_numerator, target.scale_denominator)
            size = target.size * self._scale.find(image, target.centre, target.size, model)
            _, target.size = bounded(target.centre, size, target.start, image.shape)
        if learns:
            self._learn_size(image, target, model)

    def _learn_size(self, image: Image, target: F, model: ScaleModel | None = None) -> None:
        """Learn how a target looks at its size, and at those around it; from the beginning without a model."""
        if self._scale is not None:
            with self._timed("forward"):
                learnt = self._scale.train(image, target.centre, target.size, model)
            target.scale_numerator, target.scale_denominator = learnt.numerator, learnt.denominator
