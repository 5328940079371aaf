"""Where the objects and the camera of a synthetic sequence are at any frame, in closed form.

Every *slot* holds one object at a time: it enters at one side of the picture, crosses it and leaves at the other,
nearer or further away than it came; then the slot's next object comes. The frame index alone says which
object a slot holds and where it is, so no frame needs the ones before it.
"""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_datasets.config import SyntheticConfig
from vtrack_datasets.randomness import uniform
from vtrack_datasets.synthetic_shapes import shape_of_class

__all__ = ["Objects", "SyntheticWorld"]

_PERIOD, _OFFSET, _TRAITS, _CAMERA = 1, 2, 3, 4  # What a random number is for.
_TRAIT_COUNT = 9
_HORIZON = 0.42
"""Height of the furthest feet, as a share of the picture's height from the top."""


@attrs.frozen(eq=False)
class Objects:
    """The objects of one frame, the furthest first.

    Attributes:
        ids: int64 ``(N,)``, from 1, never used again in the sequence.
        labels: int64 ``(N,)``.
        boxes: int64 ``(N, 4)``, ``x1, y1, x2, y2`` of the full extent in whole pixels, not clipped to the frame.
    """

    ids: Int64Array
    labels: Int64Array
    boxes: Int64Array


class SyntheticWorld:
    """Objects and camera of one sequence."""

    def __init__(self, config: SyntheticConfig, number: int) -> None:
        """Prepare what stays over the sequence.

        Args:
            config: The data set's options.
            number: 0-based number of the sequence; each shows another world.
        """
        self._config = config
        self._key = (config.seed, number)
        self._slots = np.arange(config.objects)
        seconds = 6 + 8 * uniform(*self._key, _PERIOD, self._slots)
        self._period = np.maximum(2.0, seconds * config.frame_rate)
        self._offset = self._period * uniform(*self._key, _OFFSET, self._slots)
        shapes = [shape_of_class(name, index) for index, name in enumerate(config.classes)]
        self._height = np.array([shape.height for shape in shapes])
        self._aspect = np.array([shape.aspect for shape in shapes])
        self._swing = uniform(*self._key, _CAMERA, np.arange(16)).reshape(4, 4)
        self._traits: tuple[bytes, Float64Array] = (b"", np.zeros((0, _TRAIT_COUNT)))

    def camera(self, index: int) -> Float64Array:
        """Return the camera at a frame: float64 ``(2, 3)``, from pixels at rest to pixels of the frame."""
        config = self._config
        width, height = config.width, config.height
        time = index / config.frame_rate
        slow = np.sin(2 * np.pi * (time / (9 + 6 * self._swing[:, 0]) + self._swing[:, 1]))
        fast = np.sin(2 * np.pi * (time / (2.5 + 1.5 * self._swing[:, 2]) + self._swing[:, 3]))
        sway = config.camera_motion * (0.85 * slow + 0.15 * fast)
        zoom, roll = 1 + 0.04 * sway[2], np.deg2rad(0.8) * sway[3]
        cosine, sine = zoom * np.cos(roll), zoom * np.sin(roll)
        x, y = width / 2, height / 2
        return np.array(
            [
                [cosine, -sine, x - cosine * x + sine * y + 0.05 * width * sway[0]],
                [sine, cosine, y - sine * x - cosine * y + 0.03 * height * sway[1]],
            ]
        )

    def objects(self, index: int) -> Objects:
        """Return the objects at a frame; some may be outside the picture."""
        config = self._config
        turns = (index + self._offset) / self._period
        generation = np.floor(turns).astype(np.int64)
        along = turns - generation
        traits = self._traits_of(generation)
        labels = np.minimum((traits[:, 0] * len(config.classes)).astype(np.int64), len(config.classes) - 1)

        # Nearness runs from 0 at the horizon to 1 at the lower edge; near objects are big.
        start, end = traits[:, 1], np.clip(traits[:, 1] + 0.8 * (traits[:, 2] - 0.5), 0, 1)
        nearness = start + (end - start) * along
        height = config.height * (0.16 + 0.34 * nearness) * (0.88 + 0.24 * traits[:, 3]) * self._height[labels]
        width = height * self._aspect[labels] * (0.9 + 0.2 * traits[:, 4])
        # Wide enough to be out of sight at both ends however the camera sways.
        margin = width / config.width + 0.03 + 0.13 * config.camera_motion
        wobble = 0.04 * np.sin(2 * np.pi * (traits[:, 5] + (1 + 2 * traits[:, 6]) * along)) * np.sin(np.pi * along)
        across = -margin + (1 + 2 * margin) * along + wobble
        across = np.where(traits[:, 7] < 0.5, across, 1 - across)
        feet_x = config.width * across
        feet_y = config.height * (_HORIZON + (0.98 - _HORIZON) * nearness)

        view = self.camera(index)
        zoom = float(np.hypot(view[0, 0], view[1, 0]))
        x = view[0, 0] * feet_x + view[0, 1] * feet_y + view[0, 2]
        y = view[1, 0] * feet_x + view[1, 1] * feet_y + view[1, 2]
        size = np.maximum(4, np.rint(np.stack([width, height], axis=1) * zoom)).astype(np.int64)
        left_top = np.rint(np.stack([x - size[:, 0] / 2, y - size[:, 1]], axis=1)).astype(np.int64)
        ids = generation * config.objects + self._slots + 1
        order = np.lexsort((ids, feet_y))
        return Objects(ids[order], labels[order], np.concatenate([left_top, left_top + size], axis=1)[order])

    def _traits_of(self, generation: Int64Array) -> Float64Array:
        """Return each object's traits, uniform ``(N, 9)``; kept while the same objects are under way."""
        key = generation.tobytes()
        known, traits = self._traits
        if known != key:
            columns = np.arange(_TRAIT_COUNT)
            traits = uniform(*self._key, _TRAITS, self._slots[:, None], generation[:, None], columns)
            self._traits = (key, traits)
        return traits
