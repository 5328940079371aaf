"""From frames and boxes to embeddings, in batches over frames: what all re-identifications here do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from contextlib import closing
from itertools import islice
from typing import Protocol

import numpy as np
from torch import Tensor
from torch.nn import functional

from vtcore.errors import DataError
from vtcore.frames import Frame, Image
from vtcore.grouping import grouped
from vtcore.instances import BoolArray, Float32Array, Int64Array
from vtrack_nets.lanes import Lanes, in_lane
from vtrack_plugin_reid.crops import Piece

__all__ = ["CropEmbedder", "CropSource"]

_Batch = tuple[Seq[Frame], Seq[Float32Array]]
"""Frames, and the boxes of each."""

_Rows = tuple[int, Int64Array]
"""Number of a frame, and rows of its boxes."""

_FRAMES_TOGETHER = 4
"""Frames of few boxes that are embedded at once by a core: the fewer, the sooner the first is tracked."""


class CropSource(Protocol):
    """Makes a network's input from boxes in frames.

    Attributes:
        is_parallel: Whether several threads may call it at once.
    """

    @property
    def is_parallel(self) -> bool: ...  # noqa: D102

    def visible(self, boxes: Float32Array, image: Image) -> BoolArray:
        """Say which boxes ``(n, 4)`` are worth a crop."""

    def __call__(self, pieces: Seq[Piece]) -> Tensor:
        """Return the crops of all boxes of all images, float32 ``(n, 3, h, w)``, normalised, on the device."""

    def forget(self) -> None:
        """Let go of the last image."""


class CropEmbedder:
    """Embeds boxes by a network that sees their crops.

    Attributes:
        embedding_length: Numbers of an embedding.
        seconds: How long was spent on ``crop`` and ``forward`` so far. On an accelerator crops are made while the
            network runs, and their time is counted there.
    """

    def __init__(
        self,
        name: str,
        crops: CropSource,
        infer: Callable[[Tensor], Tensor],
        *,
        embedding_length: int,
        batch_size: int,
        normalise: bool,
        lanes: Lanes | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            name: For messages: ``reid 'osnet'``.
            crops: Makes the input.
            infer: The network: float32 ``(n, 3, h, w)`` to ``(n, D)``.
            embedding_length: D.
            batch_size: Crops that the network sees at once.
            normalise: Bring embeddings to length 1.
            lanes: What does several batches side by side, their crops too; None where the network is not the
                processor's.
        """
        self._name = name
        self._crops = crops
        self._infer = infer
        self._batch_size = batch_size
        self._normalise = normalise
        self._lanes = lanes if crops.is_parallel else None
        self._lock = threading.Lock()
        self._clock_lock = threading.Lock()
        self.embedding_length = embedding_length
        self.seconds: dict[str, float] = {"crop": 0.0, "forward": 0.0}

    def embed(self, frames: Seq[Frame], boxes: Seq[Float32Array]) -> Seq[Float32Array]:
        """Return an embedding for each box.

        Args:
            frames: Frames with their images.
            boxes: For each frame float32 ``(n, 4)``, ``x1, y1, x2, y2`` in its pixels. A crop is what of a box lies in
                the frame, at least one pixel.

        Returns:
            For each frame float32 ``(n, D)``; zeros, which trackers take as not known, for boxes outside the frame.

        Raises:
            ValueError: A frame has no image, or boxes have another shape.
            DataError: The network answers with what is no number.
        """
        images = [_image(frame) for frame in frames]
        wanted = [_checked(each) for each in boxes]
        if len(images) != len(wanted):
            raise ValueError(f"boxes: expected those of {len(images)} frames, got those of {len(wanted)}")
        if self._crops.is_parallel:
            return self._found(images, wanted)
        with self._lock:
            try:
                return self._found(images, wanted)
            finally:
                # Also after an error: who catches it may change the pixels and ask again.
                self._crops.forget()

    def embed_each(self, batches: Iterable[_Batch]) -> Iterator[Seq[Float32Array]]:
        """Return what `embed` does of each batch, in their order; batches are taken ahead where that is sooner.

        Args:
            batches: Frames and their boxes.

        Raises:
            ValueError: As `embed`.
            DataError: The same.
        """
        if self._lanes is None:
            yield from (self.embed(*batch) for batch in batches)
            return
        groups = grouped(batches, (_FRAMES_TOGETHER, self._batch_size), _measures)
        with closing(self._lanes.spread(self._embed_group, groups)) as answers:
            for each in answers:
                yield from each

    def _embed_group(self, group: Seq[_Batch]) -> list[list[Float32Array]]:
        frames = [frame for some, _ in group for frame in some]
        found = iter(self.embed(frames, [each for _, boxes in group for each in boxes]))
        return [list(islice(found, len(frames))) for frames, _ in group]

    def _found(self, images: Seq[Image], wanted: Seq[Float32Array]) -> list[Float32Array]:
        found = [np.zeros((len(each), self.embedding_length), np.float32) for each in wanted]
        rows = [self._crops.visible(*pair).nonzero()[0] for pair in zip(wanted, images, strict=True)]
        # In a lane the others have work of their own.
        lanes = None if in_lane() else self._lanes
        batches = list(_batches(rows, self._size(sum(map(len, rows)), 1 if lanes is None else lanes.count)))
        parts = [[(images[frame], wanted[frame][some]) for frame, some in batch] for batch in batches]
        if lanes is None or len(parts) < 2:
            each: Iterator[Float32Array] = map(self._embedded, parts)
        else:
            each = lanes.spread(self._embedded, parts)
        for batch, embeddings in zip(batches, each, strict=True):
            start = 0
            for frame, some in batch:
                found[frame][some] = embeddings[start : start + len(some)]
                start += len(some)
        return found

    def _size(self, count: int, shares: int) -> int:
        """Return how many of so many crops make a batch."""
        return max(1, min(-(-count // shares), self._batch_size))

    def _embedded(self, pieces: Seq[Piece]) -> Float32Array:
        began = time.perf_counter()
        crops = self._crops(pieces)
        cut = time.perf_counter()
        embeddings = self._infer(crops)
        if self._normalise:
            embeddings = functional.normalize(embeddings)
        numbers: Float32Array = embeddings.float().cpu().numpy()
        done = time.perf_counter()
        with self._clock_lock:
            self.seconds["crop"] += cut - began
            self.seconds["forward"] += done - cut
        if not np.isfinite(numbers).all():
            raise DataError(
                f"{self._name}: the network answers with what is no number; its weights are damaged, or the precision "
                'is too low: write dtype = "bfloat16" or "float32" in [run]'
            )
        return numbers


def _measures(batch: _Batch) -> tuple[int, int]:
    frames, boxes = batch
    return len(frames), sum(map(len, boxes))


def _image(frame: Frame) -> Image:
    if frame.image is None:
        raise ValueError(f"frame {frame.index} has no image: re-identification looks at pixels")
    return frame.image


def _checked(boxes: Float32Array) -> Float32Array:
    array: Float32Array = np.asarray(boxes, np.float32)
    if array.size == 0:
        return array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes must have shape (n, 4), got {array.shape}")
    return array


def _batches(rows: Seq[Int64Array], size: int) -> Iterator[list[_Rows]]:
    """Yield rows of frames in order, in batches of `size` rows; a frame may begin in one and end in another."""
    batch: list[_Rows] = []
    free = size
    for frame, some in enumerate(rows):
        left = some
        while len(left):
            taken, left = left[:free], left[free:]
            batch.append((frame, taken))
            free -= len(taken)
            if free == 0:
                yield batch
                batch, free = [], size
    if batch:
        yield batch
