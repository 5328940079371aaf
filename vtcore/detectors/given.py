"""The detector that looks up detections instead of making them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq

import numpy as np

from vtcore.detectors.config import GivenConfig
from vtcore.detectors.files import DetectionFile, read_detections
from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.instances import BoolArray, Float32Array, Instances, Int64Array
from vtcore.labels import LabelMap
from vtcore.masks import Masks
from vtcore.suggestions import did_you_mean_or_list
from vtcore.tables import TrackTable, frame_rows

__all__ = ["GivenDetector"]


class GivenDetector:
    """Gives the detections that come with the data, from a file, or from memory.

    Attributes:
        classes: Empty: the labels index the sequence's own classes. A sequence without class names gets those of the
            file on `reset`.
        batch_size: 1.
        files: Every file read, by path and number of its first frame, where someone wants to keep them for other
            detectors; None keeps the last one only.
    """

    batch_size = 1
    classes: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        path: str = "",
        min_score: float | None = None,
        classes: Iterable[str] = (),
        first_frame: int | None = None,
        detections: TrackTable | Seq[Instances] | Mapping[int, Instances] | None = None,
    ) -> None:
        """Choose where detections come from and which to keep.

        Args:
            path: File with detections (`vtcore.detectors.files` tells the formats); ``{sequence}`` stands for the
                sequence's name. Empty takes those of the data set.
            min_score: Detections that score less are left out, compared in float32; None keeps all.
            classes: Only detections of these classes; empty keeps all. Where neither data nor file name the labels,
                these are the names of labels 0, 1, ...
            first_frame: Number of the first frame in the file; None for what is usual in its format.
            detections: Detections in memory, in place of a file: a table, or the instances of each frame by index.

        Raises:
            ValueError: Both a file and detections in memory are given.
        """
        config = GivenConfig(path=path, min_score=min_score, classes=tuple(classes), first_frame=first_frame)
        if path and detections is not None:
            raise ValueError("give either path or detections, not both")
        self._config = config
        self._detections = detections
        self._cached: tuple[str, DetectionFile] | None = None
        self.files: dict[tuple[str, int | None], DetectionFile] | None = None
        self._rows = _FrameRows(TrackTable.empty())

    def reset(self, sequence: Sequence) -> None:
        """Fetch the sequence's detections.

        Raises:
            DataError: It has none, the file is wrong, or a class to be kept is unknown.
        """
        found = self._fetched(sequence)
        table = found.table
        labels = table.labels
        if found.names and sequence.classes:
            labels = _mapped(labels, found.names, sequence.classes)
        elif found.names:
            sequence.classes = found.names
        elif self._config.classes and not sequence.classes:
            sequence.classes = self._config.classes
        keep: BoolArray = labels >= 0
        if self._config.min_score is not None:
            keep &= table.scores >= np.float32(self._config.min_score)
        if self._config.classes:
            keep &= np.isin(labels, self._wanted_labels(sequence.classes))
        self._rows = _FrameRows(table, labels, keep)

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return the detections of each frame, by its index; the images are not looked at."""
        return [self._rows[frame.index] for frame in frames]

    def _fetched(self, sequence: Sequence) -> DetectionFile:
        if self._config.path:
            path = self._config.path.replace("{sequence}", sequence.name)
            if self._cached is None or self._cached[0] != path:
                self._cached = (path, self._read(path))
            self._refuse_one_frame_off(self._cached[1].table, sequence, path)
            return self._cached[1]
        if self._detections is not None:
            if not isinstance(self._detections, TrackTable):
                self._detections = _gathered(self._detections)
            return DetectionFile(self._detections)
        table = sequence.detections()
        if table is None:
            raise DataError(
                f"sequence {sequence.name!r} comes without detections; name a file of them (detector.path), "
                "or choose another detector"
            )
        return DetectionFile(table)

    def _read(self, path: str) -> DetectionFile:
        first_frame = self._config.first_frame
        if self.files is None:
            return read_detections(path, first_frame=first_frame)
        if (path, first_frame) not in self.files:
            self.files[path, first_frame] = read_detections(path, first_frame=first_frame)
        return self.files[path, first_frame]

    def _refuse_one_frame_off(self, table: TrackTable, sequence: Sequence, path: str) -> None:
        """Refuse a file that counts from 1 where 0 is usual: every box would be a frame late, and nobody would see."""
        if self._config.first_frame is not None or not len(table) or sequence.length is None:
            return
        if table.frames.min() >= 1 and table.frames.max() == sequence.length:
            raise DataError(
                f"frames of this format count from 0, but this one has a frame {sequence.length} and none 0 for a "
                f"sequence of {sequence.length} frames; if it counts from 1, set detector.first_frame = 1",
                file=path,
            )

    def _wanted_labels(self, names: tuple[str, ...]) -> list[int]:
        for name in self._config.classes:
            if name not in names:
                raise DataError(f"detector.classes: there is no class {name!r}; {did_you_mean_or_list(name, names)}")
        return [names.index(name) for name in self._config.classes]


class _FrameRows:
    """The kept rows of a table, found by frame in constant time."""

    def __init__(self, table: TrackTable, labels: Int64Array | None = None, keep: BoolArray | None = None) -> None:
        rows = slice(None) if keep is None or keep.all() else np.flatnonzero(keep)
        self._boxes: Float32Array = table.xyxy()[rows]
        self._scores: Float32Array = table.scores[rows]
        self._labels: Int64Array = (table.labels if labels is None else labels)[rows]
        self._masks = None if table.masks is None else table.masks[rows]
        self._embeddings = None if table.embeddings is None else table.embeddings[rows]
        self._rows = frame_rows(table.frames[rows])
        self._nothing = Instances.empty()

    def __getitem__(self, frame: int) -> Instances:
        rows = self._rows.get(frame)
        if rows is None:
            return self._nothing
        return Instances.trusted(
            self._boxes[rows],
            self._scores[rows],
            self._labels[rows],
            masks=None if self._masks is None else self._masks[rows],
            embeddings=None if self._embeddings is None else self._embeddings[rows],
        )


def _mapped(labels: Int64Array, names: tuple[str, ...], classes: tuple[str, ...]) -> Int64Array:
    """Return labels that index `names` as labels that index `classes`, -1 where there is no such class."""
    count = len(names)
    zeros = np.zeros((count, 4), np.float32)
    one_each = Instances.trusted(zeros, zeros[:, 0], np.arange(count), None, detection_index=np.arange(count))
    known = LabelMap(names, classes)(one_each)
    table = np.full(count, -1, np.int64)
    table[known.detection_index] = known.labels
    return table[labels]


def _gathered(by_frame: Seq[Instances] | Mapping[int, Instances]) -> TrackTable:
    """Put the instances of all frames into one table."""
    items = sorted(by_frame.items()) if isinstance(by_frame, Mapping) else list(enumerate(by_frame))
    found = [(frame, instances) for frame, instances in items if len(instances)]
    if not found:
        return TrackTable.empty()
    frames = np.repeat([frame for frame, _ in found], [len(instances) for _, instances in found])
    parts = [instances for _, instances in found]
    boxes = np.concatenate([part.boxes for part in parts]).astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    embeddings = [part.embeddings for part in parts if part.embeddings is not None]
    masks = [part.masks for part in parts if part.masks is not None]
    return TrackTable(
        frames,
        boxes,
        scores=np.concatenate([part.scores for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        masks=Masks(rle for part in masks for rle in part.rles) if len(masks) == len(parts) else None,
        embeddings=np.concatenate(embeddings) if len(embeddings) == len(parts) else None,
    )
