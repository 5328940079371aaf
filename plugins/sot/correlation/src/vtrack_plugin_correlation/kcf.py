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
from vtrack_plugin_correlation.config import KcfConfig
from vtrack_plugin_correlation.filter_tracker import FilterTarget, FilterTracker
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
from vtrack_plugin_correlation.windows import cosine, model_size

__all__ = ["Kcf", "KcfTarget"]

_CELL = {"hog": 4, "grey": 1}


@attrs.define(kw_only=True)
class KcfTarget(FilterTarget):
    """What is kept of a target.

    Attributes:
        model: complex64 ``(channels, rows, columns // 2 + 1)``, transform of its looks.
        filter: complex64 ``(rows, columns // 2 + 1)``.
    """

    model: ComplexArray
    filter: ComplexArray


class Kcf(FilterTracker[KcfTarget]):
    """Follows targets by KCF; see `KcfConfig` for the arguments.

    A score is the answer of the filter at the place taken, within 0 and 1: it was taught to answer 1 there.
    """

    config: KcfConfig
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
        config = KcfConfig(
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
        super().__init__(config, name="tracker 'kcf'")

    def _start(self, frame: Frame, ltwh: Float64Array) -> KcfTarget:
        image = self._image(frame)
        centre, size = ltwh[:2] + ltwh[2:] / 2, ltwh[2:].copy()
        rows, columns = model_size(self._extent(size), self.config.template_size, self._cell)
        model = self._look(image, centre, size, rows, columns)
        target = KcfTarget(
            centre=centre,
            size=size,
            start=size.copy(),
            columns=columns,
            model=model,
            filter=self._solve(model, columns),
        )
        self._learn_size(image, target)
        return target

    def _step(self, image: Image, target: KcfTarget) -> float:
        rows, columns = target.model.shape[1], target.columns
        looks = self._look(image, target.centre, target.size, rows, columns)
        with self._timed("decode"):
            response = self._respond(target, looks, columns)
            place, top = peak_place(response)
        self._move(image, target, place, (rows, columns))
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

    def _look(self, image: Image, centre: Float64Array, size: Float64Array, rows: int, columns: int) -> ComplexArray:
        """Return the transform of what stands around a place."""
        with self._timed("crop"):
            shape = rows * self._cell, columns * self._cell
            picture = sample(image, centre, self._extent(size), shape)
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
