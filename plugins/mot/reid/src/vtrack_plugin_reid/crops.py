"""Boxes cut out of frames and resized: on the host by OpenCV, or on the device from the whole frame.

A crop holds the pixels that a box, its corners truncated to integers and clipped to the frame, covers; at least one. It
is resized by bilinear interpolation between pixel centres, as OpenCV does, without smoothing where it shrinks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Sequence as Seq
from typing import TypeAlias

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vtcore.frames import Image
from vtcore.instances import BoolArray, Float32Array, Int64Array

__all__ = ["LastImage", "OriginalCrops", "Piece", "device_crops", "host_crops", "pixel_boxes", "visible"]

Piece: TypeAlias = tuple[Image, Float32Array]
"""An image, uint8 ``(H, W, 3)``, and boxes in it, float32 ``(n, 4)``."""

_COLOURS = {"rgb": (2, 1, 0), "bgr": (0, 1, 2)}
"""Where the colours that a network takes lie in OpenCV's order."""


def visible(boxes: Float32Array, width: int, height: int) -> BoolArray:
    """Say which boxes ``(n, 4)`` have a place in a frame; those that only touch its border from outside have none."""
    size = np.array((width, height), np.float32)
    left_top, right_bottom = boxes[:, :2], boxes[:, 2:]
    seen: BoolArray = np.all((left_top < size) & ((right_bottom > 0) | (left_top >= 0)), axis=1)
    return seen


def pixel_boxes(boxes: Float32Array, width: int, height: int) -> Int64Array:
    """Return the pixels that boxes cover, int64 ``(n, 4)``, ends excluded, at least one each.

    Args:
        boxes: float32 ``(n, 4)``, ``x1, y1, x2, y2``; of one outside the frame the nearest pixel is returned.
        width: Of the frame.
        height: Of the frame.
    """
    sizes = np.array((width, height, width, height), np.float32)
    whole = np.clip(boxes, 0, sizes).astype(np.int64)
    first = np.minimum(whole[:, :2], np.array((width - 1, height - 1)))
    return np.concatenate((first, np.maximum(whole[:, 2:], first + 1)), 1)


def host_crops(image: Image, boxes: Int64Array, out: Image) -> None:
    """Cut boxes out of an image and resize them.

    Args:
        image: uint8 ``(H, W, 3)``.
        boxes: int64 ``(n, 4)``, as `pixel_boxes` returns them.
        out: uint8 ``(n, h, w, 3)``, is filled.
    """
    size = out.shape[2], out.shape[1]
    for crop, (x1, y1, x2, y2) in zip(out, boxes.tolist(), strict=True):
        cv2.resize(image[y1:y2, x1:x2], size, dst=crop, interpolation=cv2.INTER_LINEAR)


def device_crops(image: Tensor, boxes: Int64Array, size: tuple[int, int]) -> Tensor:
    """Cut boxes out of an image on its device, all at once.

    Args:
        image: float ``(1, C, H, W)``.
        boxes: int64 ``(n, 4)``, as `pixel_boxes` returns them.
        size: Height and width of a crop.

    Returns:
        ``(n, C, h, w)``; equal to OpenCV's but for its rounding to whole levels.
    """
    corners = torch.from_numpy(boxes).to(image.device, torch.float32)
    horizontal = _positions(corners[:, 0:1], corners[:, 2:3], size[1], image.shape[3])
    vertical = _positions(corners[:, 1:2], corners[:, 3:4], size[0], image.shape[2])
    shape = (len(boxes), *size)
    grid = torch.stack((horizontal[:, None, :].expand(shape), vertical[:, :, None].expand(shape)), -1)
    # All crops are rows of one tall picture: one image is looked up once. No place lies beyond the image's outermost
    # pixels, so that any padding would do; not every device has every one.
    tall = functional.grid_sample(image, grid.reshape(1, -1, size[1], 2), padding_mode="zeros", align_corners=False)
    return tall.reshape(image.shape[1], *shape).transpose(0, 1)


def _positions(start: Tensor, end: Tensor, count: int, length: int) -> Tensor:
    """Return where samples of each box lie along one axis of an image of that length, -1 to 1, ``(n, count)``."""
    middles = (torch.arange(count, device=start.device, dtype=torch.float32) + 0.5) / count
    places = start + (middles * (end - start) - 0.5).clamp(min=0)
    return (torch.minimum(places, end - 1) * 2 + 1) / length - 1


class LastImage:
    """Keeps what was made of the last image, so that it is made once for all batches of its boxes."""

    def __init__(self, make: Callable[[Image], Tensor]) -> None:
        self._make = make
        self._image: Image | None = None
        self._made: Tensor | None = None

    def of(self, image: Image) -> Tensor:
        """Return what is made of an image."""
        if self._made is None or self._image is not image:
            self._image, self._made = image, self._make(image)
        return self._made

    def forget(self) -> None:
        """Let go of the image."""
        self._image = self._made = None


class _Memory(threading.local):
    """What crops are put into, for each thread its own: to get new pages takes longer than to fill them.

    Attributes:
        pixels: uint8 ``(n, h, w, 3)``.
        floats: float32 ``(n, 3, h, w)``.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self.pixels: Image = np.empty((0, *size, 3), np.uint8)
        self.floats = torch.empty((0, 3, *size))

    def hold(self, count: int) -> None:
        """Make room for so many crops."""
        if len(self.pixels) < count:
            self.pixels = np.empty((count, *self._size, 3), np.uint8)
            self.floats = torch.empty((count, 3, *self._size))


class OriginalCrops:
    """Makes a network's input from boxes in original frames."""

    def __init__(
        self,
        size: tuple[int, int],
        mean: Seq[float],
        std: Seq[float],
        colours: str,
        *,
        device: torch.device,
        place: str = "auto",
    ) -> None:
        """Take the options.

        Args:
            size: Height and width of a crop.
            mean: What is taken from the colours, in the network's order, of 0 to 255.
            std: What they are divided by then.
            colours: ``"rgb"`` or ``"bgr"``, the network's order.
            device: Where the crops are wanted.
            place: ``"host"``, ``"device"``, or ``"auto"``: the device where that is no processor.
        """
        self._size = size
        self._order = _COLOURS[colours]
        self._mean = torch.tensor(mean, device=device, dtype=torch.float32).view(3, 1, 1)
        self._factor = torch.tensor(std, device=device, dtype=torch.float32).reciprocal().view(3, 1, 1)
        self._device = device
        self._on_device = place == "device" or (place == "auto" and device.type != "cpu")
        self._uploaded = LastImage(self._upload)
        self._memory = _Memory(size)

    @property
    def is_parallel(self) -> bool:
        """Whether several threads may call it at once: not where it keeps the last image on a device."""
        return not self._on_device

    def visible(self, boxes: Float32Array, image: Image) -> BoolArray:
        """Say which boxes ``(n, 4)`` are worth a crop."""
        return visible(boxes, image.shape[1], image.shape[0])

    def __call__(self, pieces: Seq[Piece]) -> Tensor:
        """Return the crops of all boxes of all images, float32 ``(n, 3, h, w)``, normalised, on the device.

        On a processor the tensor is good until the next call in the same thread.
        """
        whole = [(image, pixel_boxes(boxes, image.shape[1], image.shape[0])) for image, boxes in pieces]
        if self._on_device:
            crops = [device_crops(self._uploaded.of(image), boxes, self._size) for image, boxes in whole]
            batch = torch.cat(crops)
        else:
            batch = self._from_host(whole)
        return batch.sub_(self._mean).mul_(self._factor)

    def forget(self) -> None:
        """Let go of the last image."""
        self._uploaded.forget()

    def _upload(self, image: Image) -> Tensor:
        pixels = torch.from_numpy(np.ascontiguousarray(image)).to(self._device)
        return pixels.permute(2, 0, 1)[list(self._order)][None].float()

    def _from_host(self, whole: Seq[tuple[Image, Int64Array]]) -> Tensor:
        """Return the crops as floats, through memory that is kept."""
        count = sum(len(boxes) for _, boxes in whole)
        memory = self._memory
        memory.hold(count)
        start = 0
        for image, boxes in whole:
            host_crops(image, boxes, memory.pixels[start : start + len(boxes)])
            start += len(boxes)
        pixels = torch.from_numpy(memory.pixels[:count]).to(self._device)
        if self._device.type != "cpu":
            return pixels.permute(0, 3, 1, 2)[:, list(self._order)].float()
        batch = memory.floats[:count]
        for channel, colour in enumerate(self._order):
            batch[:, channel].copy_(pixels[..., colour])
        return batch
