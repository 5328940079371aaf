"""From a network's maps to the one box that a target is in.

The choice of pysot (https://github.com/STVIR/pysot, Apache-2.0): scores are lowered where a box has another size or
shape than the target had, and mixed with a window that prefers the middle; the best one wins. All of it happens on the
network's device, for all targets at once, and six numbers of each come back.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import NamedTuple

import torch
from torch import Tensor

from vtrack_plugin_siamrpn.anchors import anchor_grid, base_anchors, cosine_window

__all__ = ["Decoder", "Judged"]

_LARGEST_CHANGE = 4.135166556742356
"""Logarithm of 1000 / 16: MMTracking lets no box differ more from its anchor."""


class Judged(NamedTuple):
    """Every anchor's answer, in the order of `vtrack_plugin_siamrpn.anchors.anchor_grid`.

    Attributes:
        boxes: float32 ``(N, 4, K)``, ``cx, cy, width, height`` in pixels of the search picture, from its middle.
        scores: float32 ``(N, K)``, 0 to 1.
        penalties: ``(N, K)``, 0 to 1: what a change of size and shape leaves of a score.
        ranks: ``(N, K)``, what is compared in the end.
    """

    boxes: Tensor
    scores: Tensor
    penalties: Tensor
    ranks: Tensor


class Decoder:
    """Chooses boxes; anchors and windows are made once for each size of maps."""

    def __init__(
        self,
        *,
        stride: int = 8,
        ratios: Seq[float] = (0.33, 0.5, 1.0, 2.0, 3.0),
        scales: Seq[float] = (8.0,),
        penalty_k: float = 0.05,
        convention: str = "pysot",
    ) -> None:
        """Choose.

        Args:
            stride: Pixels of the search picture between anchors.
            ratios: Height by width of the anchors.
            scales: Edge of a square anchor, in strides.
            penalty_k: How much a change of size and shape counts against a box.
            convention: Whose anchors: ``"pysot"`` or ``"mmtracking"``.
        """
        self._stride, self._penalty_k = stride, penalty_k
        self._base = base_anchors(stride, ratios, scales, convention=convention)
        self._bounded = convention == "mmtracking"
        self._grids: dict[tuple[int, torch.device], tuple[Tensor, Tensor]] = {}

    @property
    def anchors(self) -> int:
        """How many there are per cell."""
        return len(self._base)

    def judge(self, scores: Tensor, boxes: Tensor, sizes: Tensor, influence: Tensor) -> Judged:
        """Return every anchor's answer.

        Args:
            scores: ``(N, 2 * A, h, h)``, as the network gives them.
            boxes: ``(N, 4 * A, h, h)``.
            sizes: ``(N, 2)``, width and height that the targets had, in pixels of the search picture; their type is
                what penalties are computed in.
            influence: ``(N,)``, share of the window.
        """
        count = len(scores)
        anchors, window = self.grid(scores.shape[3], scores.device)
        chances = scores.reshape(count, 2, -1).softmax(dim=1)[:, 1]
        shifts = boxes.reshape(count, 4, -1)
        growth = shifts[:, 2:].clamp(-_LARGEST_CHANGE, _LARGEST_CHANGE) if self._bounded else shifts[:, 2:]
        found = torch.cat((shifts[:, :2] * anchors[2:] + anchors[:2], growth.exp() * anchors[2:]), dim=1)
        width, height = found[:, 2], found[:, 3]
        before = sizes[:, :1], sizes[:, 1:]
        size_change = _either_way(_extent(width, height).to(sizes.dtype) / _extent(*before))
        shape_change = _either_way(before[0] / before[1] / (width / height).to(sizes.dtype))
        penalties = torch.exp((1 - shape_change * size_change) * self._penalty_k)
        share = influence[:, None]
        ranks = penalties * chances * (1 - share) + window.to(sizes.dtype) * share
        return Judged(found, chances, penalties, ranks)

    def best(self, scores: Tensor, boxes: Tensor, sizes: Tensor, influence: Tensor) -> Tensor:
        """Return the best box of each target: arguments as for `judge`.

        Returns:
            ``(N, 6)`` of the type of `sizes`: ``cx, cy, width, height`` in pixels of the search picture, from its
            middle, score and penalty.
        """
        judged = self.judge(scores, boxes, sizes, influence)
        chosen = judged.ranks.argmax(dim=1, keepdim=True)
        box = judged.boxes.gather(2, chosen[:, None].expand(-1, 4, -1))[:, :, 0]
        parts = (box, judged.scores.gather(1, chosen), judged.penalties.gather(1, chosen))
        return torch.cat([part.to(sizes.dtype) for part in parts], dim=1)

    def grid(self, size: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return anchors, float32 ``(4, K)`` as ``cx, cy, width, height``, and window ``(K,)`` of maps of a size."""
        key = size, device
        if key not in self._grids:
            anchors = torch.from_numpy(anchor_grid(self._base, self._stride, size).T.copy())
            window = torch.from_numpy(cosine_window(size, self.anchors))
            # Apple's devices have no double precision.
            window = window.float() if device.type == "mps" else window
            self._grids[key] = anchors.to(device), window.to(device)
        return self._grids[key]


def _extent(width: Tensor, height: Tensor) -> Tensor:
    """Return the edge of the square that holds a target and half of its sides around it."""
    margin = (width + height) * 0.5
    return torch.sqrt((width + margin) * (height + margin))


def _either_way(ratio: Tensor) -> Tensor:
    return torch.maximum(ratio, 1 / ratio)
