"""Pictures, visibility and masks of a synthetic sequence."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array
from vtrack_datasets.config import SyntheticConfig
from vtrack_datasets.randomness import keyed, normal
from vtrack_datasets.synthetic_shapes import background, outline, shape_of_class, surface
from vtrack_datasets.synthetic_world import Objects

__all__ = ["SyntheticRenderer", "clip_boxes"]

_NOISE = 21  # What a random number is for.
Window = tuple[slice, slice]


def clip_boxes(boxes: Int64Array, width: int, height: int) -> Int64Array:
    """Return ``x1, y1, x2, y2`` cut off at the frame's borders; empty boxes for what lies outside."""
    return np.clip(boxes, 0, np.array([width, height, width, height]))


class SyntheticRenderer:
    """Draws the objects of one sequence, near ones over far ones."""

    def __init__(self, config: SyntheticConfig, number: int) -> None:
        """Keep the options; the background is painted with the first frame.

        Args:
            config: The data set's options.
            number: 0-based number of the sequence.
        """
        self._config = config
        self._number = number
        self._outlines = [shape_of_class(name, index).outline for index, name in enumerate(config.classes)]
        # The camera never shows more than this beyond the picture at rest.
        self._margin = int(np.ceil(0.12 * config.camera_motion * max(config.width, config.height)))
        self._background: Image | None = None
        self._noise: npt.NDArray[np.int16] | None = None
        self._surface = lru_cache(maxsize=2 * config.objects)(surface)

    def render(self, index: int, objects: Objects, camera: Float64Array) -> Image:
        """Return a frame's picture, uint8 ``(height, width, 3)``, blue-green-red.

        Args:
            index: 0-based frame.
            objects: The frame's objects, the furthest first.
            camera: ``(2, 3)``, from pixels at rest to pixels of the frame.
        """
        import cv2

        picture = self._ground(camera)
        for place, (window, covered) in self._placed(objects):
            kind = self._outlines[objects.labels[place]]
            skin = self._surface(kind, self._config.seed, self._number, int(objects.ids[place]))
            x1, y1, x2, y2 = objects.boxes[place].tolist()
            painted = cv2.resize(skin, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
            rows, columns = window
            part = painted[rows.start - y1 : rows.stop - y1, columns.start - x1 : columns.stop - x1]
            cv2.copyTo(part, covered, picture[window])
        if self._config.noise > 0:
            picture = self._noisy(picture, index)
        return picture

    def visible_shares(self, objects: Objects) -> Float32Array:
        """Return how much of each object is seen, float32 ``(N,)``: its visible pixels over all its pixels."""
        owner = self._owners(objects)
        shares = np.zeros(len(objects.ids), np.float32)
        for place, (window, _) in self._placed(objects):
            x1, y1, x2, y2 = objects.boxes[place].tolist()
            whole = np.count_nonzero(outline(self._outlines[objects.labels[place]], x2 - x1, y2 - y1))
            shares[place] = np.count_nonzero(owner[window] == place + 1) / whole
        return shares

    def visible_pixels(self, objects: Objects) -> BoolArray:
        """Return the pixels of each object that are seen, bool ``(N, height, width)``."""
        places = np.arange(1, len(objects.ids) + 1, dtype=np.int16)
        pixels: BoolArray = self._owners(objects)[None] == places[:, None, None]
        return pixels

    def _owners(self, objects: Objects) -> npt.NDArray[np.int16]:
        """Return whose pixel each is: 0 for the background, else 1 + the object's place."""
        owner = np.zeros((self._config.height, self._config.width), np.int16)
        for place, (window, covered) in self._placed(objects):
            np.copyto(owner[window], place + 1, where=covered > 0)
        return owner

    def _placed(self, objects: Objects) -> Iterator[tuple[int, tuple[Window, npt.NDArray[np.uint8]]]]:
        """Yield place, window of the frame, and covered pixels there, of the objects that reach into the frame."""
        clipped = clip_boxes(objects.boxes, self._config.width, self._config.height).tolist()
        for place, ((x1, y1, x2, y2), (left, top, right, bottom)) in enumerate(
            zip(objects.boxes.tolist(), clipped, strict=True)
        ):
            if left < right and top < bottom:
                covered = outline(self._outlines[objects.labels[place]], x2 - x1, y2 - y1)
                inside = covered[top - y1 : bottom - y1, left - x1 : right - x1]
                yield place, ((slice(top, bottom), slice(left, right)), inside)

    def _ground(self, camera: Float64Array) -> Image:
        import cv2

        width, height = self._config.width, self._config.height
        if self._background is None:
            full = (width + 2 * self._margin, height + 2 * self._margin)
            horizon = self._margin + int(0.35 * height)
            self._background = background(self._config.seed, self._number, *full, horizon)
        if self._config.camera_motion == 0:
            still: Image = self._background.copy()
            return still
        shifted = camera.copy()
        shifted[:, 2] -= self._margin * (camera[:, 0] + camera[:, 1])
        picture: Image = cv2.warpAffine(  # type: ignore[assignment]
            self._background, shifted, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        return picture

    def _noisy(self, picture: Image, index: int) -> Image:
        """Add noise: a window, another in every frame, of one large sheet drawn once."""
        import cv2

        height, width = picture.shape[:2]
        if self._noise is None:
            cells = np.arange((height + 64) * (width + 64))
            sheet = self._config.noise * normal(self._config.seed, self._number, _NOISE, cells)
            one = np.rint(sheet).astype(np.int16).reshape(height + 64, width + 64)
            self._noise = np.stack([one, np.roll(one, 31, axis=1), np.roll(one, 17, axis=0)], axis=2)
        key = int(keyed(self._config.seed, self._number, _NOISE, 1, index)[0])
        top, left = key % 64, (key >> 8) % 64
        sheet_part = np.ascontiguousarray(self._noise[top : top + height, left : left + width])
        noisy: Image = cv2.add(picture, sheet_part, dtype=cv2.CV_8U)  # type: ignore[assignment]
        return noisy
