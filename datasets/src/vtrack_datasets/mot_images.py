"""The image files of a MOT Challenge sequence: one for each frame, named by its number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vtrack_datasets.seqinfo import SequenceInfo

__all__ = ["has_images", "image_paths", "image_problems"]


def has_images(folder: Path, info: SequenceInfo) -> bool:
    """Tell whether the sequence has images at all."""
    return any(_is_image(path, info.image_suffix) for path in _entries(folder / info.image_folder))


def image_paths(folder: Path, info: SequenceInfo) -> list[Path]:
    """Return the path of each frame's image, as many as the sequence is long.

    Images named by their number (``000001.jpg``) stand at its place, so that a missing one shifts no other: its path
    is in the list although there is no such file. Images beyond the length are left out.
    """
    images = folder / info.image_folder
    found = sorted((path for path in _entries(images) if _is_image(path, info.image_suffix)), key=_place)
    numbers = [path.stem for path in found]
    if len(found) >= info.length or not found or not all(number.isdecimal() for number in numbers):
        return found[: info.length]
    known = {int(path.stem): path for path in found}
    first = 0 if min(known) == 0 else 1
    digits = len(numbers[0])
    expected = range(first, first + info.length)
    return [known.get(number, images / f"{number:0{digits}d}{found[0].suffix}") for number in expected]


def image_problems(folder: Path, info: SequenceInfo, taken: slice, most: int = 5) -> Iterator[str]:
    """Yield what is wrong with the images of some frames: missing and empty ones, without decoding any.

    Args:
        folder: Of the sequence.
        info: Its ``seqinfo.ini``.
        taken: The frames that are read.
        most: How many files to name; the rest are counted.
    """
    images = folder / info.image_folder
    if not has_images(folder, info):
        yield (
            f"{images}: no {info.image_suffix} images; put them there, or correct imDir and imExt in seqinfo.ini"
            if images.is_dir()
            else f"{images}: no such folder; put the images there, or correct imDir in seqinfo.ini"
        )
        return
    paths = image_paths(folder, info)
    wanted = paths[taken]
    if len(paths) < info.length:
        yield f"{images}: {len(paths)} images, but seqLength in seqinfo.ini is {info.length}"
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        yield (
            f"{images}: {len(missing)} of {len(wanted)} images are missing (seqLength in seqinfo.ini is "
            f"{info.length}): {_named(missing, most)}"
        )
    for path in [path for path in wanted if path.is_file() and path.stat().st_size == 0][:most]:
        yield f"{path}: empty file; fetch it anew"


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_image(path: Path, suffix: str) -> bool:
    return path.suffix.lower() == suffix.lower() and not path.name.startswith(".")


def _place(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdecimal() else 0, path.name)


def _named(paths: list[Path], most: int) -> str:
    names = ", ".join(path.name for path in paths[:most])
    return names if len(paths) <= most else f"{names} and {len(paths) - most} more"
