"""Sequences of CocoVID JSON: a video with all its objects, or one target of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtcore.masks import Masks
from vtcore.tables import COUNTED, IGNORED, TrackTable
from vtrack_datasets.coco_annotations import frame_labels_of, read_boxes, read_mask
from vtrack_datasets.coco_config import CocoVideoConfig
from vtrack_datasets.coco_video_index import CocoVideoIndex, ImageGroup
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_sequence import ONE_CLASS, TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["CocoTargetSequence", "CocoVideoSequence"]


class _CocoImages:
    """Images of a group as the file names them."""

    def __init__(self, index: CocoVideoIndex, rows: Int64Array, root: Path) -> None:
        self._index = index
        self._rows = rows
        self.place = root

    @functools.cached_property
    def records(self) -> list[dict[str, Any]]:
        """What the file says of the images."""
        return self._index.read_images(self._rows)

    @property
    def count(self) -> int:
        """Number of images, none where the first is not there: the file says nothing of where they are."""
        return len(self._rows) if len(self._rows) and self.path(0).is_file() else 0

    @property
    def missing(self) -> int:
        """How many of them are missing."""
        return sum(not self.path(index).is_file() for index in range(self.count))

    def path(self, index: int) -> Path:
        """Return an image's file."""
        return self.place / str(self.records[index].get("file_name", ""))

    def size(self, index: int) -> tuple[int, int] | None:
        """Return width and height of an image where the file says them."""
        width, height = self.records[index].get("width"), self.records[index].get("height")
        return (int(width), int(height)) if width and height else None


class _CocoSequence(LazySequence):
    """What both kinds have in common: the video's own record."""

    _group: ImageGroup
    _config: CocoVideoConfig
    _files: _CocoImages

    def _keep(self, index: CocoVideoIndex, group: ImageGroup, config: CocoVideoConfig, files: _CocoImages) -> None:
        self._index = index
        self._group = group
        self._config = config
        self._files = files

    def _told_size(self) -> tuple[int, int] | None:
        return self._files.size(0) if len(self._group.images) else None

    def _find_frame_rate(self) -> float | None:
        told = self._group.record.get("frame_rate") or self._group.record.get("fps") or self._config.frame_rate
        return float(told) if told else None

    def _find_attributes(self) -> tuple[str, ...]:
        return tuple(map(str, self._group.record.get("attributes") or ()))

    def _find_object_class(self) -> str:
        return str(self._group.record.get("object_class") or "")

    def _read(self, rows: Int64Array) -> tuple[list[dict[str, Any]], Int64Array]:
        """Return annotations and their frames."""
        return self._index.read_annotations(rows), self._index.image_rows(rows) - self._group.images[0]

    def _label_of(self, annotation: Mapping[str, Any]) -> int:
        category = annotation["category_id"]
        if category not in self._index.labels:
            raise ValueError(f"annotation {annotation.get('id')}: category_id {category!r} is no category of the file")
        return self._index.labels[category]

    def _masks(self, annotations: list[dict[str, Any]], frames: Int64Array) -> list[dict[str, Any] | None]:
        if not self._config.masks:
            return [None] * len(annotations)
        pairs = zip(annotations, frames.tolist(), strict=True)
        return [read_mask(annotation, self._files.size(frame)) for annotation, frame in pairs]


class CocoVideoSequence(_CocoSequence):
    """A video, or an image of none, with all its objects."""

    def __init__(
        self, name: str, index: CocoVideoIndex, group: ImageGroup, root: Path, config: CocoVideoConfig
    ) -> None:
        """Name its rows; nothing of them is decoded."""
        files = _CocoImages(index, group.images, root)
        super().__init__(name, files, root, index.classes)
        self._keep(index, group, config, files)

    def _find_length(self) -> int:
        return len(self._group.images)

    def annotations(self) -> TrackTable:
        """Return the valid boxes.

        Raises:
            DataError: An annotation is not as it must be.
        """
        return self._table

    @functools.cached_property
    def _table(self) -> TrackTable:
        annotations, frames = self._read(self._group.annotations)
        try:
            return self._table_of(annotations, frames)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"an annotation lacks {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"{self.name}: {reason}", file=self._index.path) from None

    def _table_of(self, annotations: list[dict[str, Any]], frames: Int64Array) -> TrackTable:
        boxes, polygons = read_boxes(annotations)
        kept = np.flatnonzero(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1))
        masks = self._masks(annotations, frames)
        chosen = [masks[row] for row in kept.tolist()]
        known = [annotations[row] for row in kept.tolist()]
        return TrackTable(
            frames[kept],
            boxes[kept],
            ids=self._ids(annotations)[kept],
            labels=[self._label_of(annotation) for annotation in known],
            roles=[IGNORED if item.get("iscrowd") or item.get("ignore") else COUNTED for item in known],
            visibility=[float(annotation.get("visibility", 1)) for annotation in known],
            polygons=None if polygons is None else polygons[kept],
            masks=None if not chosen or None in chosen else Masks(mask for mask in chosen if mask),
        )

    def _ids(self, annotations: list[dict[str, Any]]) -> Int64Array:
        if not self._group.record:
            # Objects of a single image are told apart by their order.
            return np.arange(len(annotations))
        key = "official_id" if all("official_id" in annotation for annotation in annotations) else "instance_id"
        return np.array([int(annotation.get(key, -1)) for annotation in annotations], np.int64)


class CocoTargetSequence(_CocoSequence, TargetSequence):
    """One target of a video, or of an image."""

    def __init__(
        self,
        name: str,
        index: CocoVideoIndex,
        group: ImageGroup,
        rows: Int64Array,
        root: Path,
        config: CocoVideoConfig,
    ) -> None:
        """Name its rows; nothing of them is decoded.

        Args:
            name: Of the sequence.
            index: The file's index.
            group: The video or image.
            rows: The target's annotations.
            root: Folder of the images.
            config: The data set's options.
        """
        files = _CocoImages(index, group.images, root)
        classes = ONE_CLASS if config.targets == "each" else index.classes
        TargetSequence.__init__(self, name, files, root, classes=classes, partial=True)
        self._keep(index, group, config, files)
        self._rows = rows

    def files(self) -> Mapping[str, Path]:
        """Return the file."""
        return {"groundtruth": self._index.path}

    def _find_length(self) -> int:
        return len(self._group.images)

    @functools.cached_property
    def _known_label(self) -> int:
        """Label of the target among the file's own classes."""
        if len(self._rows) == 0:
            return 0
        try:
            return self._label_of(self._index.read_annotations(self._rows[:1])[0])
        except (KeyError, ValueError) as error:
            reason = f"an annotation lacks {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"{self.name}: {reason}", file=self._index.path) from None

    def _label(self) -> int:
        return 0 if self._config.targets == "each" else self._known_label

    def _find_object_class(self) -> str:
        told = super()._find_object_class()
        return told if told or len(self._index.classes) < 2 else self._index.classes[self._known_label]

    def _read_truth(self) -> TargetTruth:
        annotations, frames = self._read(self._rows)
        length = len(self._group.images)
        try:
            known, corners = read_boxes(annotations)
            boxes = np.full((length, 4), np.nan)
            boxes[frames] = known
            polygons = None
            if corners is not None:
                polygons = np.full((length, corners.shape[1]), np.nan)
                polygons[frames] = corners
        except ValueError as error:
            raise DataError(f"{self.name}: {error}", file=self._index.path) from None
        masks: list[dict[str, Any] | None] = [None] * length
        for frame, mask in zip(frames.tolist(), self._masks(annotations, frames), strict=True):
            masks[frame] = mask
        labels = frame_labels_of(annotations, frames.tolist(), length)
        return TargetTruth(boxes, polygons, tuple(masks) if any(masks) else None, labels)
