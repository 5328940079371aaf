"""ImageNet VID: ``<root>/Annotations/VID/<split>/.../<video>/000000.xml`` and images likewise in ``Data/VID``.

Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015, https://arxiv.org/abs/1409.0575.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import BoolArray, Float64Array, Int64Array
from vtcore.tables import TrackTable
from vtrack_datasets.choosing import data_root, matching, subfolders
from vtrack_datasets.coco_config import ImageNetVidConfig
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.imagenet_classes import VID_CLASSES, WORDNET_IDS
from vtrack_datasets.imagenet_xml import ImageObject, XmlImage, read_xml, track_ids
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["ImageNetVidDataset", "VidTargetSequence", "VidVideoSequence", "VideoObjects", "video_folders"]

_LAYOUT = "<root>/Annotations/VID/<train or val>/ and <root>/Data/VID/<train or val>/"
_RATE = 30.0
"""Frames a second of most of its videos; nothing tells of each."""


@attrs.frozen(eq=False)
class VideoObjects:
    """The annotated objects of a video, one row each, by frame.

    Attributes:
        frames: int64 ``(M,)``.
        ltwh: float64 ``(M, 4)``, left, top, width, height in pixels.
        tracks: int64 ``(M,)``, identities as the files have them.
        labels: int64 ``(M,)``, of the 30 classes; -1 for another.
        occluded: bool ``(M,)``, whether something hides part of it.
        generated: bool ``(M,)``, whether the box was interpolated.
        sizes: int64 ``(N, 2)``, width and height of each frame.
    """

    frames: Int64Array
    ltwh: Float64Array
    tracks: Int64Array
    labels: Int64Array
    occluded: BoolArray
    generated: BoolArray
    sizes: Int64Array

    @classmethod
    def of(cls, images: Iterable[XmlImage]) -> VideoObjects:
        """Put the annotations of all frames into columns."""
        rows: list[tuple[int, ImageObject]] = []
        sizes: list[tuple[int, int]] = []
        for frame, image in enumerate(images):
            sizes.append((image.width, image.height))
            rows += [(frame, item) for item in image.objects]
        items = [item for _, item in rows]
        labels = [WORDNET_IDS.index(item.wordnet_id) if item.wordnet_id in WORDNET_IDS else -1 for item in items]
        return cls(
            np.array([frame for frame, _ in rows], np.int64),
            np.array([item.ltwh for item in items], np.float64).reshape(-1, 4),
            np.array([item.track for item in items], np.int64),
            np.array(labels, np.int64),
            np.array([item.occluded for item in items], bool),
            np.array([item.generated for item in items], bool),
            np.array(sizes, np.int64).reshape(-1, 2),
        )


class ImageNetVidDataset:
    """ImageNet VID; see `ImageNetVidConfig` for the arguments."""

    def __init__(self, root: str, split: str = "train", targets: str = "each", sequences: Seq[str] = ()) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: An option is none of its choices.
        """
        self.config = ImageNetVidConfig(root=str(root), split=split, targets=targets, sequences=tuple(sequences))

    def sequences(self) -> list[VidVideoSequence] | list[VidTargetSequence]:
        """Return the videos by name, or one sequence for each object in them, named ``<video>.<trackid>``.

        Raises:
            DataError: The folder or split does not exist, or an annotation cannot be read.
        """
        root = data_root(self.config.root, _LAYOUT)
        images = root / "Data" / "VID"
        videos = [
            VidVideoSequence(folder, images / relative, images) for relative, folder in video_folders(self.config)
        ]
        if self.config.targets == "all":
            return videos
        return [VidTargetSequence(video, track) for video in videos for track in video.tracks()]


def video_folders(config: ImageNetVidConfig) -> list[tuple[str, Path]]:
    """Return the annotation folders of a split's videos, each with its path below the splits' folder.

    Raises:
        DataError: There are none, or a pattern fits none.
    """
    base = data_root(config.root, _LAYOUT) / "Annotations" / "VID"
    split = base / config.split
    if not split.is_dir():
        raise DataError(f"no such folder; expected {_LAYOUT}", file=split)
    folders: list[Path] = []
    for folder in subfolders(split):
        # Training videos lie in groups, ILSVRC2015_VID_train_0000 and so on.
        inner = subfolders(folder)
        folders += inner or [folder]
    if not folders:
        raise DataError(f"holds no videos; expected {_LAYOUT}", file=split)
    names = set(matching([folder.name for folder in folders], config.sequences, split))
    return [(folder.relative_to(base).as_posix(), folder) for folder in folders if folder.name in names]


class VidVideoSequence(LazySequence):
    """A video with all its objects."""

    def __init__(self, folder: Path, images: Path, image_root: Path) -> None:
        """Name the folders; nothing of them is read."""
        super().__init__(folder.name, FrameFolder(images, first=0), image_root, VID_CLASSES)
        self.folder = folder

    @functools.cached_property
    def annotation_files(self) -> tuple[Path, ...]:
        """The annotation of each frame."""
        return tuple(sorted(self.folder.glob("*.xml")))

    @functools.cached_property
    def objects(self) -> VideoObjects:
        """The objects of all frames."""
        return VideoObjects.of(read_xml(path) for path in self.annotation_files)

    def tracks(self) -> list[int]:
        """Return the identities of its objects."""
        return sorted(set().union(*(track_ids(path, WORDNET_IDS) for path in self.annotation_files)))

    def _find_length(self) -> int:
        return len(self.annotation_files) or self.images.count

    def _find_frame_rate(self) -> float:
        return _RATE

    def _told_size(self) -> tuple[int, int] | None:
        if not self.annotation_files:
            return None
        image = read_xml(self.annotation_files[0])
        return image.width, image.height

    def annotations(self) -> TrackTable | None:
        """Return the boxes of the 30 classes, ids as the files have them; None without annotations.

        Raises:
            DataError: A file is not as it must be.
        """
        return self._table if self.annotation_files else None

    @functools.cached_property
    def _table(self) -> TrackTable:
        known = self.objects
        rows = np.flatnonzero((known.labels >= 0) & (known.ltwh[:, 2:] > 0).all(axis=1))
        return TrackTable(known.frames[rows], known.ltwh[rows], ids=known.tracks[rows], labels=known.labels[rows])


class VidTargetSequence(TargetSequence):
    """One object of a video, in all its frames."""

    def __init__(self, video: VidVideoSequence, track: int) -> None:
        """Name the object."""
        super().__init__(f"{video.name}.{track}", video.images, video.image_root, partial=True)
        self._video = video
        self.track = track

    def files(self) -> Mapping[str, Path]:
        """Return the folder of the annotations."""
        return {"groundtruth": self._video.folder}

    def _find_length(self) -> int:
        return self._video._find_length()

    def _find_frame_rate(self) -> float:
        return _RATE

    def _told_size(self) -> tuple[int, int] | None:
        return self._video._told_size()

    def _find_object_class(self) -> str:
        known = self._video.objects
        return VID_CLASSES[int(known.labels[known.tracks == self.track][0])]

    def _read_truth(self) -> TargetTruth:
        known, length = self._video.objects, self.length or 0
        rows = np.flatnonzero(known.tracks == self.track)
        frames = known.frames[rows]
        boxes = np.full((length, 4), np.nan)
        boxes[frames] = known.ltwh[rows]
        labels = {"occluded": np.zeros(length, bool), "generated": np.zeros(length, bool)}
        labels["occluded"][frames] = known.occluded[rows]
        labels["generated"][frames] = known.generated[rows]
        return TargetTruth(boxes, labels=labels)
