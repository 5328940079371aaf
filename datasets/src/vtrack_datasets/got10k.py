"""GOT-10k: ``<root>/<split>/<sequence>/`` with images, ``groundtruth.txt``, labels and ``meta_info.ini``.

Huang, Zhao, Huang, GOT-10k: A Large High-Diversity Benchmark for Generic Object Tracking in the Wild, TPAMI 2021,
https://arxiv.org/abs/1810.11981. Test sequences have the first frame's box alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

from vtcore.errors import DataError
from vtrack_datasets.choosing import chosen_of_split, data_root, matching, subfolders
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.label_files import read_frame_labels
from vtrack_datasets.number_text import read_lines, read_numbers
from vtrack_datasets.target_config import Got10kConfig
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["Got10kDataset", "Got10kSequence", "got10k_names"]

_LAYOUT = "<root>/<train, val or test>/ with list.txt and <sequence>/ with 00000001.jpg, groundtruth.txt, *.label"
_LIST = "list.txt"
_RATE = 10.0
"""Frames a second of its annotation, where ``meta_info.ini`` does not say."""


class Got10kDataset:
    """GOT-10k; see `Got10kConfig` for the arguments."""

    def __init__(self, root: str, split: str = "", sequences: Seq[str] = (), partial: bool = False) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: There is no such split.
        """
        self.config = Got10kConfig(root=str(root), split=split, sequences=tuple(sequences), partial=partial)

    def sequences(self) -> list[Got10kSequence]:
        """Return the sequences in the order of ``list.txt``, by name where there is none.

        Raises:
            DataError: The folder or split does not exist, or sequences of its list are missing.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        folder = root / config.split if config.split else root
        if not folder.is_dir():
            there = [child.name for child in subfolders(root)]
            raise DataError(f"no split {config.split!r} (dataset.split); there is {', '.join(there)}", file=root)
        names = got10k_names(folder)
        if names is None:
            found = [child.name for child in subfolders(folder) if _is_sequence(child)]
            if not found:
                raise DataError(f"holds no sequences; expected {_LAYOUT}", file=folder)
            names = matching(found, config.sequences, folder)
        else:
            there = [child.name for child in subfolders(folder)]
            names = chosen_of_split(names, there, config.sequences, folder, _LIST, partial=config.partial)
        # A test sequence's one box is all there is, however many frames it has.
        return [Got10kSequence(folder / name, folder, partial=config.partial) for name in names]


def got10k_names(folder: Path) -> list[str] | None:
    """Return the names in a split's ``list.txt``, None where there is none."""
    path = folder / _LIST
    return [line.strip() for line in read_lines(path) if line.strip()] if path.is_file() else None


class Got10kSequence(TargetSequence):
    """One sequence's folder."""

    def __init__(self, folder: Path, image_root: Path, *, partial: bool = False) -> None:
        """Name the folder; nothing of it is read."""
        super().__init__(folder.name, FrameFolder(folder, first=1), image_root, partial=partial)
        self._folder = folder

    @functools.cached_property
    def meta(self) -> Mapping[str, str]:
        """What ``meta_info.ini`` says (``object_class``, ``motion_class``, ...); empty where it is missing."""
        path = self._folder / "meta_info.ini"
        if not path.is_file():
            return {}
        pairs = (line.partition(":") for line in read_lines(path))
        return {key.strip(): value.strip() for key, _, value in pairs if value}

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's files."""
        return {"groundtruth": self._folder / "groundtruth.txt", **self._labels()}

    def _labels(self) -> dict[str, Path]:
        return {name: self._folder / f"{name}.label" for name in ("absence", "cover", "cut_by_image")}

    def _read_truth(self) -> TargetTruth | None:
        path = self._folder / "groundtruth.txt"
        if not path.is_file():
            return None
        boxes = read_numbers(path, 4)
        if len(boxes) == 1 and self.images.count > 1:
            return TargetTruth(boxes, first_only=True)
        files = self._labels()
        cover = {"cover": files.pop("cover")}
        flags = read_frame_labels(files, len(boxes))
        return TargetTruth(boxes, labels=flags | read_frame_labels(cover, len(boxes), flags=False))

    def _told_size(self) -> tuple[int, int] | None:
        numbers = re.findall(r"\d+", self.meta.get("resolution", ""))
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else None

    def _find_frame_rate(self) -> float:
        number = re.match(r"\d+(\.\d+)?", self.meta.get("anno_fps", ""))
        return float(number[0]) if number and float(number[0]) > 0 else _RATE

    def _find_object_class(self) -> str:
        return self.meta.get("object_class", "")


def _is_sequence(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("groundtruth.txt", "meta_info.ini"))
