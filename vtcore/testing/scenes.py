"""Synthetic data in memory: a few objects that move along lanes of their own across a textured picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs
import numpy as np

from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Float32Array, Instances, Int64Array
from vtcore.tables import TrackTable

__all__ = ["CLASSES", "FRAMES", "Scene", "SceneSequence", "embeddings_of"]

CLASSES = ("person", "car")
FRAMES = 12
_WIDTH, _HEIGHT = 192, 160
_LANE, _BOX_WIDTH, _BOX_HEIGHT = 38.0, 24.0, 32.0
_EMBEDDING = 32


@attrs.frozen(eq=False)
class _Objects:
    """The objects that are there in one frame: float64 boxes ``(N, 4)`` as corners, and their numbers."""

    boxes: Float32Array
    numbers: Int64Array


class SceneSequence(Sequence):
    """A sequence that is computed: every frame follows from the variant and its index."""

    random_access: ClassVar[bool] = True

    def __init__(self, variant: int = 0, length: int = FRAMES, *, single: bool = False) -> None:
        """Prepare the sequence.

        Args:
            variant: Which of many: other texture, places, speeds and sizes.
            length: Number of frames.
            single: Whether there is one object only, with id 0, as data sets of single-object tracking have it.
        """
        super().__init__(
            f"scene-{variant}", length=length, width=_WIDTH, height=_HEIGHT, frame_rate=25.0, classes=CLASSES
        )
        self.variant = variant
        self.single = single
        draw = np.random.default_rng(variant)
        self._background = _texture(draw, _HEIGHT, _WIDTH)
        lanes = 1 if single else 4
        self._starts = draw.uniform(10, 60, lanes)
        self._speeds = draw.uniform(1.5, 3.0, lanes)
        self._looks = [_texture(draw, int(_BOX_HEIGHT), int(_BOX_WIDTH)) for _ in range(lanes)]
        self._shades = draw.integers(40, 215, (lanes, 3))

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame."""
        assert self.length is not None
        for index in range(self.length):
            yield Frame(index, self.picture(index) if images else None, time=index / 25, sequence=self)

    def objects(self, index: int) -> _Objects:
        """Return what is there in a frame; each lane's object starts anew, with a new number, after its crossing."""
        span = _WIDTH - _BOX_WIDTH
        way = self._starts + self._speeds * index
        rounds = (way // span).astype(np.int64)
        left = way - rounds * span
        lanes = np.arange(len(way))
        top = 4 + lanes * _LANE
        boxes = np.stack([left, top, left + _BOX_WIDTH, top + _BOX_HEIGHT], axis=1)
        return _Objects(boxes.astype(np.float32), lanes + rounds * len(lanes))

    def picture(self, index: int) -> Image:
        """Return the picture of a frame."""
        image: Image = self._background.copy()
        objects = self.objects(index)
        for lane, (x1, y1, _, _) in enumerate(objects.boxes.round().astype(int)):
            look = (self._looks[lane] // 2 + self._shades[lane] // 2).astype(np.uint8)
            image[y1 : y1 + look.shape[0], x1 : x1 + look.shape[1]] = look
        return image

    def found(self, index: int, *, embeddings: bool = True) -> Instances:
        """Return detections of a frame: sure ones of nearly all objects, and now and then an unsure one of nothing.

        No detection is there in the first frame, and in each twelfth after it.
        """
        objects = self.objects(index)
        draw = np.random.default_rng((self.variant, index))
        kept = (objects.numbers + index) % 7 != 3
        if index % 12 == 0:
            kept[:] = False
        boxes = objects.boxes[kept] + draw.uniform(-0.5, 0.5, (int(kept.sum()), 4)).astype(np.float32)
        numbers = objects.numbers[kept]
        scores = (0.8 + 0.04 * (numbers % 4)).astype(np.float32)
        labels = numbers % len(CLASSES)
        if index % 5 == 4:
            boxes = np.vstack([boxes, np.array([[150, 120, 175, 150]], np.float32)])
            scores, labels = np.append(scores, np.float32(0.3)), np.append(labels, 1)
            numbers = np.append(numbers, 10_000 + index)
        looks = embeddings_of(numbers) if embeddings else None
        return Instances(boxes, scores, labels, embeddings=looks)

    def annotations(self) -> TrackTable:
        """Return where the objects are."""
        return self._table(range(self.length or 0), offset=0 if self.single else 1)

    def _table(self, frames: range, offset: int) -> TrackTable:
        parts = [(index, self.objects(index)) for index in frames]
        boxes = np.concatenate([objects.boxes for _, objects in parts] or [np.zeros((0, 4), np.float32)]).astype(
            np.float64
        )
        numbers = np.concatenate([objects.numbers for _, objects in parts] or [np.zeros(0, np.int64)])
        ltwh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        ids = np.zeros_like(numbers) if self.single else numbers + offset
        labels = np.zeros_like(numbers) if self.single else numbers % len(CLASSES)
        rows = np.repeat([index for index, _ in parts], [len(objects.numbers) for _, objects in parts])
        return TrackTable(rows.astype(np.int64), ltwh, ids=ids, labels=labels)

    def results(self) -> TrackTable:
        """Return results that are not quite right: boxes shifted, some missing, an identity that changes."""
        truth = self.annotations()
        kept = truth.select(truth.frames % 6 != 2)
        draw = np.random.default_rng(self.variant + 1)
        ltwh = kept.ltwh + np.round(draw.uniform(-2, 2, kept.ltwh.shape), 2)
        ids = kept.ids if self.single else kept.ids + 40 * ((kept.frames > 7) & (kept.ids % 3 == 1))
        scores = np.round(draw.uniform(0.4, 1.0, len(kept)), 4)
        index = np.arange(len(kept), dtype=np.int64)
        return TrackTable(kept.frames, ltwh, ids=ids, scores=scores, labels=kept.labels, detection_index=index)

    def detections(self) -> TrackTable:
        """Return what `found` returns of every frame."""
        parts = [(index, self.found(index, embeddings=False)) for index in range(self.length or 0)]
        boxes = np.concatenate([found.boxes for _, found in parts]).astype(np.float64)
        frames = np.repeat([index for index, _ in parts], [len(found) for _, found in parts])
        return TrackTable(
            frames.astype(np.int64),
            np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1),
            scores=np.concatenate([found.scores for _, found in parts]),
            labels=np.concatenate([found.labels for _, found in parts]),
        )

    def content(self) -> list[str]:
        """Return what its pictures follow from."""
        return [f"scene {self.variant} of {self.length} frames"]


@attrs.define(eq=False)
class Scene:
    """Everything that a component may be shown of one sequence.

    Attributes:
        sequence: The sequence.
        frames: Its frames, with images where they are needed.
        detections: Of each frame.
        targets: For trackers of targets: which are started in which frame.
    """

    sequence: SceneSequence
    frames: list[Frame]
    detections: list[Instances]
    targets: dict[int, Instances] = attrs.field(factory=dict)

    @classmethod
    def made(cls, variant: int = 0, length: int = FRAMES, *, images: bool = True, embeddings: bool = True) -> Scene:
        """Compute a scene.

        Args:
            variant: Which of many.
            length: Number of frames.
            images: Whether frames have images.
            embeddings: Whether detections have embeddings.
        """
        sequence = SceneSequence(variant, length)
        frames = list(sequence.frames(images=images))
        detections = [sequence.found(index, embeddings=embeddings) for index in range(length)]
        return cls(sequence, frames, detections, _targets(sequence, length))


def _targets(sequence: SceneSequence, length: int) -> dict[int, Instances]:
    """Two targets from the second frame on, a third in the middle, and the first started anew later."""

    def some(index: int, lanes: list[int], ids: list[int]) -> Instances:
        boxes = sequence.objects(index).boxes[lanes].astype(np.float64)
        ltwh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        return Instances.from_ltwh(ltwh, ids=ids, labels=[lane % len(CLASSES) for lane in lanes])

    started = {1: some(1, [0, 1], [7, 3])}
    if length > 6:
        started[5] = some(5, [2], [5])
    if length > 8:
        started[7] = some(7, [0], [7])
    return started


def _texture(draw: np.random.Generator, height: int, width: int) -> Image:
    """Return a picture with structure at several scales, so that there is something to find and to follow."""
    image = np.zeros((height, width, 3))
    for cell in (4, 8, 16):
        coarse = draw.uniform(0, 85, (height // cell + 1, width // cell + 1, 3))
        image += coarse.repeat(cell, axis=0).repeat(cell, axis=1)[:height, :width]
    return image.astype(np.uint8)


def embeddings_of(numbers: Int64Array) -> Float32Array:
    """Return a direction for each identity: the same in all frames."""
    looks = [np.random.default_rng(int(number)).normal(size=_EMBEDDING) for number in numbers]
    stacked = np.array(looks, np.float32).reshape(-1, _EMBEDDING)
    unit: Float32Array = stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-9)
    return unit
