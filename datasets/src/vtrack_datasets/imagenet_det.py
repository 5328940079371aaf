"""ImageNet DET: ``<root>/Annotations/DET/<split>/...xml`` and images likewise in ``Data/DET``.

Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015, https://arxiv.org/abs/1409.0575.
The classes are the 30 of VID, and one for all others, as MMTracking has them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

import numpy as np

from vtcore.errors import DataError
from vtcore.tables import TrackTable
from vtrack_datasets.choosing import data_root, matching
from vtrack_datasets.coco_config import ImageNetDetConfig
from vtrack_datasets.imagenet_classes import DET_CLASSES, WORDNET_IDS
from vtrack_datasets.imagenet_xml import XmlImage, object_count, read_xml
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["DetImageSequence", "DetTargetSequence", "ImageNetDetDataset", "det_label", "image_files"]

_LAYOUT = "<root>/Annotations/DET/<train or val>/ and <root>/Data/DET/<train or val>/"
_SUFFIX = ".JPEG"


class ImageNetDetDataset:
    """ImageNet DET; see `ImageNetDetConfig` for the arguments."""

    def __init__(self, root: str, split: str = "train", targets: str = "each", sequences: Seq[str] = ()) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: An option is none of its choices.
        """
        self.config = ImageNetDetConfig(root=str(root), split=split, targets=targets, sequences=tuple(sequences))

    def sequences(self) -> list[DetImageSequence] | list[DetTargetSequence]:
        """Return the images, sequences of one frame, or one for each object in them, named ``<image>.<number>``.

        Raises:
            DataError: The folder or split does not exist, or an annotation cannot be read.
        """
        images = [DetImageSequence(path, image, root) for path, image, root in image_files(self.config)]
        if self.config.targets == "all":
            return images
        return [DetTargetSequence(image, number) for image in images for number in range(image.count())]


def image_files(config: ImageNetDetConfig) -> Iterator[tuple[Path, Path, Path]]:
    """Yield annotation and image of each image of a split, and the folder that images are relative to.

    Raises:
        DataError: There are none, or a pattern fits none.
    """
    root = data_root(config.root, _LAYOUT)
    base, data = root / "Annotations" / "DET", root / "Data" / "DET"
    if not (base / config.split).is_dir():
        raise DataError(f"no such folder; expected {_LAYOUT}", file=base / config.split)
    paths = sorted((base / config.split).rglob("*.xml"))
    if not paths:
        raise DataError(f"holds no annotations; expected {_LAYOUT}", file=base / config.split)
    names = set(matching([path.stem for path in paths], config.sequences, base / config.split))
    for path in paths:
        if path.stem in names:
            yield path, (data / path.relative_to(base)).with_suffix(_SUFFIX), data


def det_label(wordnet_id: str) -> int:
    """Return the label of a class: that of VID's, or of all others."""
    return WORDNET_IDS.index(wordnet_id) if wordnet_id in WORDNET_IDS else len(WORDNET_IDS)


class _OneImage:
    """A single image."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = path.parent

    @property
    def count(self) -> int:
        return int(self._path.is_file())

    @property
    def missing(self) -> int:
        return 0

    def path(self, index: int) -> Path:
        return self._path


class DetImageSequence(LazySequence):
    """An image with all its objects."""

    def __init__(self, path: Path, image: Path, image_root: Path) -> None:
        """Name the files; none is opened."""
        super().__init__(path.stem, _OneImage(image), image_root, DET_CLASSES)
        self.annotation_file = path

    @functools.cached_property
    def truth(self) -> XmlImage:
        """The annotation."""
        return read_xml(self.annotation_file)

    def count(self) -> int:
        """Return the number of objects."""
        return object_count(self.annotation_file)

    def _find_length(self) -> int:
        return 1

    def _told_size(self) -> tuple[int, int]:
        return self.truth.width, self.truth.height

    def annotations(self) -> TrackTable:
        """Return the boxes, told apart by their order.

        Raises:
            DataError: The file is not as it must be.
        """
        objects = self.truth.objects
        kept = [number for number, item in enumerate(objects) if min(item.ltwh[2:]) > 0]
        return TrackTable(
            np.zeros(len(kept), np.int64),
            np.array([objects[number].ltwh for number in kept], np.float64).reshape(-1, 4),
            ids=kept,
            labels=[det_label(objects[number].wordnet_id) for number in kept],
        )


class DetTargetSequence(TargetSequence):
    """One object of an image."""

    def __init__(self, image: DetImageSequence, number: int) -> None:
        """Name the object, by its place in the file."""
        super().__init__(f"{image.name}.{number}", image.images, image.image_root, partial=True)
        self._image = image
        self._number = number

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's file."""
        return {"groundtruth": self._image.annotation_file}

    def _find_length(self) -> int:
        return 1

    def _told_size(self) -> tuple[int, int]:
        return self._image.truth.width, self._image.truth.height

    def _find_object_class(self) -> str:
        return DET_CLASSES[det_label(self._image.truth.objects[self._number].wordnet_id)]

    def _read_truth(self) -> TargetTruth:
        return TargetTruth(np.array([self._image.truth.objects[self._number].ltwh], np.float64))
