"""MOSSE: a correlation filter on brightness, a few transforms a frame.

Bolme et al., Visual Object Tracking using Adaptive Correlation Filters, CVPR 2010, from the paper. The size, which the
paper takes as given, is found by a filter of its own where asked for (`vtrack_plugin_correlation.scale_filter`).
"""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
import scipy.fft

from vtcore.components import BuildContext
from vtcore.frames import Frame, Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_plugin_correlation.config import MosseConfig
from vtrack_plugin_correlation.filter_tracker import FilterTarget, FilterTracker
from vtrack_plugin_correlation.kernels import ComplexArray, transformed
from vtrack_plugin_correlation.patches import grey, sample
from vtrack_plugin_correlation.responses import label_spectrum, peak_place, peak_to_sidelobe
from vtrack_plugin_correlation.windows import cosine, model_size

__all__ = ["Mosse", "MosseTarget", "score_of_ratio"]

_LOST = 7.0
"""Around this a target is lost, by the paper's experience."""
_TURN = 0.15
"""Radians, and shares of the size, by which the first picture is turned and sheared at most."""


@attrs.define(kw_only=True)
class MosseTarget(FilterTarget):
    """What is kept of a target.

    Attributes:
        numerator: complex64 ``(rows, columns // 2 + 1)``.
        denominator: float32 ``(rows, columns // 2 + 1)``.
    """

    numerator: ComplexArray
    denominator: Float32Array


class Mosse(FilterTracker[MosseTarget]):
    """Follows targets by MOSSE; see `MosseConfig` for the arguments.

    A target whose peak-to-sidelobe ratio falls below ``min_psr`` is lost: its box stays, nothing is learnt, and it is
    looked for in the same place until the ratio is high again. Scores are `score_of_ratio` of that ratio.
    """

    config: MosseConfig
    _TARGET_CLASS: ClassVar[type[MosseTarget]] = MosseTarget

    def __init__(
        self,
        padding: float = 1.0,
        template_size: int = 64,
        label_sigma: float = 2.0,
        regularisation: float = 1e-2,
        learning_rate: float = 0.125,
        variants: int = 8,
        min_psr: float = 7.0,
        scale: str = "none",
        scale_count: int = 17,
        scale_step: float = 1.03,
        scale_learning_rate: float = 0.025,
        context: BuildContext | None = None,
    ) -> None:
        """Check the options.

        Args:
            padding: Surroundings that are looked at, times the target's size.
            template_size: Edge of the square that the surroundings are scaled to have the area of.
            label_sigma: Width of the bell that the filter is to answer.
            regularisation: Raising it keeps the filter flatter.
            learning_rate: Share of each frame in the filter.
            variants: How often the first picture is turned and sheared.
            min_psr: Where the peak stands less above its surroundings, the target is lost.
            scale: Whether the size is found.
            scale_count: Sizes that are compared.
            scale_step: From one size to the next.
            scale_learning_rate: Share of each frame in the filter over sizes.
            context: Its seed draws the variants.

        Raises:
            ValueError: An option is out of bounds.
        """
        config = MosseConfig(
            padding=padding,
            template_size=template_size,
            label_sigma=label_sigma,
            regularisation=regularisation,
            learning_rate=learning_rate,
            variants=variants,
            min_psr=min_psr,
            scale=scale,
            scale_count=scale_count,
            scale_step=scale_step,
            scale_learning_rate=scale_learning_rate,
        )
        self._turns = _turns(variants, (context or BuildContext()).seed)
        super().__init__(config, name="tracker 'mosse'")

    def _start(self, frame: Frame, ltwh: Float64Array) -> MosseTarget:
        image = self._image(frame)
        centre, size = ltwh[:2] + ltwh[2:] / 2, ltwh[2:].copy()
        rows, columns = model_size(self._extent(size), self.config.template_size)
        label = label_spectrum(rows, columns, self.config.label_sigma)
        looks = np.stack([self._look(image, centre, size, (rows, columns), turn) for turn in (None, *self._turns)])
        numerator = (label * looks.conj()).mean(axis=0)
        target = MosseTarget(
            centre=centre,
            size=size,
            start=size.copy(),
            columns=columns,
            numerator=numerator,
            denominator=_power(looks).mean(axis=0),
        )
        self._learn_size(image, target)
        return target

    def _step(self, image: Image, target: MosseTarget) -> float:
        shape = target.numerator.shape[0], target.columns
        looks = self._look(image, target.centre, target.size, shape)
        with self._timed("decode"):
            spectrum = target.numerator * looks / (target.denominator + np.float32(self.config.regularisation))
            response = np.asarray(scipy.fft.irfft2(spectrum, shape), np.float32)
            ratio = peak_to_sidelobe(response)
            place, _ = peak_place(response)
        if ratio >= self.config.min_psr:
            self._move(image, target, place, shape)
            self._resize(image, target, learns=True)
            self._learn(image, target, shape)
        return score_of_ratio(ratio)

    def _learn(self, image: Image, target: MosseTarget, shape: tuple[int, int]) -> None:
        looks = self._look(image, target.centre, target.size, shape)
        with self._timed("forward"):
            rate = np.float32(self.config.learning_rate)
            label = label_spectrum(*shape, self.config.label_sigma)
            target.numerator = (1 - rate) * target.numerator + rate * (label * looks.conj())
            target.denominator = (1 - rate) * target.denominator + rate * _power(looks)

    def _look(
        self,
        image: Image,
        centre: Float64Array,
        size: Float64Array,
        shape: tuple[int, int],
        turn: Float64Array | None = None,
    ) -> ComplexArray:
        """Return the transform of what stands around a place, ``(rows, columns // 2 + 1)``."""
        with self._timed("crop"):
            picture = grey(sample(image, centre, self._extent(size), shape, turn))
        with self._timed("forward"):
            values = np.log1p(picture.astype(np.float32))
            values -= values.mean()
            spread = float(values.std())
            # What is all of one colour stays nothing.
            values /= np.float32(max(spread, 1e-5))
            values *= cosine(*shape)
            return transformed(values)


def score_of_ratio(ratio: float) -> float:
    """Return a score in 0 to 1 for a peak-to-sidelobe ratio: a half at 7, where targets are lost; 0.74 at 20."""
    return max(ratio, 0.0) / (max(ratio, 0.0) + _LOST)


def _power(spectrum: ComplexArray) -> Float32Array:
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def _turns(count: int, seed: int) -> list[Float64Array]:
    """Return small turns, shears and changes of size, ``(2, 2)`` each."""
    random = np.random.default_rng(seed)
    turns = []
    for _ in range(count):
        angle = random.uniform(-_TURN, _TURN)
        rotation = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
        turns.append(rotation @ (np.eye(2) + random.uniform(-_TURN, _TURN, (2, 2)) / 2))
    return turns
