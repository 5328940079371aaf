"""Where everything stands in a CocoVID or COCO JSON file, in columns that take little memory.

``videos``, ``images``, ``annotations`` and ``categories`` as MMTracking has them (https://github.com/open-mmlab/
mmtracking, Apache-2.0), COCO's own files included, whose images are not part of a video. The file is gone through once;
images and annotations are decoded again when a sequence asks for its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Int64Array
from vtrack_datasets.json_stream import Element, read_places, stream_elements

__all__ = ["CocoVideoIndex", "ImageGroup", "index_file"]

_NONE = -1


@attrs.frozen(eq=False)
class _Places:
    """Columns of a list's elements: who they belong to, and where they stand."""

    owners: Int64Array
    starts: Int64Array
    stops: Int64Array

    def of(self, rows: Int64Array) -> list[tuple[int, int]]:
        return list(zip(self.starts[rows].tolist(), self.stops[rows].tolist(), strict=True))


@attrs.frozen(eq=False)
class ImageGroup:
    """A video of the file, or an image that belongs to none.

    Attributes:
        name: Of the video, without folders where that is unique, or of the image's file without its suffix.
        record: What the file says of the video; empty for an image without one.
        images: int64, rows of its images in the order of their frames.
        annotations: int64, rows of its annotations by frame.
    """

    name: str
    record: dict[str, Any]
    images: Int64Array
    annotations: Int64Array


class CocoVideoIndex:
    """A file that was gone through.

    Attributes:
        path: The file.
        categories: Its categories as they stand there.
        classes: Names of its categories, in their order.
        labels: Label of each category by its id.
    """

    def __init__(self, path: Path, gathered: _Gathered) -> None:
        """Sort what was found by video and frame.

        Raises:
            DataError: An annotation is of an image, or an image of a video, that is not there.
        """
        self.path = path
        self.categories = tuple(gathered.categories)
        self.classes = tuple(str(category.get("name", "")) for category in gathered.categories)
        self.labels = {category.get("id"): label for label, category in enumerate(gathered.categories)}
        self._videos = gathered.videos
        self._video_names = _sequence_names([str(video.get("name", video["id"])) for video in gathered.videos])
        ids = _column(gathered.image_ids)
        groups, self._names = _groups_of(gathered, path)
        order = np.lexsort((ids, _column(gathered.image_frames), groups))
        self._images = _Places(
            groups[order], _column(gathered.image_starts)[order], _column(gathered.image_stops)[order]
        )
        # Rows of images by their ids, to find those of annotations.
        by_id = np.argsort(ids[order], kind="stable")
        wanted = _column(gathered.annotation_images)
        found = np.searchsorted(ids[order][by_id], wanted)
        rows = by_id[np.minimum(found, max(len(by_id) - 1, 0))] if len(by_id) else np.zeros(len(wanted), np.int64)
        lost = np.flatnonzero(ids[order][rows] != wanted) if len(by_id) else np.arange(len(wanted))
        if len(lost):
            raise DataError(f"annotation {lost[0] + 1}: image_id {wanted[lost[0]]} is no image of the file", file=path)
        sorted_rows = np.argsort(rows, kind="stable")
        self._annotations = _Places(
            rows[sorted_rows],
            _column(gathered.annotation_starts)[sorted_rows],
            _column(gathered.annotation_stops)[sorted_rows],
        )
        self.instances: Int64Array = _column(gathered.annotation_instances)[sorted_rows]
        self.ignored: Int64Array = _column(gathered.annotation_ignored)[sorted_rows]

    def __len__(self) -> int:
        """Return the number of videos and of images without one."""
        return len(self._videos) + len(self._names)

    def names(self) -> list[str]:
        """Return the names of all groups, in their order."""
        return self._video_names + self._names

    def group(self, number: int) -> ImageGroup:
        """Return a video, or an image without one."""
        first, last = np.searchsorted(self._images.owners, [number, number + 1])
        start, stop = np.searchsorted(self._annotations.owners, [first, last])
        videos = len(self._videos)
        record, name = {}, ""
        if number < videos:
            record, name = self._videos[number], self._video_names[number]
        else:
            name = self._names[number - videos]
        return ImageGroup(name, record, np.arange(first, last), np.arange(start, stop))

    def image_rows(self, annotations: Int64Array) -> Int64Array:
        """Return the rows of the images of some annotations."""
        return self._annotations.owners[annotations]

    def read_images(self, rows: Int64Array) -> list[dict[str, Any]]:
        """Decode images."""
        return read_places(self.path, self._images.of(rows))

    def read_annotations(self, rows: Int64Array) -> list[dict[str, Any]]:
        """Decode annotations."""
        return read_places(self.path, self._annotations.of(rows))


def index_file(path: Path) -> CocoVideoIndex:
    """Go through a file.

    Raises:
        DataError: It cannot be read, is no JSON, or lacks what it must have; the element is named.
    """
    gathered = _Gathered()
    counts: dict[str, int] = {}
    for element in stream_elements(path):
        take = _TAKERS.get(element.key)
        if take is None:
            continue
        counts[element.key] = counts.get(element.key, 0) + 1
        try:
            take(gathered, element)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            what = f"{element.key.removesuffix('s')} {counts[element.key]}"
            raise DataError(f"not CocoVID JSON: {what}: {reason}", file=path) from None
    if not gathered.image_ids:
        raise DataError("not CocoVID JSON: it has no list 'images', or an empty one", file=path)
    return CocoVideoIndex(path, gathered)


def _integers() -> array[int]:
    return array("q")


@attrs.define(eq=False)
class _Gathered:
    categories: list[dict[str, Any]] = attrs.field(factory=list)
    videos: list[dict[str, Any]] = attrs.field(factory=list)
    image_ids: array[int] = attrs.field(factory=_integers)
    image_videos: array[int] = attrs.field(factory=_integers)
    image_frames: array[int] = attrs.field(factory=_integers)
    image_starts: array[int] = attrs.field(factory=_integers)
    image_stops: array[int] = attrs.field(factory=_integers)
    image_names: list[str] = attrs.field(factory=list)
    annotation_images: array[int] = attrs.field(factory=_integers)
    annotation_instances: array[int] = attrs.field(factory=_integers)
    annotation_ignored: array[int] = attrs.field(factory=_integers)
    annotation_starts: array[int] = attrs.field(factory=_integers)
    annotation_stops: array[int] = attrs.field(factory=_integers)

    def take_category(self, element: Element) -> None:
        self.categories.append(_object(element.value))

    def take_video(self, element: Element) -> None:
        self.videos.append({"id": element.value["id"]} | _object(element.value))

    def take_image(self, element: Element) -> None:
        image = _object(element.value)
        self.image_ids.append(image["id"])
        video = image.get("video_id")
        self.image_videos.append(_NONE if video is None else video)
        self.image_frames.append(image.get("frame_id", 0))
        self.image_starts.append(element.start)
        self.image_stops.append(element.stop)
        # Images of videos are named by number; only the others give their names to sequences.
        self.image_names.append("" if video is not None else str(image["file_name"]))

    def take_annotation(self, element: Element) -> None:
        annotation = _object(element.value)
        self.annotation_images.append(annotation["image_id"])
        self.annotation_instances.append(annotation.get("instance_id", annotation.get("id", _NONE)))
        self.annotation_ignored.append(bool(annotation.get("iscrowd")) or bool(annotation.get("ignore")))
        self.annotation_starts.append(element.start)
        self.annotation_stops.append(element.stop)


_TAKERS = {
    "categories": _Gathered.take_category,
    "videos": _Gathered.take_video,
    "images": _Gathered.take_image,
    "annotations": _Gathered.take_annotation,
}


def _groups_of(gathered: _Gathered, path: Path) -> tuple[Int64Array, list[str]]:
    """Return the group of each image, and the names of the groups that are no videos."""
    numbers = {video["id"]: number for number, video in enumerate(gathered.videos)}
    groups = np.empty(len(gathered.image_ids), np.int64)
    names: list[str] = []
    for row, video in enumerate(gathered.image_videos):
        if video == _NONE:
            groups[row] = len(gathered.videos) + len(names)
            names.append(Path(gathered.image_names[row]).stem)
        elif video in numbers:
            groups[row] = numbers[video]
        else:
            raise DataError(f"not CocoVID JSON: image {row + 1}: video_id {video} is no video of the file", file=path)
    return groups, names


def _sequence_names(names: list[str]) -> list[str]:
    """Return names that files can have: without folders where they stay unique, else with dashes for slashes."""
    short = [name.replace("\\", "/").rpartition("/")[2] for name in names]
    return short if len(set(short)) == len(short) else [name.replace("\\", "-").replace("/", "-") for name in names]


def _column(values: Seq[int]) -> Int64Array:
    return np.array(values, np.int64)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return value
