"""COCO: ``<root>/annotations/instances_<split>.json`` and images in ``<root>/<split>/`` or ``<root>/images/<split>/``.

Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, https://arxiv.org/abs/1405.0312. For single-object
tracking every annotated object is a sequence of one frame; crowds are left out, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from pathlib import Path

from vtcore.errors import DataError
from vtrack_datasets.choosing import data_root
from vtrack_datasets.coco_config import CocoConfig, CocoVideoConfig
from vtrack_datasets.coco_video import CocoVideoSequences
from vtrack_datasets.coco_video_index import index_file

__all__ = ["CocoDataset", "coco_files"]

_LAYOUT = "<root>/annotations/instances_<split>.json and <root>/<split>/ or <root>/images/<split>/"


class CocoDataset:
    """COCO; see `CocoConfig` for the arguments."""

    def __init__(
        self,
        root: str,
        split: str = "train2017",
        targets: str = "each",
        sequences: Seq[str] = (),
        masks: bool = False,
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: An option is none of its choices.
        """
        self.config = CocoConfig(root=str(root), split=split, targets=targets, sequences=tuple(sequences), masks=masks)

    def sequences(self) -> CocoVideoSequences:
        """Return the sequences in the file's order; each is made when it is asked for.

        Raises:
            DataError: The file does not exist or cannot be read.
        """
        path, images = coco_files(self.config.root, self.config.split)
        config = CocoVideoConfig(
            annotations=str(path),
            targets=self.config.targets,
            sequences=self.config.sequences,
            masks=self.config.masks,
        )
        return CocoVideoSequences(index_file(path), images, config)


def coco_files(root: str, split: str) -> tuple[Path, Path]:
    """Return a split's annotation file and the folder of its images.

    Raises:
        DataError: There is no such file.
    """
    folder = data_root(root, _LAYOUT)
    path = folder / "annotations" / f"instances_{split}.json"
    if not path.is_file():
        raise DataError(f"no such file; dataset.split must name a split, of the layout {_LAYOUT}", file=path)
    images = (folder / split, folder / "images" / split)
    return path, next((place for place in images if place.is_dir()), images[0])
