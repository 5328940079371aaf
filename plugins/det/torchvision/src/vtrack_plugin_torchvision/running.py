"""torchvision's models on pictures as they come, with masks left small."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vtcore.masks import Masks

__all__ = ["DetectionNetwork", "encoded"]

_AT_ONCE = 8
"""Masks of a picture that are spread out at the same time: each takes as many numbers as the picture has pixels."""


class DetectionNetwork(nn.Module):
    """Hands bytes to a model of torchvision, which scales and normalises them itself."""

    def __init__(self, model: nn.Module, *, masks: bool) -> None:
        """Take a model.

        Args:
            model: Of torchvision. That its masks are not spread over the picture is changed in it.
            masks: Whether masks are wanted.
        """
        super().__init__()
        self.model = model
        roi_heads = getattr(model, "roi_heads", None)
        self.masks = masks and getattr(roi_heads, "mask_predictor", None) is not None
        if roi_heads is not None and not masks:
            roi_heads.mask_predictor = None
        if self.masks:
            _keep_masks_small(model)

    def forward(self, batch: Tensor) -> list[dict[str, Tensor]]:
        """Return what is found in each picture, as torchvision has it, masks ``(n, 1, m, m)`` over their boxes.

        Args:
            batch: uint8 ``(N, 3, h, w)``, blue first.
        """
        found: list[dict[str, Tensor]] = self.model(list(batch.flip(1).float().div(255)))
        return found


def encoded(masks: Tensor, boxes: Tensor, size: Seq[int], threshold: float) -> Masks:
    """Return masks spread over the picture, as torchvision does it, and encoded.

    Args:
        masks: float32 ``(n, 1, m, m)``, probabilities over the boxes.
        boxes: float32 ``(n, 4)``, in pixels of the picture.
        size: Height and width of the picture.
        threshold: From what probability on a pixel belongs to the mask.
    """
    from torchvision.models.detection.roi_heads import paste_masks_in_image

    height, width = size
    rles: list[dict[str, Any]] = []
    for start in range(0, len(masks), _AT_ONCE):
        piece = slice(start, start + _AT_ONCE)
        spread = paste_masks_in_image(masks[piece], boxes[piece], (height, width))
        rles += Masks.encode((spread[:, 0] >= threshold).cpu().numpy().astype(np.bool_)).rles
    return Masks(rles)


def _keep_masks_small(model: Any) -> None:
    """Change what a model does last, so that hundreds of masks need not be as large as the picture at once."""
    usual = model.transform.postprocess

    def postprocess(
        result: list[dict[str, Tensor]], image_shapes: list[tuple[int, int]], sizes: list[tuple[int, int]]
    ) -> list[dict[str, Tensor]]:
        masks = [each.pop("masks", torch.zeros((0, 1, 1, 1))) for each in result]
        return [each | {"masks": mask} for each, mask in zip(usual(result, image_shapes, sizes), masks, strict=True)]

    model.transform.postprocess = postprocess
