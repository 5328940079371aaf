"""What ``vtcore convert`` makes of each data set: its splits, their files, and what should be in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import attrs

from vtcore.errors import DataError
from vtcore.suggestions import there_are
from vtrack_datasets.coco import CocoDataset
from vtrack_datasets.got10k import Got10kDataset, got10k_names
from vtrack_datasets.imagenet_det import ImageNetDetDataset
from vtrack_datasets.imagenet_vid import ImageNetVidDataset
from vtrack_datasets.lasot import LasotDataset, lasot_names
from vtrack_datasets.number_text import read_lines
from vtrack_datasets.otb import OtbDataset
from vtrack_datasets.otb_facts import SUBSETS
from vtrack_datasets.trackingnet import CHUNKS, TrackingNetDataset
from vtrack_datasets.uav123 import Uav123Dataset
from vtrack_datasets.uav123_facts import UAV_SEQUENCES
from vtrack_datasets.vot import VotDataset, vot_names

__all__ = ["FORMATS", "Split", "splits_of"]

_GOT10K_COUNTS = {"train": 9335, "val": 180, "test": 180}
_VID_COUNTS = {"train": 3862, "val": 555}

Make = Callable[[Seq[str], bool], Any]


@attrs.frozen
class Split:
    """One part of a data set, which becomes one file.

    Attributes:
        name: As ``--split`` takes it.
        file: Name of the JSON file.
        make: Makes the data set, of patterns of names and whether it may be incomplete.
        names: Names of its sequences where they are known beforehand.
        count: How many sequences it has where only that is known.
        there: Whether anything of it is in the folder.
    """

    name: str
    file: str
    make: Make
    names: tuple[str, ...] | None = None
    count: int | None = None
    there: bool = True


def splits_of(name: str, root: Path, wanted: Iterable[str] = ()) -> list[Split]:
    """Return the splits of a data set that are asked for; those that are there when none is.

    Args:
        name: Of the data set, one of `FORMATS`.
        root: Its folder.
        wanted: Names of splits.

    Raises:
        DataError: The folder is not there, or holds no split, or there is no split of that name.
    """
    if not root.is_dir():
        raise DataError("no such folder", file=root)
    known = FORMATS[name](root)
    chosen = list(dict.fromkeys(wanted))
    for split in chosen:
        if split not in [one.name for one in known]:
            raise DataError(f"{name} has no split {split!r}; {there_are(one.name for one in known)}", file=root)
    if chosen:
        return [one for one in known if one.name in chosen]
    found = [one for one in known if one.there and one.name != "all"]
    if not found:
        names = ", ".join(one.name for one in known)
        raise DataError(f"holds nothing of {name} ({names}) in the official layout; see docs/datasets.md", file=root)
    return found


def _lasot(root: Path) -> list[Split]:
    def dataset(split: str) -> Make:
        return lambda patterns, partial: LasotDataset(str(root), split, sequences=patterns, partial=partial)

    try:
        found = [sequence.name for sequence in LasotDataset(str(root)).sequences()]
    except DataError:
        found = []
    splits = []
    for split in ("train", "test", "extension"):
        names = tuple(lasot_names(root, split, found))
        splits.append(
            Split(split, f"lasot_{split}.json", dataset(split), names, there=not set(names).isdisjoint(found))
        )
    return [*splits, Split("all", "lasot.json", dataset(""))]


def _got10k(root: Path) -> list[Split]:
    def split(name: str) -> Split:
        listed = got10k_names(root / name)
        return Split(
            name,
            f"got10k_{name}.json",
            lambda patterns, partial: Got10kDataset(str(root), name, sequences=patterns, partial=partial),
            None if listed is None else tuple(listed),
            _GOT10K_COUNTS[name],
            (root / name).is_dir(),
        )

    return [split(name) for name in _GOT10K_COUNTS]


def _trackingnet(root: Path) -> list[Split]:
    def split(name: str, chunks: Mapping[str, int]) -> Split:
        return Split(
            name,
            f"trackingnet_{name}.json",
            lambda patterns, partial: TrackingNetDataset(str(root), name, sequences=patterns, partial=partial),
            count=sum(chunks.values()),
            there=any((root / chunk).is_dir() for chunk in chunks),
        )

    train = {chunk: count for chunk, count in CHUNKS.items() if chunk != "TEST"}
    return [split("train", train), split("test", {"TEST": CHUNKS["TEST"]})]


def _otb(root: Path) -> list[Split]:
    def split(name: str, file: str) -> Split:
        subset = "" if name == "all" else name
        return Split(
            name,
            file,
            lambda patterns, partial: OtbDataset(str(root), subset, sequences=patterns, partial=partial),
            SUBSETS.get(subset),
            # The smaller ones are parts of the whole, to be asked for.
            there=name == "tb100",
        )

    files = {"tb100": "otb100.json", "tb50": "otb50.json", "otb2013": "otb2013.json", "all": "otb.json"}
    return [split(name, file) for name, file in files.items()]


def _uav123(root: Path) -> list[Split]:
    def split(name: str) -> Split:
        return Split(
            name,
            f"{name.lower()}.json",
            lambda patterns, partial: Uav123Dataset(str(root), name, sequences=patterns, partial=partial),
            tuple(UAV_SEQUENCES[name]),
            there=(root / "anno" / name).is_dir(),
        )

    return [split(name) for name in UAV_SEQUENCES]


def _vot(root: Path) -> list[Split]:
    name = root.resolve().name.lower()
    name = name if re.fullmatch(r"vot[\w-]*\d[\w-]*", name) else "vot"
    listed = vot_names(root)
    return [
        Split(
            name,
            f"{name}.json",
            lambda patterns, partial: VotDataset(str(root), sequences=patterns, partial=partial),
            None if listed is None else tuple(listed),
        )
    ]


def _imagenet_vid(root: Path) -> list[Split]:
    def split(name: str) -> Split:
        path = root / "Lists" / f"VID_{name}_videos.txt"
        listed = [line.split()[0].rpartition("/")[2] for line in read_lines(path)] if path.is_file() else None
        return Split(
            name,
            f"imagenet_vid_{name}.json",
            lambda patterns, partial: ImageNetVidDataset(str(root), name, "all", patterns),
            None if listed is None else tuple(listed),
            _VID_COUNTS[name],
            (root / "Annotations" / "VID" / name).is_dir(),
        )

    return [split(name) for name in _VID_COUNTS]


def _imagenet_det(root: Path) -> list[Split]:
    def split(name: str, file: str) -> Split:
        return Split(
            name,
            file,
            lambda patterns, partial: ImageNetDetDataset(str(root), name, "all", patterns),
            there=(root / "Annotations" / "DET" / name).is_dir(),
        )

    return [split("train", "imagenet_det_30plus1cls.json"), split("val", "imagenet_det_val.json")]


def _coco(root: Path) -> list[Split]:
    def split(name: str) -> Split:
        return Split(
            name,
            f"coco_{name}.json",
            lambda patterns, partial: CocoDataset(str(root), name, "all", patterns, masks=True),
        )

    paths = sorted((root / "annotations").glob("instances_*.json"))
    return [split(path.stem.removeprefix("instances_")) for path in paths]


FORMATS: Mapping[str, Callable[[Path], list[Split]]] = {
    "coco": _coco,
    "got10k": _got10k,
    "imagenet-det": _imagenet_det,
    "imagenet-vid": _imagenet_vid,
    "lasot": _lasot,
    "otb100": _otb,
    "trackingnet": _trackingnet,
    "uav123": _uav123,
    "vot": _vot,
}
"""The splits of a data set's folder by the name of the data set."""
