"""Boxes as what networks learn: how far a box lies from a reference box, and by how much it is larger.

Girshick et al., "Rich Feature Hierarchies", CVPR 2014, https://arxiv.org/abs/1311.2524; bounds as in MMDetection's
DeltaXYWHBBoxCoder (https://github.com/open-mmlab/mmdetection, Apache-2.0), which bounds the change of size on both
sides where torchvision's bounds growth only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq

import torch
from torch import Tensor

__all__ = ["DeltaBoxCoder", "clipped"]

_LARGEST_RATIO = 1000 / 16


class DeltaBoxCoder:
    """Turns boxes into differences from reference boxes, and back.

    A difference is ``dx, dy`` of the centres, in widths and heights of the reference, and the logarithms of the ratios
    of widths and heights; means are taken away and what is left is divided by standard deviations.
    """

    def __init__(
        self,
        *,
        means: Seq[float] = (0.0, 0.0, 0.0, 0.0),
        stds: Seq[float] = (1.0, 1.0, 1.0, 1.0),
        largest_ratio: float = _LARGEST_RATIO,
        shrink_bounded: bool = True,
        most_shift: float = math.inf,
    ) -> None:
        """Choose scale and bounds.

        Args:
            means: Of the four differences.
            stds: Of the four differences; torchvision's ``weights`` are their inverses.
            largest_ratio: Most that a box may be wider or higher than its reference; more is cut.
            shrink_bounded: The same for how much smaller it may be.
            most_shift: Farthest that a centre may lie from the reference's, in pixels.
        """
        self._means = torch.tensor(list(means), dtype=torch.float32)
        self._stds = torch.tensor(list(stds), dtype=torch.float32)
        self._most = abs(math.log(largest_ratio))
        self._least = -self._most if shrink_bounded else -math.inf
        self._most_shift = most_shift

    def encode(self, references: Tensor, boxes: Tensor) -> Tensor:
        """Return the differences ``(N, 4)`` of boxes from references, both ``(N, 4)`` ``x1, y1, x2, y2``."""
        references, boxes = references.float(), boxes.float()
        centres, sizes = (references[:, :2] + references[:, 2:]) * 0.5, references[:, 2:] - references[:, :2]
        wanted, wanted_sizes = (boxes[:, :2] + boxes[:, 2:]) * 0.5, boxes[:, 2:] - boxes[:, :2]
        deltas = torch.cat(((wanted - centres) / sizes, torch.log(wanted_sizes / sizes)), dim=-1)
        return (deltas - self._means.to(deltas.device)) / self._stds.to(deltas.device)

    def decode(self, references: Tensor, deltas: Tensor, size: Tensor | tuple[int, int] | None = None) -> Tensor:
        """Return the boxes that differ from references as told.

        Args:
            references: ``(N, 4)`` ``x1, y1, x2, y2``.
            deltas: ``(N, 4)``, or ``(N, C, 4)`` for C boxes of each reference.
            size: Height and width of the picture that boxes are cut to; None leaves them.

        Returns:
            float32, shaped as `deltas`.
        """
        # Half precision has whole pixels only beyond 1024.
        references, deltas = references.float(), deltas.float()
        if deltas.ndim == 3:
            references = references[:, None, :]
        deltas = deltas * self._stds.to(deltas.device) + self._means.to(deltas.device)
        centres, sizes = (references[..., :2] + references[..., 2:]) * 0.5, references[..., 2:] - references[..., :2]
        shift = sizes * deltas[..., :2]
        if self._most_shift < math.inf:
            shift = shift.clamp(min=-self._most_shift, max=self._most_shift)
        half = sizes * deltas[..., 2:].clamp(min=self._least, max=self._most).exp() * 0.5
        centres = centres + shift
        boxes = torch.cat((centres - half, centres + half), dim=-1)
        return boxes if size is None else clipped(boxes, size)


def clipped(boxes: Tensor, size: Tensor | tuple[int, int]) -> Tensor:
    """Return boxes ``(..., 4)`` cut to a picture of the given height and width."""
    height, width = (float(edge) for edge in size)
    x, y = boxes[..., 0::2].clamp(min=0, max=width), boxes[..., 1::2].clamp(min=0, max=height)
    return torch.stack((x[..., 0], y[..., 0], x[..., 1], y[..., 1]), dim=-1)
