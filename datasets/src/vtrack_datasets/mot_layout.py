"""Where the sequences of a data set in MOT Challenge layout lie."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vtcore.errors import DataError
from vtcore.suggestions import did_you_mean_or_list
from vtrack_datasets.choosing import data_root, listed, matching, subfolders
from vtrack_datasets.config import MotChallengeConfig
from vtrack_datasets.seqinfo import FILE_NAME

__all__ = ["find_sequences"]

_LAYOUT = "<root>/<split>/<sequence>/ with seqinfo.ini, img1/, det/det.txt, gt/gt.txt"


def find_sequences(config: MotChallengeConfig) -> list[Path]:
    """Return the folders of the sequences that the config asks for, sorted by name.

    Raises:
        DataError: The root or the split does not exist, holds no sequences, or a name, pattern or detector fits
            none of them.
    """
    root = data_root(config.root, _LAYOUT)
    folders = _of_split(root, config.split) if config.split else _without_split(root)
    if config.detector:
        folders = _with_detector(folders, config.detector, root)
    names = set(matching([folder.name for folder in folders], config.sequences, root))
    return [folder for folder in folders if folder.name in names]


def _is_sequence(folder: Path) -> bool:
    marks = (FILE_NAME, "det/det.txt", "gt/gt.txt")
    return any((folder / mark).is_file() for mark in marks) or (folder / "img1").is_dir()


def _sequences_in(folder: Path) -> list[Path]:
    return [child for child in subfolders(folder) if _is_sequence(child)]


def _without_split(root: Path) -> list[Path]:
    if _is_sequence(root):
        return [root.resolve() if root.name in ("", "..") else root]
    found = _sequences_in(root)
    if found:
        return found
    splits = _splits_of(root)
    if splits:
        raise DataError(f"holds splits, not sequences; set dataset.split to one of {listed(splits)}", file=root)
    raise DataError(f"holds no sequences; expected {_LAYOUT}", file=root)


def _splits_of(root: Path) -> list[str]:
    return [child.name for child in subfolders(root) if _sequences_in(child)]


def _of_split(root: Path, split: str) -> list[Path]:
    holders = [root / split] if (root / split).is_dir() else _numbered(root, split)
    found = [sequence for holder in holders for sequence in _sequences_in(holder)]
    if not found:  # DanceTrack's archives unpack to train/train1, train/train2.
        found = [
            sequence for holder in holders for part in _numbered(holder, split) for sequence in _sequences_in(part)
        ]
    if found:
        _refuse_twins(found)
        return sorted(found, key=lambda sequence: sequence.name)
    if holders:
        raise DataError(f"holds no sequences; expected {_LAYOUT}", file=holders[0])
    if _is_sequence(root):
        raise DataError(f"is a sequence itself and has no split {split!r}; leave dataset.split out", file=root)
    splits = _splits_of(root)
    if splits:
        raise DataError(f"has no split {split!r}; {did_you_mean_or_list(split, splits)}", file=root)
    if _sequences_in(root):
        raise DataError(f"has no split {split!r}, but sequences of its own; leave dataset.split out", file=root)
    raise DataError(f"has no split {split!r} and no sequences; expected {_LAYOUT}", file=root)


def _numbered(folder: Path, name: str) -> list[Path]:
    return [child for child in subfolders(folder) if re.fullmatch(re.escape(name) + r"[0-9]+", child.name)]


def _refuse_twins(folders: Iterable[Path]) -> None:
    seen: dict[str, Path] = {}
    for folder in folders:
        if folder.name in seen:
            raise DataError(f"sequence {folder.name!r} is also in {seen[folder.name].parent}; remove one", file=folder)
        seen[folder.name] = folder


def _with_detector(folders: list[Path], detector: str, root: Path) -> list[Path]:
    found = [folder for folder in folders if folder.name.endswith(f"-{detector}")]
    if found:
        return found
    endings = sorted({folder.name.rpartition("-")[2] for folder in folders if folder.name.count("-") >= 2})
    hint = f"; their endings are {listed(endings)}" if endings else ""
    raise DataError(f"no sequence ends in '-{detector}' (dataset.detector){hint}; leave it out to take all", file=root)
