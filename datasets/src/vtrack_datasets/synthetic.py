"""A data set that needs no download: rendered objects, exactly annotated.

Textured figures, vehicles, boxes and ellipses cross a textured ground and hide one another, seen by a camera that
pans, zooms and rolls. Every frame follows from the seed and its index alone (`synthetic_world`), so that a stream
of any length is rendered in flat memory and any frame without the ones before it.

Annotations: an object's box is its full extent, hidden parts included, cut off at the borders of the frame, in
whole pixels; visibility is its visible pixels over all its pixels (also those outside the frame). An object that
is entirely hidden keeps its annotation, as in MOT Challenge.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from itertools import chain
from typing import ClassVar

import attrs
import numpy as np

from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Float64Array, Instances, Int64Array
from vtcore.masks import Masks
from vtcore.tables import TrackTable
from vtrack_datasets.config import SyntheticConfig
from vtrack_datasets.synthetic_detector import simulate_detections
from vtrack_datasets.synthetic_renderer import SyntheticRenderer, clip_boxes
from vtrack_datasets.synthetic_world import Objects, SyntheticWorld

__all__ = ["SyntheticDataset", "SyntheticSequence"]


class SyntheticDataset:
    """Synthetic sequences ``SYN-01``, ``SYN-02``, ...; see `SyntheticConfig` for the arguments."""

    def __init__(
        self,
        sequences: int = 1,
        frames: int = 150,
        width: int = 640,
        height: int = 480,
        frame_rate: float = 25.0,
        objects: int = 8,
        classes: Seq[str] = ("pedestrian",),
        seed: int = 0,
        camera_motion: float = 1.0,
        noise: float = 3.0,
        masks: bool = False,
        detections: bool = True,
        misses: float = 0.05,
        jitter: float = 0.03,
        clutter: float = 0.3,
    ) -> None:
        """Check the options.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = SyntheticConfig(
            sequences=sequences,
            frames=frames,
            width=width,
            height=height,
            frame_rate=frame_rate,
            objects=objects,
            classes=tuple(classes),
            seed=seed,
            camera_motion=camera_motion,
            noise=noise,
            masks=masks,
            detections=detections,
            misses=misses,
            jitter=jitter,
            clutter=clutter,
        )

    def sequences(self) -> list[SyntheticSequence]:
        """Return the sequences; nothing is rendered yet."""
        return [SyntheticSequence(self.config, number) for number in range(self.config.sequences)]


class SyntheticSequence(Sequence):
    """One synthetic sequence."""

    random_access: ClassVar[bool] = True

    def __init__(self, config: SyntheticConfig, number: int) -> None:
        """Prepare the sequence.

        Args:
            config: The data set's options.
            number: 0-based; sequence 0 is ``SYN-01``.
        """
        super().__init__(
            f"SYN-{number + 1:02d}",
            length=config.frames,
            width=config.width,
            height=config.height,
            frame_rate=config.frame_rate,
            classes=config.classes,
        )
        self._config = config
        self._number = number
        self._world = SyntheticWorld(config, number)
        self._renderer = SyntheticRenderer(config, number)
        self._annotations: TrackTable | None = None
        self._detections: TrackTable | None = None

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame, rendered as it is asked for; nothing is kept."""
        for index in range(self._config.frames):
            yield self._frame(index, images=images)

    def frame(self, index: int) -> Frame:
        """Return any frame, rendering it alone.

        Raises:
            IndexError: There is no such frame.
        """
        if not 0 <= index < self._config.frames:
            raise self._no_frame(index)
        return self._frame(index, images=True)

    def _frame(self, index: int, *, images: bool) -> Frame:
        image = self.render(index) if images else None
        return Frame(index, image, time=index / self._config.frame_rate, sequence=self)

    def content(self) -> list[str]:
        """Return the options that every picture follows from."""
        return [repr(attrs.evolve(self._config, sequences=1)), f"sequence {self._number}"]

    def render(self, index: int) -> Image:
        """Return the picture of any frame, uint8 ``(height, width, 3)``, blue-green-red."""
        return self._renderer.render(index, self._world.objects(index), self._world.camera(index))

    def truth(self, index: int) -> Instances:
        """Return the exact instances of any frame: boxes, labels, ids and masks of the visible pixels.

        The masks of objects that are entirely hidden are empty.
        """
        objects, boxes = self._in_sight(index)
        masks = Masks.encode(self._renderer.visible_pixels(objects))
        return Instances(boxes.astype(np.float32), labels=objects.labels, ids=objects.ids, masks=masks)

    def annotations(self) -> TrackTable:
        """Return the annotations of all frames, made when first asked for; with masks where the options say so."""
        if self._annotations is None:
            self._annotations = _joined(
                [self._truth_rows(index) for index in range(self._config.frames)], masks=self._config.masks
            )
        return self._annotations

    def detections(self) -> TrackTable | None:
        """Return the simulated detections of all frames, made when first asked for; None without them."""
        if self._detections is None and self._config.detections:
            self._detections = _joined(
                [self._detected_rows(index) for index in range(self._config.frames)], masks=False
            )
        return self._detections

    def _in_sight(self, index: int) -> tuple[Objects, Int64Array]:
        """Return the objects that reach into the frame, and their boxes cut off at its borders."""
        objects = self._world.objects(index)
        boxes = clip_boxes(objects.boxes, self._config.width, self._config.height)
        inside = (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
        return Objects(objects.ids[inside], objects.labels[inside], objects.boxes[inside]), boxes[inside]

    def _truth_rows(self, index: int) -> TrackTable:
        objects, boxes = self._in_sight(index)
        return TrackTable(
            np.full(len(boxes), index),
            _ltwh(boxes),
            ids=objects.ids,
            labels=objects.labels,
            visibility=self._renderer.visible_shares(objects),
            masks=Masks.encode(self._renderer.visible_pixels(objects)) if self._config.masks else None,
        )

    def _detected_rows(self, index: int) -> TrackTable:
        objects, boxes = self._in_sight(index)
        key = (self._config.seed, self._number, index)
        shares = self._renderer.visible_shares(objects)
        found = simulate_detections(self._config, key, objects.ids, _ltwh(boxes), objects.labels, shares)
        return TrackTable(np.full(len(found.ltwh), index), found.ltwh, scores=found.scores, labels=found.labels)


def _ltwh(boxes: Int64Array) -> Float64Array:
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).astype(np.float64)


def _joined(parts: Seq[TrackTable], *, masks: bool) -> TrackTable:
    """Return the rows of tables of successive frames as one table."""
    names = ("frames", "ltwh", "ids", "scores", "labels", "visibility")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    encoded = (part.masks.rles for part in parts if part.masks is not None)
    return TrackTable(**columns, masks=Masks(chain.from_iterable(encoded)) if masks else None)
