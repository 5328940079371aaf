"""From the answers of the head to the place that is taken, for all targets of a frame at once.

Penalty, window and smoothing of SiamRPN (Li et al., CVPR 2018) as NanoTrack (Apache-2.0) has them.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.windows import outer_window

__all__ = ["Chosen", "Decoder"]

STRIDE = 16
"""Pixels of the search picture from one place to the next."""

Array = npt.NDArray[np.floating[npt.NBitBase]]


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
        self._places = np.stack((columns.ravel(), rows.ravel())).astype(np.float32)
        window = outer_window(grid, grid, zero_ends=True).ravel().astype(np.float64)
        self._window = (np.sqrt(window) if rooted else window) * window_influence
        self._share = 1 - window_influence
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
        with np.errstate(all="ignore"):
            scores = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
            low, high = self._places - distances[:, :2], self._places + distances[:, 2:]
            width, height = (high - low).swapaxes(0, 1)
            change = _ratio(_extent(width, height) / _extent(*(sizes if reference is None else reference).T[..., None]))
            change *= _ratio((sizes[:, :1] / sizes[:, 1:]) / (width / height))
            penalty = np.exp((1 - change) * self._penalty_k)
            ranks = penalty * scores * self._share + self._window
        rows = np.arange(len(ranks))
        # A number that is none would be taken for the greatest, and is here.
        best = ranks.argmax(axis=1)
        middle = (low[rows, :, best] + high[rows, :, best]) / 2
        return Chosen(
            middle.astype(np.float64),
            np.stack((width[rows, best], height[rows, best]), axis=1).astype(np.float64),
            np.asarray(penalty[rows, best] * scores[rows, best], np.float64),
            scores[rows, best].astype(np.float32),
            ranks[rows, best].astype(np.float32),
        )


def _extent(width: Array, height: Array) -> Array:
    """Return the edge of the square that a box and its surroundings take."""
    margin = (width + height) * 0.5
    return np.asarray(np.sqrt((width + margin) * (height + margin)))


def _ratio(value: Array) -> Array:
    return np.asarray(np.maximum(value, 1 / value))
