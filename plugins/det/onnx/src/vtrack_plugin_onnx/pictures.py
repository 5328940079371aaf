"""Pictures as a network wants them."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import Float64Array
from vtrack_common_det.keep_ratio import KeepRatio
from vtrack_common_det.letterbox import Letterbox, fitting_ratio
from vtrack_plugin_onnx.network import Array
from vtrack_plugin_onnx.presets import Preset

__all__ = ["Pictures", "Placed"]

Batch = npt.NDArray[np.uint8]


@attrs.frozen
class Placed:
    """Where pictures lie in a batch: coordinates in a picture, times `factors`, plus `offsets`, are those in the batch.

    Attributes:
        factors: float64 ``(N, 4)``, for ``x1, y1, x2, y2``.
        offsets: float64 ``(N, 4)``.
    """

    factors: Float64Array
    offsets: Float64Array


class Pictures:
    """Scales pictures into a batch, and makes the network's numbers of their bytes."""

    def __init__(self, preset: Preset, size: tuple[int, int], dtype: type = np.float32) -> None:
        """Choose how.

        Args:
            preset: How the network wants them.
            size: Height and width of the batch; with ``"keep-ratio"``, bounds of long and short edge.
            dtype: ``numpy.uint8`` hands over the bytes themselves, scaled and in the network's order of channels;
                else float32 comes out.
        """
        self._preset = preset
        self._size = size
        self._bytes = dtype is np.uint8
        self._letterbox = Letterbox(size, pad=preset.pad)
        self._keep_ratio = KeepRatio(size, pad=(preset.pad,) * 3)
        self._batch: Batch = np.zeros((0, *size, 3), np.uint8)
        self._numbers: Array = np.zeros((0, 3, 0, 0), np.float32)

    def __call__(self, images: Seq[Image]) -> tuple[Array, Placed]:
        """Return a batch, and where the pictures lie in it.

        Args:
            images: uint8 ``(h, w, 3)`` each, blue first.

        Returns:
            float32 or uint8 ``(N, 3, height, width)``, valid until the next call; the places.
        """
        batch, placed = self._scaled(images)
        if self._bytes:
            ordered = batch[..., ::-1] if self._preset.channel_order == "rgb" else batch
            return ordered.transpose(0, 3, 1, 2), placed
        return self._normalised(batch), placed

    def _scaled(self, images: Seq[Image]) -> tuple[Batch, Placed]:
        if self._preset.resize == "letterbox":
            batch, ratios = self._letterbox(images)
            return batch, _unmoved(np.repeat(ratios[:, None], 4, axis=1))
        if self._preset.resize == "keep-ratio":
            batch, factors, _ = self._keep_ratio(images)
            return batch, _unmoved(factors)
        if len(self._batch) < len(images):
            self._batch = np.empty((len(images), *self._size, 3), np.uint8)
        batch = self._batch[: len(images)]
        put = self._stretch if self._preset.resize == "stretch" else self._centre
        places = [put(image, canvas) for image, canvas in zip(images, batch, strict=True)]
        return batch, Placed(
            np.array([(*factors, *factors) for factors, _ in places], np.float64),
            np.array([(*offsets, *offsets) for _, offsets in places], np.float64),
        )

    def _stretch(self, image: Image, canvas: Image) -> tuple[tuple[float, float], tuple[float, float]]:
        """Fill the canvas; return factors and offsets of x and y."""
        height, width = self._size
        _resize(image, canvas)
        return (width / image.shape[1], height / image.shape[0]), (0.0, 0.0)

    def _centre(self, image: Image, canvas: Image) -> tuple[tuple[float, float], tuple[float, float]]:
        """Put the picture into the middle, the odd pixel right or below."""
        ratio = fitting_ratio(image.shape[0], image.shape[1], self._size)
        height, width = (max(1, round(edge * ratio)) for edge in image.shape[:2])
        top, left = (self._size[0] - height) // 2, (self._size[1] - width) // 2
        canvas[:top] = self._preset.pad
        canvas[top + height :] = self._preset.pad
        canvas[top : top + height, :left] = self._preset.pad
        canvas[top : top + height, left + width :] = self._preset.pad
        _resize(image, canvas[top : top + height, left : left + width])
        return (ratio, ratio), (float(left), float(top))

    def _normalised(self, batch: Batch) -> Array:
        """Return float32 ``(N, 3, h, w)`` of bytes ``(N, h, w, 3)``."""
        import cv2

        count, height, width = batch.shape[:3]
        if len(self._numbers) < count or self._numbers.shape[2:] != (height, width):
            self._numbers = np.empty((count, 3, height, width), np.float32)
        numbers = self._numbers[:count]
        order = (2, 1, 0) if self._preset.channel_order == "rgb" else (0, 1, 2)
        for image, planes in zip(batch, numbers, strict=True):
            for plane, channel, mean, std in zip(planes, order, self._preset.mean, self._preset.std, strict=True):
                # OpenCV takes a channel out of its pixels several times faster than numpy.
                values = cv2.extractChannel(image, channel)
                if mean == 0 and std == 1:
                    plane[:] = values
                else:
                    np.subtract(values, np.float32(mean), out=plane, dtype=np.float32)
                    plane *= np.float32(1 / std)
        return numbers


def _unmoved(factors: Float64Array) -> Placed:
    return Placed(factors, np.zeros_like(factors))


def _resize(image: Image, target: Image) -> None:
    import cv2

    if image.shape == target.shape:
        target[:] = image
    else:
        cv2.resize(image, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_LINEAR)
