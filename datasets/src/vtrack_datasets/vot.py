"""The data sets of the VOT challenge, 2013 to 2022: ``<root>/list.txt`` and ``<root>/<sequence>/groundtruth.txt``.

Kristan et al., A Novel Performance Evaluation Methodology for Single-Target Trackers, TPAMI 2016,
https://www.votchallenge.net. Images lie in ``color/`` since 2017, in the sequence's own folder before; a file
``sequence`` tells size, rate and where the images are; ``<tag>.tag`` (``.label`` in 2013 and 2014) tells per frame what
makes it hard, ``<name>.value`` any other number. What is shorter than the sequence is continued by zeros.
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
from vtrack_datasets.number_text import read_lines
from vtrack_datasets.target_config import VotConfig
from vtrack_datasets.target_sequence import TargetSequence
from vtrack_datasets.target_truth import TargetTruth
from vtrack_datasets.vot_regions import Regions, read_regions

__all__ = ["VotDataset", "VotSequence", "vot_folder", "vot_names"]

_LAYOUT = "<root>/list.txt and <root>/<sequence>/ with groundtruth.txt and color/00000001.jpg"
_TRUTH = "groundtruth.txt"
_TAGS = (".tag", ".label")


class VotDataset:
    """A data set of the VOT challenge; see `VotConfig` for the arguments."""

    def __init__(self, root: str, sequences: Seq[str] = (), channel: str = "color", partial: bool = False) -> None:
        """Keep the options; nothing is read yet."""
        self.config = VotConfig(root=str(root), sequences=tuple(sequences), channel=channel, partial=partial)

    def sequences(self) -> list[VotSequence]:
        """Return the sequences in the order of ``list.txt``, by name where there is none.

        Raises:
            DataError: The folder does not exist, or sequences of the list are missing.
        """
        config = self.config
        root = data_root(config.root, _LAYOUT)
        if (root / _TRUTH).is_file():
            return [VotSequence(root.resolve(), root.resolve().parent, config)]
        holder = vot_folder(root)
        there = [folder.name for folder in subfolders(holder) if _is_sequence(folder)]
        names = vot_names(root)
        if names is not None:
            names = chosen_of_split(names, there, config.sequences, holder, "list.txt", partial=config.partial)
        elif there:
            names = matching(there, config.sequences, holder)
        else:
            raise DataError(f"holds no sequences; expected {_LAYOUT}", file=root)
        return [VotSequence(holder / name, holder, config) for name in names]


def vot_folder(root: Path) -> Path:
    """Return the folder that holds the sequences: the one named, or ``sequences`` or ``data`` in it."""
    inner = (root / "sequences", root / "data")
    return next((folder for folder in inner if folder.is_dir() and not (folder / _TRUTH).is_file()), root)


def vot_names(root: Path) -> list[str] | None:
    """Return the names in ``list.txt``, None where there is none."""
    for path in (root / "list.txt", vot_folder(root) / "list.txt"):
        if path.is_file():
            return [line.strip() for line in read_lines(path) if line.strip()]
    return None


class VotSequence(TargetSequence):
    """One sequence's folder."""

    def __init__(self, folder: Path, image_root: Path, config: VotConfig) -> None:
        """Name the folder; nothing of it is read but where its images are."""
        self._folder = folder
        super().__init__(
            folder.name, FrameFolder(self._image_folder(config.channel)), image_root, partial=config.partial
        )

    @functools.cached_property
    def info(self) -> Mapping[str, str]:
        """What the file ``sequence`` says (``fps``, ``width``, ``channels.color``, ...); empty where it is missing."""
        path = self._folder / "sequence"
        if not path.is_file():
            return {}
        pairs = (line.partition("=") for line in read_lines(path))
        return {key.strip(): value.strip() for key, sign, value in pairs if sign}

    def _image_folder(self, channel: str) -> Path:
        told = self._folder / Path(self.info.get(f"channels.{channel}", f"{channel}/")).parent
        if f"channels.{channel}" in self.info and told.is_dir():
            return told
        # "img" is how public copies of single sequences have it.
        usual = (self._folder / channel, self._folder / "img")
        return next((folder for folder in usual if folder.is_dir()), self._folder)

    def files(self) -> Mapping[str, Path]:
        """Return the annotation's files."""
        return {"groundtruth": self._folder / _TRUTH, **self._tags()}

    def _tags(self) -> dict[str, Path]:
        found = sorted(path for path in self._folder.iterdir() if path.suffix in _TAGS)
        return {path.stem: path for path in found}

    def _read_truth(self) -> TargetTruth | None:
        if not (self._folder / _TRUTH).exists():
            return None
        regions = read_regions(self._folder / _TRUTH)
        length = len(regions.ltwh)
        values = {path.stem: path for path in sorted(self._folder.glob("*.value"))}
        tags = read_frame_labels(self._tags(), length, padded=True)
        numbers = read_frame_labels(values, length, flags=False, padded=True)
        return self._truth_of(regions, {**numbers, **tags})

    def _truth_of(self, regions: Regions, labels: Mapping[str, object]) -> TargetTruth:
        masks = None
        if regions.masks is not None:
            width, height = self._size or _extent(regions)
            masks = tuple(None if mask is None else mask.encoded(width, height) for mask in regions.masks)
        return TargetTruth(regions.ltwh, regions.polygons, masks, labels)  # type: ignore[arg-type]

    def _told_size(self) -> tuple[int, int] | None:
        sizes = [re.fullmatch(r"[1-9]\d*", self.info.get(side, "")) for side in ("width", "height")]
        return None if None in sizes else (int(sizes[0][0]), int(sizes[1][0]))  # type: ignore[index]

    def _find_frame_rate(self) -> float | None:
        number = re.fullmatch(r"\d+(\.\d+)?", self.info.get("fps", ""))
        return float(number[0]) if number and float(number[0]) > 0 else None


def _is_sequence(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (_TRUTH, "sequence"))


def _extent(regions: Regions) -> tuple[int, int]:
    """Return a size that holds all masks, where no image tells the true one."""
    known = [mask for mask in regions.masks or () if mask is not None]
    return max(mask.left + mask.width for mask in known), max(mask.top + mask.height for mask in known)
