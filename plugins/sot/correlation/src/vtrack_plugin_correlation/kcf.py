"""KCF: a filter in the space of a kernel, learnt anew with each frame.

Henriques et al., High-Speed Tracking with Kernelized Correlation Filters, PAMI 2015, https://arxiv.org/abs/1404.7584,
from the paper. Other than there: the surroundings are always scaled to pictures of one area, positions are found
between cells, and the size is found by a filter of its own (`vtrack_plugin_correlation.scale_filter`).
"""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
import scipy.fft

from vtcore.frames import Frame, Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.crops import shows_picture
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_plugin_correlation.config import KcfConfig
from vtrack_plugin_correlation.hog import histograms
from vtrack_plugin_correlation.kernels import (
    ComplexArray,
    energy,
    gaussian_correlation,
    linear_correlation,
    transformed,
)
from vtrack_plugin_correlation.patches import grey, sample
from vtrack_plugin_correlation.responses import label_spectrum, peak_place
from vtrack_plugin_correlation.scale_filter import ScaleFilter, ScaleModel
from vtrack_plugin_correlation.windows import bounded, cosine, model_size

__all__ = ["Kcf", "KcfTarget"]

_CELL = {"hog": 4, "grey": 1}


@attrs.define
class KcfTarget:
    """What is kept of a target.

    Attributes:
        centre: float64 ``(2,)``, x and y in continuous pixels of the frame.
        size: float64 ``(2,)``, width and height.
        start: float64 ``(2,)``, width and height that it was started with.
        model: complex64 ``(channels, rows, columns // 2 + 1)``, transform of its looks.
        filter: complex64 ``(rows, columns // 2 + 1)``.
        columns: Of its pictures.
        scale_numerator: Of the filter over sizes, or None.
        scale_denominator: Of the filter over sizes, or None.
    """

    centre: Float64Array
    size: Float64Array
    start: Float64Array
    model: ComplexArray
    filter: ComplexArray
    columns: int
    scale_numerator: ComplexArray | None = None
    scale_denominator: Float32Array | None = None


class Kcf(TargetTrackerBase[KcfTarget]):
    """Follows targets by KCF; see `KcfConfig` for the arguments.

    A score is the answer of the filter at the place taken, within 0 and 1: it was taught to answer 1 there.

    Attributes:
        config: The options.
    """

    _TARGET_CLASS: ClassVar[type[KcfTarget]] = KcfTarget

    def __init__(
        self,
        features: str = "hog",
        kernel: str = "gaussian",
        padding: float = 1.5,
        template_size: int = 96,
        kernel_sigma: float = 0.5,
        regularisation: float = 1e-4,
        label_sigma: float = 0.1,
        learning_rate: float = 0.012,
        scale: str = "filter",
        scale_count: int = 17,
        scale_step: float = 1.03,
        scale_learning_rate: float = 0.025,
        min_score: float = 0.2,
    ) -> None:
        """Check the options.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = KcfConfig(
            features=features,
            kernel=kernel,
            padding=padding,
            template_size=template_size,
            kernel_sigma=kernel_sigma,
            regularisation=regularisation,
            label_sigma=label_sigma,
            learning_rate=learning_rate,
            scale=scale,
            scale_count=scale_count,
            scale_step=scale_step,
            scale_learning_rate=scale_learning_rate,
            min_score=min_score,
        )
        self._cell = _CELL[features]
        self._scale = (
            ScaleFilter(count=scale_count, step=scale_step, learning_rate=scale_learning_rate)
            if scale == "filter"
            else None
        )
        super().__init__(name="tracker 'kcf'")

    def _start(self, frame: Frame, ltwh: Float64Array) -> KcfTarget:
        image = self._image(frame)
        centre, size = ltwh[:2] + ltwh[2:] / 2, ltwh[2:].copy()
        rows, columns = model_size(size * (1 + self.config.padding), self.config.template_size, self._cell)
        model = self._look(image, centre, size, rows, columns)
        target = KcfTarget(centre, size, size.copy(), model, self._solve(model, columns), columns)
        if self._scale is not None:
            learnt = self._scale.train(image, centre, size)
            target.scale_numerator, target.scale_denominator = learnt.numerator, learnt.denominator
        return target

    def _follow(self, frame: Frame, targets: list[KcfTarget]) -> tuple[Float64Array, Float32Array]:
        image = self._image(frame)
        scores = [self._step(image, target) for target in targets]
        boxes = [np.concatenate((each.centre - each.size / 2, each.size)) for each in targets]
        return np.array(boxes), np.array(scores, np.float32)

    def _sees(self, image: Image, target: KcfTarget) -> bool:
        extent = target.size * (1 + self.config.padding)
        return shows_picture(image.shape, (*(target.centre - extent / 2), *extent))

    def _step(self, image: Image, target: KcfTarget) -> float:
        """Move a target to where it is found, learn from that, and return the score."""
        rows, columns = target.model.shape[1], target.columns
        looks = self._look(image, target.centre, target.size, rows, columns)
        with self._timed("decode"):
            response = self._respond(target, looks, columns)
            place, top = peak_place(response)
        cells = np.array((columns, rows))
        moved = target.centre + place * target.size * (1 + self.config.padding) / cells
        target.centre, _ = bounded(moved, target.size, target.start, image.shape)
        score = float(np.clip(top, 0, 1))
        learns = score >= self.config.min_score
        self._resize(image, target, learns=learns)
        if learns and self.config.learning_rate:
            looks = self._look(image, target.centre, target.size, rows, columns)
            with self._timed("forward"):
                rate = np.float32(self.config.learning_rate)
                target.filter = (1 - rate) * target.filter + rate * self._solve(looks, columns)
                target.model = (1 - rate) * target.model + rate * looks
        return score

    def _resize(self, image: Image, target: KcfTarget, *, learns: bool) -> None:
        if self._scale is None or target.scale_numerator is None or target.scale_denominator is None:
            return
        with self._timed("forward"):
            model = ScaleModel(target.scale_numerator, target.scale_denominator)
            size = target.size * self._scale.find(image, target.centre, target.size, model)
            _, target.size = bounded(target.centre, size, target.start, image.shape)
            if learns:
                model = self._scale.train(image, target.centre, target.size, model)
                target.scale_numerator, target.scale_denominator = model.numerator, model.denominator

    def _look(self, image: Image, centre: Float64Array, size: Float64Array, rows: int, columns: int) -> ComplexArray:
        """Return the transform of what stands around a place."""
        with self._timed("crop"):
            shape = rows * self._cell, columns * self._cell
            picture = sample(image, centre, size * (1 + self.config.padding), shape)
        with self._timed("forward"):
            if self.config.features == "hog":
                features = histograms(picture[None].astype(np.float32), self._cell)[0]
            else:
                features = (grey(picture).astype(np.float32) / np.float32(255))[None]
                features -= features.mean()
            return transformed(features * cosine(rows, columns))

    def _solve(self, looks: ComplexArray, columns: int) -> ComplexArray:
        """Return the filter that answers the bell to a picture."""
        kernel = transformed(self._kernel(looks, looks, columns))
        label = self._label(looks.shape[1], columns)
        return np.asarray(label / (kernel + np.float32(self.config.regularisation)), np.complex64)

    def _respond(self, target: KcfTarget, looks: ComplexArray, columns: int) -> Float32Array:
        kernel = transformed(self._kernel(looks, target.model, columns))
        shape = looks.shape[1], columns
        return np.asarray(scipy.fft.irfft2(kernel * target.filter, shape), np.float32)

    def _kernel(self, first: ComplexArray, second: ComplexArray, columns: int) -> Float32Array:
        if self.config.kernel == "linear":
            return linear_correlation(first, second, columns)
        energies = energy(first, columns), energy(second, columns)
        return gaussian_correlation(first, second, columns, self.config.kernel_sigma, energies)

    def _label(self, rows: int, columns: int) -> ComplexArray:
        size = float(np.sqrt(rows * columns)) / (1 + self.config.padding)
        return label_spectrum(rows, columns, self.config.label_sigma * size)
