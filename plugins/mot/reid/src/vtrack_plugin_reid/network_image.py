"""Crops as mmtracking makes them: out of the image that the detector's network sees.

Followed: ``BaseTracker.crop_imgs``, ``imrenormalize`` and the resizing of https://github.com/open-mmlab/mmtracking and
mmcv (Apache-2.0). The detector's image is the frame, resized with its shape kept, and normalised. Boxes go along, are
clipped to it and truncated to integers; at least one pixel is cut out.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import attrs
import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vtcore.frames import Image
from vtcore.instances import BoolArray, Float32Array
from vtrack_plugin_reid.crops import LastImage, Piece, pixel_boxes

__all__ = ["NetworkImageCrops", "Normalisation", "network_image_crops", "renormalized"]


@attrs.frozen
class Normalisation:
    """What was done to the colours of an image.

    Attributes:
        mean: What was taken from them, of 0 to 255, in their order after it.
        std: What they were divided by then.
        rgb: Whether blue-green-red was turned into red-green-blue before it.
    """

    mean: tuple[float, ...] = (123.675, 116.28, 103.53)
    std: tuple[float, ...] = (58.395, 57.12, 57.375)
    rgb: bool = True


def network_image_crops(
    image: Tensor,
    boxes: Float32Array,
    size: tuple[int, int],
    *,
    shape: tuple[int, int] | None = None,
    scale: float | Seq[float] = 1.0,
) -> Tensor:
    """Cut boxes out of a normalised image and resize them.

    Args:
        image: float ``(1, C, H, W)``.
        boxes: float32 ``(n, 4)``, ``x1, y1, x2, y2`` in pixels of the image divided by `scale`.
        size: Height and width of a crop.
        shape: Height and width of the image without what it was padded with; None for all of it.
        scale: By which boxes are multiplied; one number, or four.

    Returns:
        ``(n, C, h, w)``.
    """
    height, width = image.shape[2:] if shape is None else shape
    whole = pixel_boxes(boxes * np.asarray(scale, np.float32), width, height)
    crops = [
        functional.interpolate(image[:, :, y1:y2, x1:x2], size=size, mode="bilinear", align_corners=False)
        for x1, y1, x2, y2 in whole.tolist()
    ]
    return torch.cat(crops) if crops else image.new_zeros((0, image.shape[1], *size))


def renormalized(image: Tensor, before: Normalisation, after: Normalisation) -> Tensor:
    """Take one normalisation of an image back and apply another.

    Args:
        image: float ``(N, 3, H, W)``, normalised by `before`.
        before: What was done to it.
        after: What is to be done.

    Returns:
        ``(N, 3, H, W)``; the same image where there is nothing to do.
    """
    if before == after:
        return image
    pixels = image * _column(before.std, image) + _column(before.mean, image)
    if before.rgb != after.rgb:
        pixels = pixels.flip(1)
    return (pixels - _column(after.mean, image)) / _column(after.std, image)


def _column(values: Seq[float], image: Tensor) -> Tensor:
    return torch.tensor(values, device=image.device, dtype=image.dtype).view(-1, 1, 1)


class NetworkImageCrops:
    """Makes a network's input from boxes in original frames, through the image of the detector."""

    def __init__(
        self,
        size: tuple[int, int],
        detector_scale: tuple[int, int],
        detector: Normalisation,
        reid: Normalisation,
        *,
        device: torch.device,
    ) -> None:
        """Take the options.

        Args:
            size: Height and width of a crop.
            detector_scale: Two bounds of the detector's image, in either order: of its longest and shortest side.
            detector: What is done to the detector's image.
            reid: What the network wants done.
            device: Where the crops are wanted.
        """
        self._size = size
        self._bounds = max(detector_scale), min(detector_scale)
        self._detector = detector
        self._reid = reid
        self._device = device
        self._prepared = LastImage(self._prepare)

    @property
    def is_parallel(self) -> bool:
        """Whether several threads may call it at once: no, it keeps what it made of the last image."""
        return False

    def visible(self, boxes: Float32Array, image: Image) -> BoolArray:
        """Say that all boxes ``(n, 4)`` of numbers are worth a crop, as in the source: at least the nearest pixel."""
        numbers: BoolArray = np.logical_not(np.isnan(boxes).any(1))
        return numbers

    def __call__(self, pieces: Seq[Piece]) -> Tensor:
        """Return the crops of all boxes of all images, float32 ``(n, 3, h, w)``, normalised, on the device."""
        crops = []
        for image, boxes in pieces:
            prepared = self._prepared.of(image)
            across, down = prepared.shape[3] / image.shape[1], prepared.shape[2] / image.shape[0]
            crops.append(network_image_crops(prepared, boxes, self._size, scale=(across, down, across, down)))
        return torch.cat(crops)

    def forget(self) -> None:
        """Let go of the last image."""
        self._prepared.forget()

    def _prepare(self, image: Image) -> Tensor:
        """Return the detector's image, normalised as the network for crops wants it."""
        height, width = image.shape[:2]
        longest, shortest = self._bounds
        factor = min(longest / max(height, width), shortest / min(height, width))
        resized = cv2.resize(image, (int(width * factor + 0.5), int(height * factor + 0.5)))
        if self._detector.rgb:
            resized = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB)
        pixels = torch.from_numpy(resized).to(self._device).permute(2, 0, 1)[None].float()
        normalised = (pixels - _column(self._detector.mean, pixels)) / _column(self._detector.std, pixels)
        return renormalized(normalised, self._detector, self._reid)
