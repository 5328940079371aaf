"""From the answers of the head to the place that is taken, for all targets of a frame at once.

Penalty, window and smoothing of SiamRPN (Li et al., CVPR 2018) as NanoTrack (Apache-2.0) has them.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.windows import outer_window

__all__ = ["Chosen", "Decoder"]

STRIDE = 16
"""Pixels of the search picture from one place to the next."""

Array = npt.NDArray[Any]


@attrs.frozen
class Chosen:
    """The place taken for each of n targets.

    Attributes:
        offsets: float64 ``(n, 2)``, from the middle of the search picture to that of the box, in its pixels.
        sizes: float64 ``(n, 2)``, width and height in its pixels.
        rates: float64 ``(n,)``, share that the new size may have in the smoothed one, before the option ``lr``.
        scores: float32 ``(n,)``, probability that the target is there.
        ranks: float32 ``(n,)``, what the place was chosen by: the score, with penalty and window.
    """

    offsets: Float64Array
    sizes: Float64Array
    rates: Float64Array
    scores: Float32Array
    ranks: Float32Array


class Decoder:
    """Chooses a place in the head's maps."""

    def __init__(self, grid: int, *, penalty_k: float, window_influence: float, rooted: bool = False) -> None:
        """Lay out the places.

        Args:
            grid: Edge of the head's maps.
            penalty_k: How much a change of size or shape counts against a place.
            window_influence: Share of the cosine window.
            rooted: Whether the square root of that window is taken, as OpenCV makes it.
        """
        line = (np.arange(grid) - grid // 2) * STRIDE
        rows, columns = np.meshgrid(line, line, indexing="ij")
        self._places = np.stack((columns.ravel(), rows.ravel())).astype(np.float64)
        window = outer_window(grid, grid, zero_ends=True).ravel()
        self._window = (np.sqrt(window) if rooted else window) * np.float32(window_influence)
        self._share = np.float32(1 - window_influence)
        self._penalty_k = penalty_k

    def __call__(
        self, logits: Float32Array, distances: Float32Array, sizes: Float64Array, reference: Float64Array | None = None
    ) -> Chosen:
        """Choose for each target.

        Args:
            logits: float32 ``(n, 2, places)``, background and target.
            distances: float32 ``(n, 4, places)``, to the edges of the box.
            sizes: float64 ``(n, 2)``, width and height before, in pixels of the search picture.
            reference: float64 ``(n, 2)``, what the size of a box is compared with; the size before by default.

        Returns:
            The places; numbers that are none where the network gives such.
        """
        left, top, right, bottom = distances.swapaxes(0, 1)
        with np.errstate(all="ignore"):
            scores = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
            width, height = left + right, top + bottom
            before = sizes if reference is None else reference
            change = _ratio(_extent(width, height) / _column(_extent(before[:, 0], before[:, 1])))
            change *= _ratio(height * _column(sizes[:, 0] / sizes[:, 1]) / width)
            change -= 1
            change *= -self._penalty_k
            penalised = np.exp(change, out=change)
            penalised *= scores
            ranks = penalised * self._share
            ranks += self._window
        rows = np.arange(len(ranks))
        # A number that is none would be taken for the greatest, and is here.
        best = ranks.argmax(axis=1)
        chosen = distances[rows, :, best].astype(np.float64)
        return Chosen(
            self._places[:, best].T + (chosen[:, 2:] - chosen[:, :2]) / 2,
            chosen[:, :2] + chosen[:, 2:],
            penalised[rows, best].astype(np.float64),
            scores[rows, best],
            ranks[rows, best],
        )


def _extent(width: Array, height: Array) -> Array:
    """Return the edge of the square that a box and its surroundings take, which are half its width and height."""
    return np.asarray(np.sqrt((1.5 * width + 0.5 * height) * (0.5 * width + 1.5 * height)))


def _ratio(value: Array) -> Array:
    return np.asarray(np.maximum(value, 1 / value))


def _column(values: Array) -> Float32Array:
    return np.asarray(values, np.float32)[:, None]
