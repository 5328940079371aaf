"""LaSOT: ``<root>/<class>/<class>-<number>/`` with ``img/``, ``groundtruth.txt`` and labels of occlusion.

Fan et al., LaSOT: A High-quality Benchmark for Large-scale Single Object Tracking, CVPR 2019,
https://arxiv.org/abs/1809.07845. Class folders may be left out. ``nlp.txt`` is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path

from vtcore.errors import DataError
from vtrack_datasets.attribute_files import attribute_folder, read_attributes
from vtrack_datasets.choosing import chosen_of_split, data_root, matching, subfolders
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.label_files import read_frame_labels
from vtrack_datasets.lasot_lists import EXTENSION, LASOT_ATTRIBUTES, TEST, TRAIN
from vtrack_datasets.number_text import read_lines, read_numbers
from vtrack_datasets.target_config import LasotConfig
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth

__all__ = ["LasotDataset", "LasotSequence", "lasot_names"]

_LAYOUT = "<root>/<class>/<sequence>/ with img/, groundtruth.txt, full_occlusion.txt, out_of_view.txt"
_TRUTH = "groundtruth.txt"
_RATE = 30.0
"""Frames a second of all its videos, as the paper says."""


class LasotDataset:
    """LaSOT; see `LasotConfig` for the arguments."""

    def __init__(
        self, root: str, split: str = "", sequences: Seq[str] = (), attributes: str = "", partial: bool = False
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: There is no such split.
        """
        self.config = LasotConfig(
            root=str(root), split=split, sequences=tuple(sequences), attributes=attributes, partial=partial
        )

    def sequences(self) -> list[LasotSequence]:
        """Return the sequences, test ones in their official order, others by class and number.

        Raises:
            DataError: The folder does not exist, or sequences of the split are missing.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        folders = _folders(root)
        if not folders:
            raise DataError(f"holds no sequences; expected {_LAYOUT}", file=root)
        if config.split:
            names = chosen_of_split(
                lasot_names(root, config.split, list(folders)),
                folders,
                config.sequences,
                root,
                f"split {config.split!r}",
                partial=config.partial,
            )
        else:
            names = matching(list(folders), config.sequences, root)
        attributes = attribute_folder(root, config.attributes, ("annos/att", "att"))
        return [LasotSequence(folders[name], root, attributes, partial=config.partial) for name in names]


def lasot_names(root: Path, split: str, found: Seq[str] = ()) -> Seq[str]:
    """Return the names of a split's sequences.

    The folder's own ``testing_set.txt`` counts, where it is there; all sequences that are found and not in it are
    then for training, as MMTracking has it.
    """
    own = root / "testing_set.txt"
    if split == "extension":
        return EXTENSION
    if not own.is_file():
        return TEST if split == "test" else TRAIN
    test = tuple(line.strip() for line in read_lines(own) if line.strip())
    if split == "test":
        return test
    if set(test) == set(TEST):
        return TRAIN
    return tuple(name for name in found if name not in set(test) | set(EXTENSION))


class LasotSequence(TargetSequence):
    """One sequence's folder."""

    def __init__(self, folder: Path, root: Path, attributes: Path | None, *, partial: bool = False) -> None:
        """Name the folder; nothing of it is read."""
        super().__init__(folder.name, FrameFolder(folder / "img", first=1), root, partial=partial)
        self._folder = folder
        self._attribute_files = attributes

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's files."""
        return {"groundtruth": self._folder / _TRUTH, **self._labels()}

    def _labels(self) -> dict[str, Path]:
        return {name: self._folder / f"{name}.txt" for name in ("full_occlusion", "out_of_view")}

    def _read_truth(self) -> TargetTruth | None:
        path = self._folder / _TRUTH
        if not path.is_file():
            return None
        boxes = read_numbers(path, 4)
        return TargetTruth(boxes, labels=read_frame_labels(self._labels(), len(boxes)))

    def _find_frame_rate(self) -> float:
        return _RATE

    def _find_attributes(self) -> tuple[str, ...]:
        return read_attributes(self._attribute_files, self.name, LASOT_ATTRIBUTES)

    def _find_object_class(self) -> str:
        return self.name.rpartition("-")[0]


def _folders(root: Path) -> dict[str, Path]:
    """Return the sequences' folders by name, in order of class and number."""
    found: list[Path] = []
    for folder in subfolders(root):
        found += [folder] if _is_sequence(folder) else [child for child in subfolders(folder) if _is_sequence(child)]
    if not found and _is_sequence(root):
        found = [root.resolve()]
    return {folder.name: folder for folder in sorted(found, key=_place)}


def _is_sequence(folder: Path) -> bool:
    return (folder / _TRUTH).is_file() or (folder / "img").is_dir()


def _place(folder: Path) -> tuple[str, int, str]:
    name, _, number = folder.name.rpartition("-")
    return (name, int(number), "") if number.isdecimal() else (folder.name, 0, folder.name)
