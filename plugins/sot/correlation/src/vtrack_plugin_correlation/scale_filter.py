"""How large a target is, by a filter over a row of sizes.

Danelljan et al., Accurate Scale Estimation for Robust Visual Tracking, BMVC 2014, from the paper.
"""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt
import scipy.fft

from vtcore.frames import Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_plugin_correlation.hog import histograms
from vtrack_plugin_correlation.patches import sample_sizes
from vtrack_plugin_correlation.responses import gaussian_label, peak_place

__all__ = ["ScaleFilter", "ScaleModel"]

ComplexArray = npt.NDArray[np.complex64]

_CELL = 4
_AREA = 512
"""Pixels of the picture that each size is made into, at most."""
_SPREAD = 0.25
"""Width of the bell, times the square root of the number of sizes."""
_REGULARISATION = 1e-2


@attrs.define
class ScaleModel:
    """What is known of a target's size.

    Attributes:
        numerator: complex64 ``(features, frequencies)``.
        denominator: float32 ``(frequencies,)``.
    """

    numerator: ComplexArray
    denominator: Float32Array


class ScaleFilter:
    """Finds the size, among some that are smaller and some that are larger by the same factor each."""

    def __init__(self, *, count: int, step: float, learning_rate: float) -> None:
        """Lay out the sizes.

        Args:
            count: How many; odd.
            step: From one to the next.
            learning_rate: Share of each new frame in the model.
        """
        self._count = count
        self._learning_rate = learning_rate
        self._step = step
        exponents = np.arange(count) - count // 2
        self._factors = step ** exponents.astype(np.float64)
        label = gaussian_label(1, count, _SPREAD * count**0.5)[0]
        self._label = scipy.fft.rfft(label)
        self._window = np.hanning(count + 2)[1:-1].astype(np.float32)

    def train(
        self, image: Image, centre: Float64Array, size: Float64Array, model: ScaleModel | None = None
    ) -> ScaleModel:
        """Return the model with what a frame shows; a new one where there was none.

        Args:
            image: uint8 ``(height, width, 3)``.
            centre: Of the target, x and y.
            size: Its width and height.
            model: Before.
        """
        features = self._features(image, centre, size)
        numerator = self._label * features.conj()
        denominator = (features.real**2 + features.imag**2).sum(axis=0)
        if model is None:
            return ScaleModel(numerator, denominator)
        rate = np.float32(self._learning_rate)
        return ScaleModel(
            (1 - rate) * model.numerator + rate * numerator, (1 - rate) * model.denominator + rate * denominator
        )

    def find(self, image: Image, centre: Float64Array, size: Float64Array, model: ScaleModel) -> float:
        """Return by which factor the target has grown since `size`."""
        features = self._features(image, centre, size)
        answer = (model.numerator * features).sum(axis=0) / (model.denominator + np.float32(_REGULARISATION))
        place, _ = peak_place(scipy.fft.irfft(answer, self._count)[None].astype(np.float32))
        return float(self._step ** place[0])

    def _features(self, image: Image, centre: Float64Array, size: Float64Array) -> ComplexArray:
        """Return the transform over the sizes, ``(features, frequencies)``."""
        rows, columns = _model_size(float(size[1] / size[0]))
        pictures = sample_sizes(image, centre, self._factors[:, None] * size, (rows, columns))
        table = histograms(pictures.astype(np.float32), _CELL).reshape(self._count, -1)
        # The first size stands in the middle: sizes are turned so that it comes first.
        rolled = np.roll(table * self._window[:, None], -(self._count // 2), axis=0)
        return np.asarray(scipy.fft.rfft(np.ascontiguousarray(rolled.T), axis=1), np.complex64)


@lru_cache(maxsize=256)
def _model_size(ratio: float) -> tuple[int, int]:
    """Return height and width of the picture of each size, multiples of a cell, for height over width."""
    width = np.sqrt(_AREA / ratio)
    return max(_CELL * 2, int(width * ratio) // _CELL * _CELL), max(_CELL * 2, int(width) // _CELL * _CELL)
