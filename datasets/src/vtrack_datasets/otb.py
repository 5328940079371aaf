"""The Object Tracking Benchmark: ``<root>/<sequence>/`` with ``img/0001.jpg`` and ``groundtruth_rect.txt``.

Wu, Lim, Yang, Object Tracking Benchmark, TPAMI 2015. Boxes stand separated by commas, tabs or blanks, and count pixels
from 1; like the published toolkits this reader takes the numbers as they are, unless told otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

import numpy as np

from vtcore.errors import DataError
from vtrack_datasets.attribute_files import attribute_folder, read_attributes
from vtrack_datasets.choosing import chosen_of_split, data_root, matching, subfolders
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.number_text import read_numbers
from vtrack_datasets.otb_facts import OTB_ATTRIBUTES, SEQUENCES, SUBSETS
from vtrack_datasets.target_config import OtbConfig
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["OtbDataset", "OtbSequence"]

_LAYOUT = "<root>/<sequence>/ with img/0001.jpg and groundtruth_rect.txt"


class OtbDataset:
    """OTB-100 and its subsets; see `OtbConfig` for the arguments."""

    def __init__(
        self,
        root: str,
        subset: str = "",
        sequences: Seq[str] = (),
        omit: bool = True,
        one_based: bool = False,
        partial: bool = False,
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: There is no such subset.
        """
        self.config = OtbConfig(
            root=str(root), subset=subset, sequences=tuple(sequences), omit=omit, one_based=one_based, partial=partial
        )

    def sequences(self) -> list[OtbSequence]:
        """Return the sequences by name; those with two targets are two: ``Jogging.1``, ``Jogging.2``.

        Raises:
            DataError: The folder does not exist, or sequences of the subset are missing.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        # MMTracking's layout has the sequences in a folder of their own.
        holder = root / "data" if (root / "data").is_dir() else root
        files = _annotations(holder)
        if not files:
            raise DataError(f"holds no sequences; expected {_LAYOUT}", file=root)
        if config.subset:
            expected = SUBSETS[config.subset]
            what = f"subset {config.subset!r}"
            names = chosen_of_split(expected, files, config.sequences, root, what, partial=config.partial)
        else:
            names = matching(list(files), config.sequences, root)
        attributes = attribute_folder(root, "", ("anno/att", "att"))
        return [OtbSequence(name, files[name], files[name].parent.parent, config, attributes) for name in names]


class OtbSequence(TargetSequence):
    """One target of one sequence's folder."""

    def __init__(self, name: str, path: Path, image_root: Path, config: OtbConfig, attributes: Path | None) -> None:
        """Name the annotation's file; nothing is read."""
        facts = SEQUENCES.get(name)
        self._omitted = facts.omitted if facts is not None and config.omit else 0
        images = (
            FrameFolder(path.parent / "img")
            if facts is None
            else FrameFolder(path.parent / "img", first=facts.first + self._omitted, last=facts.last)
        )
        super().__init__(name, images, image_root, partial=config.partial)
        self._path = path
        self._one_based = config.one_based
        self._attribute_files = attributes

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's file."""
        return {"groundtruth": self._path}

    def _read_truth(self) -> TargetTruth | None:
        if not self._path.exists():
            return None
        boxes = read_numbers(self._path, 4)
        if self._one_based:
            boxes = boxes - np.array([1, 1, 0, 0])
        return TargetTruth(boxes[self._omitted :])

    def _find_attributes(self) -> tuple[str, ...]:
        facts = SEQUENCES.get(self.name)
        if self._attribute_files is not None:
            # The benchmark's own files are named in small letters: jogging-1.txt, or as the sequence.
            for name in (self.name, self.name.lower().replace(".", "-")):
                if (self._attribute_files / f"{name}.txt").is_file():
                    return read_attributes(self._attribute_files, name, OTB_ATTRIBUTES)
        return () if facts is None else facts.attributes


def _annotations(root: Path) -> dict[str, Path]:
    """Return the annotation files by the names of their sequences; of one that has none, where it should be."""
    found: dict[str, Path] = {}
    for folder in [root.resolve()] if _is_sequence(root) else subfolders(root):
        if not _is_sequence(folder):
            continue
        known = len(found)
        for path in sorted(folder.glob("groundtruth_rect*.txt")):
            number = re.fullmatch(r"groundtruth_rect(\.\d+)?\.txt", path.name)
            name = folder.name + (number[1] or "" if number else "")
            # The first annotation of Human4 is an empty file.
            if number and path.stat().st_size > 0 and (name in SEQUENCES or folder.name != "Human4"):
                found[name] = path
        if len(found) == known:
            found[folder.name] = folder / "groundtruth_rect.txt"
    return dict(sorted(found.items()))


def _is_sequence(folder: Path) -> bool:
    return (folder / "img").is_dir() or any(folder.glob("groundtruth_rect*.txt"))
